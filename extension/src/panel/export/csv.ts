// The numbers of a run as CSV, for other programs: one table of steps, one of layers. What was not measured is empty.

import { LAYER_FIELDS, STEP_FIELDS } from "gradbook/train/run";
import type { RunRecord } from "../../data/record.js";

/** One line a recorded step. */
export function stepsCsv(record: RunRecord): string {
  const columns = STEP_FIELDS.map((field) => record.series(field));
  const lines = Array.from({ length: record.count }, (_, row) =>
    columns.map((column) => number(column[row]!)),
  );
  return csv(STEP_FIELDS, lines);
}

/** One line a layer and sampled step. */
export function layersCsv(record: RunRecord): string {
  const { layers } = record.info;
  const lines = record.samples.flatMap((step, sample) =>
    layers.map(({ path, label }, layer) => [
      String(step),
      String(layer + 1),
      quoted(path),
      quoted(label),
      ...LAYER_FIELDS.map((field) => number(record.layer(sample, layer, field))),
    ]),
  );
  return csv(["step", "layer", "path", "label", ...LAYER_FIELDS], lines);
}

function csv(head: readonly string[], lines: readonly (readonly string[])[]): string {
  return `${[head, ...lines].map((line) => line.join(",")).join("\n")}\n`;
}

/** Float32's noise is left out. */
function number(value: number): string {
  return Number.isNaN(value) ? "" : String(Number(value.toPrecision(7)));
}

function quoted(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
