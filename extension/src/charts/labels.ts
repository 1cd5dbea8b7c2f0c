// Finds room for the labels of lines: above or below the end of the line, never on a line or on another label.
// Works in pixels of the chart, with y growing downwards.

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface LabelRequest {
  readonly key: string;
  readonly width: number;
  /** Where the label ends (its right edge), in pixels. */
  readonly right: number;
  /** The line it names. */
  readonly line: readonly Point[];
}

const HEIGHT = 16;
const GAP = 4;
const STEP = 8;
/** Tried in this order: 0 above, 1 below, 2 above and a step away, 3 below and a step away, ... */
const CANDIDATES = 18;

/** Where each label was, so that it stays there as long as there is room. */
export type LabelMemory = Map<string, number>;

/** A box for each request, in their order; the least bad one where nothing is free. */
export function placeLabels(
  requests: readonly LabelRequest[],
  lines: readonly (readonly Point[])[],
  area: Box,
  memory: LabelMemory,
): Box[] {
  const placed: Box[] = [];
  for (const request of requests) {
    const boxes = Array.from({ length: CANDIDATES }, (_, index) => candidate(request, index, area));
    const before = memory.get(request.key);
    const order = boxes.map((_, index) => index);
    if (before !== undefined) order.unshift(before);
    const cost = (index: number): number => trouble(boxes[index]!, lines, placed, area);
    const free = order.find((index) => cost(index) === 0);
    const best = free ?? order.reduce((a, b) => (cost(b) < cost(a) ? b : a));
    memory.set(request.key, best);
    placed.push(boxes[best]!);
  }
  return placed;
}

function candidate(request: LabelRequest, index: number, area: Box): Box {
  const right = Math.min(Math.max(request.right, area.left + request.width), area.right);
  const left = right - request.width;
  const own = extent(request.line, left, right) ?? { low: area.bottom, high: area.bottom };
  const away = GAP + STEP * Math.floor(index / 2);
  const top = index % 2 === 0 ? own.low - away - HEIGHT : own.high + away;
  return { left, right, top, bottom: top + HEIGHT };
}

/** 0 where the box is free; else how much is in its way. */
function trouble(box: Box, lines: readonly (readonly Point[])[], placed: readonly Box[], area: Box): number {
  let cost = Math.max(0, area.top - box.top) + Math.max(0, box.bottom - area.bottom);
  for (const other of placed) {
    const across = Math.min(box.right, other.right) - Math.max(box.left, other.left);
    const along = Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top);
    if (across > 0 && along > 0) cost += 2 * along;
  }
  for (const line of lines) {
    const span = extent(line, box.left, box.right);
    if (!span) continue;
    const along = Math.min(box.bottom, span.high + 1) - Math.max(box.top, span.low - 1);
    if (along > 0) cost += along;
  }
  return cost;
}

/** Smallest and largest y of a line between two x, or undefined where it has no part there. */
function extent(
  line: readonly Point[],
  left: number,
  right: number,
): { low: number; high: number } | undefined {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  const take = (y: number): void => {
    if (!Number.isFinite(y)) return;
    low = Math.min(low, y);
    high = Math.max(high, y);
  };
  for (const [index, point] of line.entries()) {
    if (point.x >= left && point.x <= right) take(point.y);
    const next = line[index + 1];
    if (!next) continue;
    for (const edge of [left, right]) {
      if (point.x < edge && next.x > edge) {
        take(point.y + ((next.y - point.y) * (edge - point.x)) / (next.x - point.x));
      }
    }
  }
  return low <= high ? { low, high } : undefined;
}
