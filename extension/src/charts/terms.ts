// Two small bar charts of the batch microscope: the largest terms of a unit's input sum, and the probabilities of the classes.

import { svg } from "../panel/dom.js";
import type { Size } from "./chart.js";
import { formatTick } from "./format.js";
import { niceReach } from "./histogram.js";
import { type Box, type Point, placeLabels } from "./labels.js";
import type { Tokens } from "./tokens.js";

export interface Bar {
  readonly name: string;
  readonly value: number;
}

/** Signed bars from a common zero line, one below the other. */
export function drawTerms(
  node: Element,
  bars: readonly Bar[],
  caption: string,
  { width, height }: Size,
  tokens: Tokens,
): void {
  const em = tokens.tickSize;
  const left = 0.6 * em * Math.max(...bars.map(({ name }) => name.length)) + 10;
  const [right, bottom] = [1.6 * em, 3.6 * em];
  const reach = niceReach(Math.max(...bars.map(({ value }) => Math.abs(value)), 0));
  const middle = (left + width - right) / 2;
  const x = (value: number): number => middle + (value / reach) * (width - right - middle);
  const step = (height - bottom - 4) / Math.max(bars.length, 1);
  const thick = Math.min(0.6 * step, 18);
  const root = svg("svg", { width, height, "aria-hidden": "true", class: "gb-Bars" });
  for (const [i, { name, value }] of bars.entries()) {
    const y = 4 + (i + 0.5) * step;
    root.append(
      text("gb-Bars-tick gb-mod-end", left - 8, y, name),
      svg("rect", {
        class: value < 0 ? "gb-Bars-minus" : "gb-Bars-plus",
        x: Math.min(x(0), x(value)),
        y: y - thick / 2,
        width: Math.abs(x(value) - x(0)),
        height: thick,
      }),
    );
  }
  root.append(svg("line", { class: "gb-Bars-zero", x1: x(0), x2: x(0), y1: 0, y2: height - bottom }));
  for (const value of [-reach, 0, reach]) {
    const sign = value < 0 ? "−" : value > 0 ? "+" : "";
    root.append(
      text(
        "gb-Bars-tick gb-mod-middle",
        x(value),
        height - bottom + 1.1 * em,
        sign + formatTick(Math.abs(value)),
      ),
    );
  }
  root.append(text("gb-Bars-tick gb-mod-middle", width / 2, height - 0.8 * em, caption));
  node.replaceChildren(root);
}

export interface ClassBar extends Bar {
  /** What it is among the others: what the network takes the example for, or what it is. */
  readonly label?: string;
  readonly isRight: boolean;
}

/** Upright bars from 0 to 1, one a class. */
export function drawClasses(
  node: Element,
  bars: readonly ClassBar[],
  { width, height }: Size,
  tokens: Tokens,
): void {
  const em = tokens.tickSize;
  const [left, top, bottom] = [2.8 * em, 1.3 * em, 1.9 * em];
  const y = (value: number): number => height - bottom - value * (height - top - bottom);
  const step = (width - left) / Math.max(bars.length, 1);
  const root = svg("svg", { width, height, "aria-hidden": "true", class: "gb-Bars" });
  for (const value of height - top - bottom < 4 * em ? [0, 1] : [0, 0.5, 1]) {
    root.append(
      svg("line", { class: "gb-Bars-grid", x1: left, x2: width, y1: y(value), y2: y(value) }),
      text("gb-Bars-tick gb-mod-end", left - 7, y(value), formatTick(value)),
    );
  }
  const every = Math.ceil((2.2 * em) / step);
  const wanted: { key: string; text: string; x: number; top: number; isRight: boolean }[] = [];
  const lines: Point[][] = [];
  for (const [i, { name, value, label, isRight }] of bars.entries()) {
    const x = left + (i + 0.5) * step;
    const thick = Math.min(0.6 * step, 24);
    const shown = Number.isFinite(value) ? value : 0;
    root.append(
      svg("rect", {
        class: isRight ? "gb-Bars-right" : "gb-Bars-class",
        x: x - thick / 2,
        y: Math.min(y(shown), y(0) - 1),
        width: thick,
        height: Math.max(y(0) - y(shown), 1),
      }),
    );
    if (i % every === 0 || isRight) {
      root.append(
        text(`gb-Bars-tick gb-mod-middle${isRight ? " gb-mod-right" : ""}`, x, height - 0.9 * em, name),
      );
    }
    if (label) wanted.push({ key: name, text: label, x, top: y(shown), isRight });
    lines.push(outline(x - thick / 2, x + thick / 2, y(shown), y(0)));
  }
  const area = { left, top: 0, right: width, bottom: y(0) };
  const requests = wanted.map(({ key, text, x, top }) => {
    const wide = 0.62 * tokens.noteSize * text.length;
    return { key, width: wide, anchors: [], line: [], places: places(x, top, wide, 1.4 * em, area) };
  });
  const boxes = placeLabels(requests, lines, area, new Map(), 1.4 * em);
  for (const [i, { text: label, isRight }] of wanted.entries()) {
    const box = boxes[i]!;
    const name = isRight ? "gb-Bars-label gb-mod-right" : "gb-Bars-label";
    root.append(text(`${name} gb-mod-middle`, (box.left + box.right) / 2, (box.top + box.bottom) / 2, label));
  }
  node.replaceChildren(root);
}

/** A bar as a line around it, for labels to keep clear of. */
function outline(left: number, right: number, top: number, bottom: number): Point[] {
  return [
    { x: left, y: bottom },
    { x: left, y: top },
    { x: right, y: top },
    { x: right, y: bottom },
  ];
}

/** Places for a label of a bar at `x`: above its middle, then with an end there; just above the bar, then higher. */
function places(x: number, top: number, width: number, height: number, area: Box): Box[] {
  const lefts = [x - width / 2, x - 0.8 * width, x - 0.2 * width].map((left) =>
    Math.max(area.left, Math.min(left, area.right - width)),
  );
  const bottoms: number[] = [];
  for (let bottom = top - 2; bottom - height >= area.top; bottom -= height / 2) bottoms.push(bottom);
  return (bottoms.length > 0 ? bottoms : [height]).flatMap((bottom) =>
    lefts.map((left) => ({ left, right: left + width, top: bottom - height, bottom })),
  );
}

function text(name: string, x: number, y: number, content: string): SVGElement {
  return svg("text", { class: name, x, y, dy: "0.35em" }, content);
}
