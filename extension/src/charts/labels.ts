// Finds room for the labels of lines: above or below the line, never on a line or on another label.
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
  /** Where the label may end (its right edge), in pixels; the best place first. */
  readonly anchors: readonly number[];
  /** The line it names. */
  readonly line: readonly Point[];
  /** Where it may stand, the best place first, if not above or below its line. */
  readonly places?: readonly Box[];
}

/** Of a label in 12 px type. */
export const LABEL_HEIGHT = 16;
const GAP = 4;
/** Distances from the line that still look as if the label belonged to it. */
const NEAR = [GAP, GAP + 7, GAP + 14] as const;
/** Distances for when all near places are taken. */
const FAR = [30, 42, 54, 66] as const;

/** The place each label had, so that it stays there as long as there is room. */
export type LabelMemory = Map<string, number>;

/** A box of `height` for each request, in their order; the least bad one where nothing is free. */
export function placeLabels(
  requests: readonly LabelRequest[],
  lines: readonly (readonly Point[])[],
  area: Box,
  memory: LabelMemory,
  height: number = LABEL_HEIGHT,
): Box[] {
  const placed: Box[] = [];
  for (const request of requests) {
    const { anchors, places } = request;
    const at = (anchor: number, away: readonly number[]): Box[] =>
      beside(request, anchor, away, area, height);
    const near = places ?? anchors.flatMap((anchor) => at(anchor, NEAR));
    const far = places ? [] : anchors.slice(0, 1).flatMap((anchor) => at(anchor, FAR));
    const cost = (box: Box | undefined): number =>
      box ? trouble(box, lines, placed, area) : Number.POSITIVE_INFINITY;
    const before = memory.get(request.key) ?? -1;
    const kept = cost(near[before]) === 0 ? before : near.findIndex((box) => cost(box) === 0);
    if (kept >= 0) memory.set(request.key, kept);
    else memory.delete(request.key);
    const all = [...near, ...far];
    placed.push(near[kept] ?? all.reduce((best, box) => (cost(box) < cost(best) ? box : best)));
  }
  return placed;
}

/** Boxes above and below a line at some distances, nearest first. */
function beside(
  request: LabelRequest,
  anchor: number,
  distances: readonly number[],
  area: Box,
  height: number,
): Box[] {
  const right = Math.min(Math.max(anchor, area.left + request.width), area.right);
  const left = right - request.width;
  const end = request.line.at(-1)?.y ?? area.bottom;
  const own = extent(request.line, left, right) ?? { low: end, high: end };
  return distances.flatMap((away) => [
    { left, right, top: own.low - away - height, bottom: own.low - away },
    { left, right, top: own.high + away, bottom: own.high + away + height },
  ]);
}

/** Outside of the chart a label is cut off, which is worse than a line behind it. */
const OUTSIDE = 6;

/** 0 where the box is free; else how much is in its way. */
function trouble(box: Box, lines: readonly (readonly Point[])[], placed: readonly Box[], area: Box): number {
  let cost = OUTSIDE * (Math.max(0, area.top - box.top) + Math.max(0, box.bottom - area.bottom));
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
