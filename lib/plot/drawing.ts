// Lines as SVG, for places that show a saved notebook without plotly.

import { escapeHtml } from "../tensor/html.js";
import type { FigureData, Trace } from "./figure.js";
import { short } from "./short.js";

const [WIDTH, HEIGHT] = [520, 300];
const BOX = { left: 52, top: 34, right: 12, bottom: 30 };
const GREY = "#8a8f98";
const MOST_POINTS = 400;

type Numbers = readonly number[];

/** The lines of a figure; undefined if it has none, or anything but lines. */
export function drawing({ data, layout }: FigureData): string | undefined {
  const lines = data.filter(({ type, x, y }) => type === "scatter" && x !== undefined && y !== undefined);
  if (lines.length === 0 || lines.length < data.length) return undefined;
  const isLog = (layout.yaxis as { type?: string } | undefined)?.type === "log";
  const visible = lines.map((line) => pointsOf(line, isLog));
  const x = extent(visible.flatMap((points) => points.map(([at]) => at)));
  const y = extent(visible.flatMap((points) => points.map(([, value]) => value)));
  const place = ([a, b]: readonly [number, number]): string => {
    const across = BOX.left + ((a - x[0]) / (x[1] - x[0])) * (WIDTH - BOX.left - BOX.right);
    const down = HEIGHT - BOX.bottom - ((b - y[0]) / (y[1] - y[0])) * (HEIGHT - BOX.top - BOX.bottom);
    return `${across.toFixed(1)} ${down.toFixed(1)}`;
  };
  const title = (layout.title as { text?: string } | undefined)?.text ?? "";
  const paths = visible.map((points, i) => {
    const line = lines[i]!.line as { color?: string; dash?: string } | undefined;
    const dash = line?.dash === undefined || line.dash === "solid" ? "" : ' stroke-dasharray="6 4"';
    const path = points.map((point, at) => `${at === 0 ? "M" : "L"}${place(point)}`).join("");
    return `<path d="${path}" fill="none" stroke="${line?.color ?? GREY}" stroke-width="1.6"${dash}/>`;
  });
  const names = lines.map(({ name, line }, i) => {
    const color = (line as { color?: string } | undefined)?.color ?? GREY;
    return `<text x="${WIDTH - BOX.right}" y="${BOX.top + 12 + 14 * i}" text-anchor="end" fill="${color}">${escapeHtml(name ?? "")}</text>`;
  });
  const tick = (value: number): string => short(isLog ? 10 ** value : value);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}"`,
    ` font-family="system-ui, sans-serif" font-size="11" fill="${GREY}" role="img" aria-label="${escapeHtml(title)}">`,
    `<text x="${BOX.left}" y="18" font-size="13" font-weight="600">${escapeHtml(title)}</text>`,
    `<rect x="${BOX.left}" y="${BOX.top}" width="${WIDTH - BOX.left - BOX.right}" height="${HEIGHT - BOX.top - BOX.bottom}" fill="none" stroke="${GREY}" stroke-opacity="0.4"/>`,
    ...paths,
    ...names,
    `<text x="${BOX.left - 4}" y="${BOX.top + 9}" text-anchor="end">${tick(y[1])}</text>`,
    `<text x="${BOX.left - 4}" y="${HEIGHT - BOX.bottom}" text-anchor="end">${tick(y[0])}</text>`,
    `<text x="${BOX.left}" y="${HEIGHT - 12}">${short(x[0])}</text>`,
    `<text x="${WIDTH - BOX.right}" y="${HEIGHT - 12}" text-anchor="end">${short(x[1])}</text>`,
    "</svg>",
  ].join("");
}

function pointsOf({ x, y }: Trace, isLog: boolean): (readonly [number, number])[] {
  const every = Math.ceil(x!.length / MOST_POINTS);
  return (x as Numbers).flatMap((at, i) => {
    const raw = (y as Numbers)[i]!;
    const value = isLog ? Math.log10(raw) : raw;
    return (i % every === 0 || i === x!.length - 1) && Number.isFinite(value) ? [[at, value] as const] : [];
  });
}

function extent(values: Numbers): readonly [number, number] {
  const low = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (low > high) return [0, 1];
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}
