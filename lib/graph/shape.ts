// Shapes as arrays of extents: counting, broadcasting, strides, axes, windows. No tensors here.

export type Shape = readonly number[];

/** Number of elements; 1 for a 0-d shape. */
export function elements(shape: Shape): number {
  let count = 1;
  for (const extent of shape) count *= extent;
  return count;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** "[32, 784]" */
export function formatShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** Row-major strides, in elements. */
export function contiguousStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i]!;
  }
  return strides;
}

/** The common shape of two operands: aligned at the last axis, an extent of 1 stretches. `what` names the operation in the error. */
export function broadcastShapes(a: Shape, b: Shape, what: string): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const x = i <= a.length ? a[a.length - i]! : 1;
    const y = i <= b.length ? b[b.length - i]! : 1;
    if (x !== y && x !== 1 && y !== 1) {
      throw new RangeError(
        `${what}: shapes ${formatShape(a)} and ${formatShape(b)} do not fit together; counted from the last axis, ` +
          `extents must be equal or 1, but axis -${i} has ${x} and ${y}`,
      );
    }
    shape[rank - i] = x === 1 ? y : x;
  }
  return shape;
}

/** An axis from 0 to rank - 1; negative ones count from the end. */
export function normalizeAxis(axis: number, rank: number, what: string): number {
  const limit = Math.max(rank, 1);
  if (!Number.isInteger(axis)) {
    const got = typeof axis === "number" ? axis : JSON.stringify(axis);
    throw new TypeError(`${what}: dim must be a whole number, got ${got ?? "nothing"}`);
  }
  if (axis < -limit || axis >= limit) {
    throw new RangeError(
      `${what}: dim ${axis} is out of range for ${rank} dimensions (use ${-limit} to ${limit - 1})`,
    );
  }
  return axis < 0 ? axis + limit : axis;
}

/** Sorted, distinct, non-negative axes; all of them for `undefined`. */
export function normalizeAxes(
  axes: number | readonly number[] | undefined,
  rank: number,
  what: string,
): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i);
  if (!Array.isArray(axes)) {
    const axis = normalizeAxis(axes as number, rank, what);
    return rank === 0 ? [] : [axis];
  }
  const list = (axes as number[]).map((axis) => normalizeAxis(axis, rank, what));
  if (new Set(list).size !== list.length)
    throw new RangeError(`${what}: dim ${list.join(", ")} names an axis twice`);
  if (rank === 0) return [];
  return list.sort((a, b) => a - b);
}

/** Windows of `size` elements along `axis`: `dilation` apart from each other, one window every `stride` elements. */
export interface Window {
  readonly axis: number;
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
}

/** How many windows fit into `extent` elements; 0 or less where not even one does. */
export function windowCount(extent: number, { size, stride, dilation }: Omit<Window, "axis">): number {
  return Math.floor((extent - dilation * (size - 1) - 1) / stride) + 1;
}
