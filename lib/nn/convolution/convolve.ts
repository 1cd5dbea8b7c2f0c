// Convolutions of nodes: all windows of the input as columns of a matrix, times the weight. Arguments are checked elsewhere.

import type { Node } from "../../graph/node.js";
import * as ops from "../../graph/ops/index.js";
import { elements, type Window } from "../../graph/shape.js";
import { range } from "../spatial.js";

/** One number for each spatial dim. */
type Each = readonly number[];

export interface Convolution {
  readonly stride: Each;
  readonly dilation: Each;
  readonly groups: number;
  /** Zeros before and after the input. */
  readonly before: Each;
  readonly after: Each;
}

const windowsOf = (kernel: Each, { stride, dilation }: { stride: Each; dilation: Each }): Window[] =>
  kernel.map((size, i) => ({ axis: 2 + i, size, stride: stride[i]!, dilation: dilation[i]! }));

/** x [N, C, ...space] with w [O, C / groups, ...kernel] -> [N, O, ...positions]. */
export function convolve(x: Node, w: Node, how: Convolution): Node {
  const { before, after, groups } = how;
  const padded = ops.pad(
    x,
    [0, 0, ...before],
    x.shape.map((n, i) => (i < 2 ? n : n + before[i - 2]! + after[i - 2]!)),
  );
  const patches = ops.window(padded, windowsOf(w.shape.slice(2), how));
  return w.shape[1] === 1 && groups > 1 ? channelByChannel(patches, w, groups) : products(patches, w, groups);
}

/** One matrix product for each group, and for each image or for all of them at once. */
function products(patches: Node, w: Node, groups: number): Node {
  const [out, channels, ...kernel] = w.shape as [number, number, ...number[]];
  const [images] = patches.shape as [number];
  const dims = kernel.length;
  const positions = patches.shape.slice(2, 2 + dims);
  const places = elements(positions);
  const depth = channels * elements(kernel);
  const perGroup = out / groups;
  const [space, field] = [range(2, 2 + dims), range(2 + dims, 2 + 2 * dims)];
  const matrix = ops.reshape(w, [groups, perGroup, depth]);
  if (togetherPays(places, perGroup)) {
    const order = ops.permute(patches, [1, ...field, 0, ...space]);
    const columns = ops.reshape(order, [groups, depth, images * places]);
    const y = ops.reshape(ops.matmul(matrix, columns), [out, images, ...positions]);
    return ops.permute(y, [1, 0, ...space]);
  }
  const order = ops.permute(patches, [0, 1, ...field, ...space]);
  const columns = ops.reshape(order, [images, groups, depth, places]);
  return ops.reshape(ops.matmul(matrix, columns), [images, out, ...positions]);
}

/** With few positions in an image one product over all images keeps the weight in cache. It also keeps the gradient of the
 *  weight, which is a sum over images, from being computed image by image where that takes more memory than the columns. */
const togetherPays = (places: number, rows: number): boolean => places < rows;

/** Each channel has kernels of its own (a depthwise convolution): a weighted sum over its windows, without a matrix. */
function channelByChannel(patches: Node, w: Node, groups: number): Node {
  const [out, , ...kernel] = w.shape as [number, number, ...number[]];
  const dims = kernel.length;
  const [images] = patches.shape as [number];
  const positions = patches.shape.slice(2, 2 + dims);
  const perChannel = out / groups;
  const field = ops.reshape(patches, [images, groups, 1, ...positions, ...kernel]);
  const weight = ops.reshape(w, [groups, perChannel, ...positions.map(() => 1), ...kernel]);
  const sums = ops.reduce("sum", ops.mul(field, weight), range(3 + dims, 3 + 2 * dims));
  return ops.reshape(sums, [images, out, ...positions]);
}

export interface TransposedConvolution {
  readonly stride: Each;
  readonly dilation: Each;
  readonly groups: number;
  /** Cut off on both sides of the result. */
  readonly padding: Each;
  /** Added after the end of the result. */
  readonly outputPadding: Each;
}

/** The adjoint of `convolve`: x [N, C, ...space] with w [C, O / groups, ...kernel] -> [N, O, ...positions]. */
export function convolveTransposed(x: Node, w: Node, how: TransposedConvolution): Node {
  const { stride, dilation, groups, padding, outputPadding } = how;
  const [images, channels, ...space] = x.shape as [number, number, ...number[]];
  const kernel = w.shape.slice(2);
  const out = w.shape[1]! * groups;
  const dims = kernel.length;
  const places = elements(space);
  const perGroup = channels / groups;
  const matrix = ops.transposeLast(ops.reshape(w, [groups, perGroup, elements(w.shape.slice(1))]));
  let parts: Node;
  if (togetherPays(places, perGroup)) {
    const rows = ops.reshape(ops.permute(x, [1, 0, ...range(2, 2 + dims)]), [
      groups,
      perGroup,
      images * places,
    ]);
    const columns = ops.reshape(ops.matmul(matrix, rows), [out, ...kernel, images, ...space]);
    parts = ops.permute(columns, [1 + dims, 0, ...range(2 + dims, 2 + 2 * dims), ...range(1, 1 + dims)]);
  } else {
    const rows = ops.reshape(x, [images, groups, perGroup, places]);
    const columns = ops.reshape(ops.matmul(matrix, rows), [images, out, ...kernel, ...space]);
    parts = ops.permute(columns, [0, 1, ...range(2 + dims, 2 + 2 * dims), ...range(2, 2 + dims)]);
  }
  const reach = space.map((n, i) => (n - 1) * stride[i]! + (kernel[i]! - 1) * dilation[i]! + 1);
  const extents = reach.map((n, i) => n - 2 * padding[i]! + outputPadding[i]!);
  const whole = reach.map((n, i) => Math.max(n, padding[i]! + extents[i]!));
  const sum = ops.overlapAdd(parts, windowsOf(kernel, how), [images, out, ...whole]);
  return ops.slice(sum, [0, 0, ...padding], [images, out, ...extents]);
}
