// What lies beyond the edges of a tensor: constants, or its own elements reflected, repeated or continued from the other side.

import type { Node } from "../../graph/node.js";
import * as ops from "../../graph/ops/index.js";
import { formatShape } from "../../graph/shape.js";
import { checkFunctionOptions } from "../../module/options.js";
import { Tensor } from "../../tensor/tensor.js";

export type PadMode = "constant" | "reflect" | "replicate" | "circular";

export interface PadOptions {
  /** What is added: `value`, or elements of the tensor. Default "constant". */
  mode?: PadMode;
  /** The constant. Default 0. */
  value?: number;
}

function part(x: Node, axis: number, start: number, length: number): Node {
  const starts = x.shape.map((_, i) => (i === axis ? start : 0));
  return ops.slice(x, starts, x.shape.with(axis, length));
}

function flipped(x: Node, axis: number): Node {
  const starts = x.shape.map((n, i) => (i === axis ? n - 1 : 0));
  return ops.slice(
    x,
    starts,
    x.shape,
    x.shape.map((_, i) => (i === axis ? -1 : 1)),
  );
}

/** What stands before and after an axis: how it is made, and the most there can be. */
const BORDERS: {
  readonly [mode in Exclude<PadMode, "constant">]: {
    readonly most: (extent: number) => number;
    readonly before: (x: Node, axis: number, count: number) => Node;
    readonly after: (x: Node, axis: number, count: number) => Node;
  };
} = {
  reflect: {
    most: (extent) => extent - 1,
    before: (x, axis, count) => flipped(part(x, axis, 1, count), axis),
    after: (x, axis, count) => flipped(part(x, axis, x.shape[axis]! - 1 - count, count), axis),
  },
  replicate: {
    most: (extent) => (extent > 0 ? Number.POSITIVE_INFINITY : 0),
    before: (x, axis, count) => ops.broadcastTo(part(x, axis, 0, 1), x.shape.with(axis, count)),
    after: (x, axis, count) =>
      ops.broadcastTo(part(x, axis, x.shape[axis]! - 1, 1), x.shape.with(axis, count)),
  },
  circular: {
    most: (extent) => extent,
    before: (x, axis, count) => part(x, axis, x.shape[axis]! - count, count),
    after: (x, axis, count) => part(x, axis, 0, count),
  },
};

/** `before` and `after` elements more along `axis`; fewer where they are negative. */
function padAxis(x: Node, axis: number, before: number, after: number, mode: PadMode): Node {
  const cut = part(x, axis, Math.max(0, -before), x.shape[axis]! + Math.min(0, before) + Math.min(0, after));
  const inner = before < 0 || after < 0 ? cut : x;
  if (mode === "constant" || (before <= 0 && after <= 0)) return inner;
  const border = BORDERS[mode];
  const most = border.most(inner.shape[axis]!);
  if (before > most || after > most) {
    throw new RangeError(
      `pad: "${mode}" can add at most ${most} on each side of dim ${axis} of ${formatShape(inner.shape)}, got ` +
        `${before} and ${after}`,
    );
  }
  return ops.concat(
    [
      ...(before > 0 ? [border.before(inner, axis, before)] : []),
      inner,
      ...(after > 0 ? [border.after(inner, axis, after)] : []),
    ],
    axis,
  );
}

/** `x` with `before[i]` and `after[i]` elements more around its last dims. */
export function padNode(
  x: Node,
  before: readonly number[],
  after: readonly number[],
  mode: PadMode,
  value: number,
): Node {
  const lead = x.shape.length - before.length;
  let y = x;
  before.forEach((count, i) => {
    y = padAxis(y, lead + i, count, after[i]!, mode);
  });
  if (mode !== "constant") return y;
  const starts = [...x.shape.slice(0, lead).map(() => 0), ...before.map((n) => Math.max(0, n))];
  return ops.pad(
    y,
    starts,
    y.shape.map((n, i) => (i < lead ? n : n + starts[i]! + Math.max(0, after[i - lead]!))),
    value,
  );
}

/** Adds elements around `x`: `padding` is [before, after] of the last dim, then of the one before it, and so on, as in PyTorch.
 *  Negative numbers take elements off.
 *
 *  @example F.pad(tensor([1, 2, 3]), [2, 1]) // [0, 0, 1, 2, 3, 0]
 *  @example F.pad(tensor([1, 2, 3]), [2, 0], { mode: "reflect" }) // [3, 2, 1, 2, 3] */
export function pad(x: Tensor, padding: readonly number[], options: PadOptions = {}): Tensor {
  checkFunctionOptions("pad", options, ["mode", "value"]);
  const { mode = "constant", value = 0 } = options;
  if (mode !== "constant" && !(mode in BORDERS)) {
    throw new RangeError(
      `pad: mode must be "constant", ${Object.keys(BORDERS).join(", ")}, got "${mode as string}"`,
    );
  }
  const dims = padding.length / 2;
  if (!Number.isInteger(dims) || dims > x.ndim || !padding.every(Number.isInteger)) {
    throw new RangeError(
      `pad: needs two whole numbers for each dim, last dim first, for at most ${x.ndim} dims of ${formatShape(x.shape)}, ` +
        `got ${formatShape(padding)}`,
    );
  }
  const before: number[] = [];
  const after: number[] = [];
  for (let d = dims - 1; d >= 0; d--) {
    before.push(padding[2 * d]!);
    after.push(padding[2 * d + 1]!);
  }
  const extents = x.shape.slice(x.ndim - dims);
  if (extents.some((n, i) => n + Math.min(0, before[i]!) + Math.min(0, after[i]!) < 0)) {
    throw new RangeError(`pad: ${formatShape(padding)} takes more off than ${formatShape(x.shape)} has`);
  }
  return Tensor.from(padNode(x.node, before, after, mode, value));
}
