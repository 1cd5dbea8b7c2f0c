// Small parts of SVG that drawings share.

import { escapeHtml } from "../tensor/html.js";

/** Everything around the data: 4.3 : 1 on white as on GitHub's dark ground, which is as much as one grey can have on both. */
export const GREY = "#767a81";

/** The plot area of a figure: where it is, in pixels, and where values are in it. */
export interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly x: (value: number | string) => number;
  readonly y: (value: number | string) => number;
}

/** The look of a trace's line, as attributes. */
export function stroke(line: unknown): string {
  const {
    color = GREY,
    dash = "solid",
    width = 1.6,
  } = (line ?? {}) as { color?: string; dash?: string; width?: number };
  return ` fill="none" stroke="${color}" stroke-width="${width}"${dash === "solid" ? "" : ' stroke-dasharray="6 4"'}`;
}

export function text(x: number, y: number, anchor: "start" | "middle" | "end", content: string): string {
  if (content === "") return "";
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escapeHtml(content)}</text>`;
}

/** A tenth of a pixel is fine enough. */
export function round(pixels: number): number {
  return Math.round(10 * pixels) / 10;
}
