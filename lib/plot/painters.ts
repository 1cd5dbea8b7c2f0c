// How each kind of trace is drawn without plotly.

import { escapeHtml } from "../tensor/html.js";
import { png } from "../tensor/png.js";
import type { Trace } from "./figure.js";
import { type Area, round, stroke } from "./svg.js";

type Painter = (trace: Trace, area: Area) => string;

/** Points of a line; of more, every second one, third ... */
const MOST_POINTS = 400;
/** Heights between two contour lines get one colour: as many as this. */
const BANDS = 12;

const PAINTERS: Partial<Record<Trace["type"], Painter>> = {
  scatter: paintLine,
  heatmap: paintCells,
  contour: paintHeights,
  image: paintPixels,
};

export function isPainted({ type }: Trace): boolean {
  return PAINTERS[type] !== undefined;
}

export function paint(trace: Trace, area: Area): string {
  return PAINTERS[trace.type]!(trace, area);
}

function paintLine(trace: Trace, area: Area): string {
  const line = trace.line as { color?: string; shape?: string } | undefined;
  const points = pointsOf(trace, area);
  const path = points
    .map(([x, y], i) => (i === 0 ? `M${x} ${y}` : line?.shape === "hv" ? `H${x}V${y}` : `L${x} ${y}`))
    .join("");
  const filled =
    trace.fill === "tozeroy" && points.length > 0
      ? `<path d="${path}V${round(area.y(0))}H${points[0]![0]}z" fill="${line?.color}" opacity="0.15"/>`
      : "";
  return `${filled}<path d="${path}"${stroke(line)} stroke-linejoin="round"/>${markers(trace, points)}`;
}

function markers({ mode, marker, line }: Trace, points: readonly (readonly [number, number])[]): string {
  if (!String(mode).includes("markers")) return "";
  const { size = 6 } = (marker ?? {}) as { size?: number | readonly number[] };
  const color = (line as { color?: string } | undefined)?.color ?? "currentColor";
  return points
    .map(([x, y], i) => [x, y, (typeof size === "number" ? size : size[i]!) / 2] as const)
    .filter(([, , radius]) => radius > 0)
    .map(([x, y, radius]) => `<circle cx="${x}" cy="${y}" r="${radius}" fill="${color}"/>`)
    .join("");
}

/** Where the points of a line lie; those outside of the axes, as an exploded loss has them, are left out. */
function pointsOf({ x, y }: Trace, area: Area): (readonly [number, number])[] {
  const every = Math.ceil((x?.length ?? 0) / MOST_POINTS);
  return (x ?? []).flatMap((value, i) => {
    if (i % every !== 0 && i !== x!.length - 1) return [];
    const [across, down] = [area.x(value), area.y(y![i]!)];
    const isInside = down >= area.top - 1 && down <= area.top + area.height + 1;
    return Number.isFinite(across) && isInside ? [[round(across), round(down)] as const] : [];
  });
}

type Color = readonly [red: number, green: number, blue: number];

/** Plotly's scales of colours that figures here use, by their ends. */
const RAMPS: Readonly<Record<string, readonly [Color, Color]>> = {
  Greys: [
    [0, 0, 0],
    [255, 255, 255],
  ],
  Blues: [
    [5, 10, 172],
    [220, 220, 220],
  ],
};

function colorAt({ colorscale, reversescale }: Trace, share: number): Color {
  const [from, to] = RAMPS[String(colorscale)] ?? RAMPS.Greys!;
  const part = reversescale ? 1 - share : share;
  return from.map((value, i) => Math.round(value + part * (to[i]! - value))) as unknown as Color;
}

/** Squares of colours by their share, with their texts. */
function paintCells(trace: Trace, area: Area): string {
  const { x = [], y = [], z = [], text = [] } = trace;
  const [wide, high] = [area.width / x.length, area.height / y.length];
  return y
    .flatMap((row, i) =>
      x.map((column, j) => {
        const [across, down] = [area.x(column), area.y(row)];
        const color = colorAt(trace, (z[i] as readonly number[])[j]!);
        // dark type where the ground is light
        const ink = color[0] + color[1] + color[2] > 384 ? "#111" : "#fff";
        const label = escapeHtml((text as readonly (readonly string[])[])[i]?.[j] ?? "");
        return (
          `<rect x="${round(across - wide / 2)}" y="${round(down - high / 2)}" width="${round(wide)}" height="${round(high)}" fill="rgb(${color})"/>` +
          `<text x="${round(across)}" y="${round(down + 4)}" text-anchor="middle" fill="${ink}">${label}</text>`
        );
      }),
    )
    .join("");
}

/** Heights over a grid, as bands of grey. */
function paintHeights(trace: Trace, area: Area): string {
  const rows = trace.z as readonly (readonly number[])[];
  const finite = rows.flat().filter(Number.isFinite);
  const low = finite.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = finite.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const band = (value: number): number =>
    Math.min(BANDS - 1, Math.floor((BANDS * (value - low)) / (high - low || 1))) / (BANDS - 1);
  // the lowest row of a picture is its last one
  const points = rows
    .toReversed()
    .map((row) => row.map((value) => [...colorAt(trace, band(value)), 1] as const));
  return picture(points, area, "auto");
}

function paintPixels({ z }: Trace, area: Area): string {
  return picture(z as readonly (readonly Point[])[], area, "pixelated");
}

/** Red, green and blue up to 255, and the opacity up to 1. */
type Point = readonly [red: number, green: number, blue: number, opacity: number];

/** A grid of points as a picture within the drawing. */
function picture(points: readonly (readonly Point[])[], area: Area, rendering: "auto" | "pixelated"): string {
  const [height, width] = [points.length, points[0]!.length];
  const pixels = Uint8Array.from(
    points.flatMap((row) => row.flatMap(([red, green, blue, opacity]) => [red, green, blue, 255 * opacity])),
  );
  const bytes = png({ width, height, channels: 4, pixels });
  return (
    `<image x="${area.left}" y="${area.top}" width="${round(area.width)}" height="${round(area.height)}" preserveAspectRatio="none"` +
    ` style="image-rendering:${rendering}" href="data:image/png;base64,${Buffer.from(bytes).toString("base64")}"/>`
  );
}
