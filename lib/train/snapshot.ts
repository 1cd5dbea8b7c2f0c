// A run as a picture that needs no kernel: the data under RUN_MIME, thinned out, and its fallbacks as SVG and as text.
// Pure functions of a run's record; nothing here knows tensors.

import { verdictSentence } from "./diagnose/describe.js";
import type { Verdict } from "./diagnose/diagnosis.js";
import {
  type LayerField,
  layerColumn,
  ROW_LENGTH,
  type RunInfo,
  type RunSnapshot,
  STEP_FIELDS,
  type StepField,
  sampleLength,
  stepColumn,
} from "./run.js";

const MAX_ROWS = 300;
/** Bounds the size of a saved notebook: about 200 kB a run, however many layers it has. */
const MAX_LAYER_NUMBERS = 20_000;
const MIN_SAMPLES = 12;
const DIGITS = 5;

/** What a snapshot tells of each layer. */
const SNAPSHOT_FIELDS = [
  "mean",
  "std",
  "batchStd",
  "zeros",
  "silent",
  "saturated",
  "nans",
  "infinities",
  "inputStd",
  "gradientNorm",
  "weightNorm",
  "weightGradientNorm",
  "updateRatio",
] as const satisfies LayerField[];

/** One run with at most 300 rows of its steps, validation values and the last row among them, and as many of its samples as
 *  fit, the first and the last among them. */
export function snapshotOf(
  info: RunInfo,
  steps: Float32Array,
  samples: Float32Array,
  verdict?: Verdict,
): RunSnapshot {
  const layers = info.layers.map((_, layer) => layer);
  const columns = [
    0,
    ...layers.flatMap((layer) => SNAPSHOT_FIELDS.map((field) => layerColumn(layer, field))),
  ];
  const fitting = Math.floor(MAX_LAYER_NUMBERS / columns.length);
  return {
    version: 2,
    info,
    ...(verdict && { verdict }),
    stepFields: STEP_FIELDS,
    layerFields: SNAPSHOT_FIELDS,
    rows: chosenRows(steps).map((row) => Array.from(row, rounded)),
    samples: evenly(
      rowsOf(samples, sampleLength(info.layers.length)),
      Math.min(MAX_ROWS, Math.max(MIN_SAMPLES, fitting)),
    ).map((row) => columns.map((column) => rounded(row[column]!))),
  };
}

function rowsOf(values: Float32Array, width: number): Float32Array[] {
  const count = Math.floor(values.length / width);
  return Array.from({ length: count }, (_, row) => values.subarray(row * width, (row + 1) * width));
}

function chosenRows(steps: Float32Array): Float32Array[] {
  const rows = rowsOf(steps, ROW_LENGTH);
  if (rows.length <= MAX_ROWS) return rows;
  const validated = rows.filter((row) => Number.isFinite(row[stepColumn("validationLoss")]));
  const kept = new Set(validated.slice(-MAX_ROWS / 2));
  for (const row of evenly(rows, MAX_ROWS - kept.size)) kept.add(row);
  return rows.filter((row) => kept.has(row));
}

/** At most `limit` of `items`, evenly chosen, the first and the last among them. */
function evenly<T>(items: readonly T[], limit: number): readonly T[] {
  if (items.length <= limit) return items;
  const at = (i: number): number => Math.round((i * (items.length - 1)) / (limit - 1));
  return Array.from({ length: limit }, (_, i) => items[at(i)]!);
}

/** JSON has no NaN and no infinity: both become null. */
function rounded(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(DIGITS)) : null;
}

/** A few lines: what is known at the end of the run. */
export function snapshotToText(snapshot: RunSnapshot): string {
  const { info, verdict } = snapshot;
  const step = last(stepSeries(snapshot, "step"));
  const lines = [
    `${info.name}: ${info.status}${step === undefined ? "" : ` after ${step + 1} ${step === 0 ? "step" : "steps"}`} on ${info.device}`,
  ];
  for (const [field, label] of SUMMARY) {
    const value = last(stepSeries(snapshot, field));
    if (value !== undefined) lines.push(`  ${label} ${value}`);
  }
  if (verdict !== undefined) lines.push(`  ${verdictSentence(verdict, info.level ?? "answer", info)}`);
  return lines.join("\n");
}

const SUMMARY: readonly (readonly [StepField, string])[] = [
  ["loss", "loss"],
  ["accuracy", "accuracy"],
  ["validationLoss", "validation loss"],
  ["validationAccuracy", "validation accuracy"],
];

interface Line {
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly color: string;
}

interface Panel {
  readonly title: string;
  readonly lines: readonly Line[];
}

const PANEL = { width: 230, height: 150, left: 44, top: 46, gap: 16 };
/** 4.3 : 1 on white as on a dark ground. */
const GREY = "#767a81";
const LOSS = "#2f81f7";
const VALIDATION = "#e3742f";

/** Loss, and for each layer the standard deviation of its output and the norm of its gradient; legible on light and dark. */
export function snapshotToSvg(snapshot: RunSnapshot): string {
  const { info } = snapshot;
  const panels: Panel[] = [
    {
      title: "Loss (orange: validation)",
      lines: [
        { points: points(snapshot.rows, stepColumn("loss")), color: LOSS },
        { points: points(snapshot.rows, stepColumn("validationLoss")), color: VALIDATION },
      ],
    },
    { title: "Activation std by layer", lines: layerLines(snapshot, "std") },
    { title: "Gradient norm by layer", lines: layerLines(snapshot, "gradientNorm") },
  ].filter(({ lines }) => lines.some((line) => line.points.length > 0));
  const step = PANEL.left + PANEL.width + PANEL.gap;
  const width = Math.max(1, panels.length) * step;
  const height = PANEL.top + PANEL.height + 28;
  const layers = info.layers.length;
  const depth = layers > 1 ? ` (${layers} layers, blue: first, red: last)` : "";
  const title = escaped(`${info.name}: ${info.status}${depth}`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`,
    ` font-family="system-ui, sans-serif" font-size="11" fill="${GREY}" role="img" aria-label="${title}">`,
    `<text x="${PANEL.left}" y="16" font-size="13" font-weight="600">${title}</text>`,
    ...panels.map((panel, index) => panelSvg(panel, PANEL.left + index * step)),
    "</svg>",
  ].join("");
}

function layerLines(snapshot: RunSnapshot, field: (typeof SNAPSHOT_FIELDS)[number]): Line[] {
  const { layers } = snapshot.info;
  const at = 1 + SNAPSHOT_FIELDS.indexOf(field);
  return layers.map((_, layer) => ({
    points: points(snapshot.samples, at + layer * SNAPSHOT_FIELDS.length),
    color: depthColor(layer, layers.length),
  }));
}

/** From blue (first layer) over violet to red (last). */
function depthColor(layer: number, layers: number): string {
  const share = layers > 1 ? layer / (layers - 1) : 0;
  return `hsl(${Math.round(215 + share * 140)} 75% 55%)`;
}

/** One column over the steps; both tables have the step first. */
function points(rows: RunSnapshot["rows"], column: number): (readonly [number, number])[] {
  return rows.flatMap((row) => {
    const [x, y] = [row[0], row[column]];
    return typeof x === "number" && typeof y === "number" ? [[x, y] as const] : [];
  });
}

function panelSvg({ title, lines }: Panel, left: number): string {
  const all = lines.flatMap((line) => line.points);
  const x = scaleOf(
    all.map(([at]) => at),
    false,
  );
  const ys = all.map(([, at]) => at);
  const y = scaleOf(ys, wantsLog(ys));
  const px = (value: number): string => (left + x.share(value) * PANEL.width).toFixed(1);
  const py = (value: number): string => (PANEL.top + (1 - y.share(value)) * PANEL.height).toFixed(1);
  const bottom = PANEL.top + PANEL.height;
  const paths = lines.map(({ points, color }) => {
    const visible = points.filter(([, value]) => !y.log || value > 0);
    const path = visible.map(([a, b], i) => `${i === 0 ? "M" : "L"}${px(a)} ${py(b)}`).join("");
    return `<path d="${path}" fill="none" stroke="${color}" stroke-width="1.4" stroke-linejoin="round"/>`;
  });
  return [
    `<text x="${left}" y="${PANEL.top - 10}">${escaped(title)}${y.log ? ", log" : ""}</text>`,
    `<rect x="${left}" y="${PANEL.top}" width="${PANEL.width}" height="${PANEL.height}" fill="none" stroke="${GREY}" stroke-opacity="0.4"/>`,
    ...paths,
    `<text x="${left - 4}" y="${PANEL.top + 9}" text-anchor="end">${label(y.high)}</text>`,
    `<text x="${left - 4}" y="${bottom}" text-anchor="end">${label(y.low)}</text>`,
    `<text x="${left}" y="${bottom + 15}">${label(x.low)}</text>`,
    `<text x="${left + PANEL.width}" y="${bottom + 15}" text-anchor="end">step ${label(x.high)}</text>`,
  ].join("");
}

/** Three digits at most: 0.31, 2.25e-4. */
function label(value: number): string {
  const size = Math.abs(value);
  const plain = size === 0 || (size >= 1e-3 && size < 1e6);
  return plain ? String(Number(value.toPrecision(3))) : value.toExponential(1);
}

interface Scale {
  readonly low: number;
  readonly high: number;
  readonly log: boolean;
  /** 0 at the low end, 1 at the high end. */
  share(value: number): number;
}

/** Values over more than a factor of 50 need a logarithmic axis to be seen. */
function wantsLog(values: readonly number[]): boolean {
  const positive = values.filter((value) => value > 0);
  const lowest = positive.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const highest = positive.reduce((a, b) => Math.max(a, b), 0);
  return positive.length > 0 && !values.some((value) => value < 0) && highest > 50 * lowest;
}

function scaleOf(values: readonly number[], log: boolean): Scale {
  const used = log ? values.filter((value) => value > 0) : values;
  let low = used.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  let high = used.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (!Number.isFinite(low)) [low, high] = [0, 1];
  if (low === high) {
    const margin = Math.abs(low) || 1;
    [low, high] = log ? [low / 2, high * 2] : [low - margin / 2, high + margin / 2];
  }
  const at = log ? Math.log : (value: number): number => value;
  return { low, high, log, share: (value) => (at(value) - at(low)) / (at(high) - at(low)) };
}

function stepSeries(snapshot: RunSnapshot, field: StepField): readonly (number | null | undefined)[] {
  return snapshot.rows.map((row) => row[stepColumn(field)]);
}

function last(values: readonly (number | null | undefined)[]): number | undefined {
  return values.findLast((value) => typeof value === "number") ?? undefined;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
