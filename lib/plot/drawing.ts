// A figure as SVG that stands alone, for places that show a saved notebook without plotly: GitHub, nbviewer, VS Code, HTML made by
// nbconvert. Readable on a light ground and on a dark one.

import { escapeHtml } from "../tensor/html.js";
import type { FigureData } from "./figure.js";
import { isPainted, paint } from "./painters.js";
import { type Scale, scaleOf } from "./scale.js";
import { type Area, GREY, round, stroke, text } from "./svg.js";

const WIDTH = 560;
const HEIGHT = 300;
const MARGIN = { left: 60, top: 34, right: 14, bottom: 44 };
/** Around pictures without axes. */
const BARE = { left: 8, top: 8, right: 8, bottom: 8 };
const NAME_HEIGHT = 18;
/** About the width of a letter in 11 px type. */
const LETTER = 6.2;

/** The figure drawn; undefined if it has something that is not drawn here. */
export function drawing(figure: FigureData): string | undefined {
  if (figure.data.length === 0 || !figure.data.every(isPainted)) return undefined;
  const [across, up] = [scaleOf(figure, "x"), scaleOf(figure, "y")];
  const box = boxOf(across, up);
  const area: Area = {
    ...box,
    x: (value) => box.left + across.share(value) * box.width,
    y: (value) => box.top + (1 - up.share(value)) * box.height,
  };
  const below = box.top + box.height + (across.hidden ? BARE.bottom : MARGIN.bottom);
  const names = figure.layout.showlegend === false ? [] : legend(figure, below);
  const width = box.left + box.width + (across.hidden ? BARE : MARGIN).right;
  const height = below + NAME_HEIGHT * (names.at(-1)?.row ?? 0);
  const title = (figure.layout.title as { text?: string } | undefined)?.text ?? "";
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${round(height)}" width="${round(width)}"`,
    ` height="${round(height)}" font-family="system-ui, sans-serif" font-size="11" fill="${GREY}" role="img"`,
    ` aria-label="${escapeHtml(title)}">`,
    title === ""
      ? ""
      : `<text x="${box.left}" y="18" font-size="13" font-weight="600">${escapeHtml(title)}</text>`,
    ...shapes(figure, area),
    ...figure.data.map((trace) => paint(trace, area)),
    ...annotations(figure, area),
    across.hidden ? "" : frame(area, across, up),
    ...names.map(({ svg }) => svg),
    "</svg>",
  ].join("");
}

/** As wide as there is room; with squares for points where the figure wants them. */
function boxOf(across: Scale, up: Scale): Omit<Area, "x" | "y"> {
  const margin = across.hidden ? BARE : MARGIN;
  const { left, top } = margin;
  const width = WIDTH - left - margin.right;
  const height = HEIGHT - top - margin.bottom;
  if (!up.square) return { left, top, width, height };
  const points = Math.min(width / across.span, (across.hidden ? WIDTH : height) / up.span);
  return { left, top, width: points * across.span, height: points * up.span };
}

function frame({ left, top, width, height }: Area, across: Scale, up: Scale): string {
  const [bottom, middle] = [top + height, left + width / 2];
  return [
    `<rect x="${left}" y="${top}" width="${round(width)}" height="${round(height)}" fill="none" stroke="${GREY}"`,
    ' stroke-opacity="0.5"/>',
    ...across.ticks.map(([share, label]) => text(left + share * width, bottom + 15, "middle", label)),
    ...up.ticks.map(([share, label]) => text(left - 6, bottom - share * height + 4, "end", label)),
    text(middle, bottom + 33, "middle", across.title),
    up.title === ""
      ? ""
      : `<text transform="translate(14 ${round(top + height / 2)}) rotate(-90)" text-anchor="middle">${escapeHtml(up.title)}</text>`,
  ].join("");
}

interface Name {
  readonly svg: string;
  readonly row: number;
}

/** The names of the lines, each beside a piece of it, in rows from `top` on. */
function legend({ data }: FigureData, top: number): Name[] {
  const named = data.filter(({ name, type }) => name !== undefined && type === "scatter");
  if (named.length === 0) return [];
  let [left, row] = [MARGIN.left, 1];
  return named.map(({ name, line }) => {
    const wide = 30 + LETTER * name!.length;
    if (left > MARGIN.left && left + wide > WIDTH) [left, row] = [MARGIN.left, row + 1];
    const y = top + NAME_HEIGHT * row - 9;
    const svg = `<path d="M${round(left)} ${round(y)}h18"${stroke(line)}/>${text(left + 24, y + 4, "start", name!)}`;
    left += wide + 12;
    return { svg, row };
  });
}

/** What tints a part of the ground: rectangles over the whole height. */
function shapes({ layout }: FigureData, { x, top, height }: Area): string[] {
  const all = (layout.shapes ?? []) as {
    type: string;
    x0: number;
    x1: number;
    fillcolor: string;
    opacity: number;
  }[];
  return all
    .filter(({ type }) => type === "rect")
    .map(({ x0, x1, fillcolor, opacity }) => {
      const [from, to] = [x(x0), x(x1)];
      return `<rect x="${round(from)}" y="${top}" width="${round(to - from)}" height="${round(height)}" fill="${fillcolor}" opacity="${opacity}"/>`;
    });
}

function annotations({ layout }: FigureData, { x, y }: Area): string[] {
  const all = (layout.annotations ?? []) as { text: string; x: number; y: number }[];
  return all.map((one) => text(x(one.x), y(one.y) - 3, "middle", one.text));
}
