// The largest element of each window.

import { differentiable, type Node, scalarNode } from "../../graph/node.js";
import * as ops from "../../graph/ops/index.js";
import { elements } from "../../graph/shape.js";
import { checkFunctionOptions } from "../../module/options.js";
import { inOrder } from "../../tensor/in-order.js";
import type { Tensor } from "../../tensor/tensor.js";
import { hostNode } from "../../tensor/types.js";
import { type PerDim, withBatch } from "../spatial.js";
import { elementAxes, type PoolOptions, poolingOf, positionsOf, windowsOf } from "./windows.js";

export interface MaxPoolOptions extends PoolOptions {
  /** Elements of a window are this far apart. Default 1. */
  dilation?: PerDim;
}

/** Values, and where in the flattened spatial dims of the input they come from. */
export interface Pooled extends Iterable<Tensor> {
  readonly values: Tensor;
  /** int32 */
  readonly indices: Tensor;
}

/** The largest of the last `dims` axes of windows [N, C, ...positions, ...kernel]. The gradient goes to the first of equals. */
export function largest(windows: Node, dims: number): Node {
  const axes = elementAxes(dims);
  return differentiable(
    "maxPool",
    [windows],
    () => ops.reduce("max", windows, axes),
    ({ gradient }) => {
      const kernel = windows.shape.slice(2 + dims);
      const wide = [...gradient.shape, ...kernel.map(() => 1)];
      const chosen = ops.reshape(ops.reduce("argmax", windows, axes), wide);
      const places = ops.reshape(ops.iota(elements(kernel)), kernel);
      return [ops.where(ops.eq(chosen, places), ops.reshape(gradient, wide), scalarNode(0, "float32"))];
    },
  );
}

/** Where the largest elements of windows come from, in an input whose spatial extents are `space`: along dim d, window p begins
 *  at `starts[d][p]` and its elements are `dilation[d]` apart. */
export function indicesOf(
  windows: Node,
  space: readonly number[],
  starts: readonly ArrayLike<number>[],
  dilation: readonly number[],
): Node {
  const dims = space.length;
  const int = (value: number): Node => scalarNode(value, "int32");
  let rest = ops.reduce("argmax", windows, elementAxes(dims));
  let index: Node = int(0);
  let step = 1;
  for (let d = dims - 1; d >= 0; d--) {
    const size = windows.shape[2 + dims + d]!;
    const place = d === 0 ? rest : ops.remainder(rest, int(size));
    rest = d === 0 ? rest : ops.floorDiv(rest, int(size));
    const count = starts[d]!.length;
    const start = hostNode(starts[d]!, [count, ...starts.slice(d + 1).map(() => 1)], "int32");
    const position = ops.add(start, ops.mul(place, int(dilation[d]!)));
    index = ops.add(index, ops.mul(position, int(step)));
    step *= space[d]!;
  }
  return index;
}

type MaxPool = (input: Tensor, kernelSize: PerDim, options?: MaxPoolOptions) => Tensor;
type MaxPoolWithIndices = (input: Tensor, kernelSize: PerDim, options?: MaxPoolOptions) => Pooled;

const MAX_POOL = ["stride", "padding", "ceilMode", "dilation"] as const;

function maxPool(dims: number): MaxPool {
  const what = `maxPool${dims}d`;
  return (input, kernelSize, options = {}) => {
    checkFunctionOptions(what, options, MAX_POOL);
    const how = poolingOf(what, dims, kernelSize, options);
    return withBatch(what, input, dims, (x) => {
      const positions = positionsOf(what, x.shape, how);
      return largest(windowsOf(x, positions, how, Number.NEGATIVE_INFINITY), dims);
    });
  };
}

function maxPoolWithIndices(dims: number): MaxPoolWithIndices {
  const what = `maxPool${dims}dWithIndices`;
  const values = maxPool(dims);
  return (input, kernelSize, options = {}) => {
    checkFunctionOptions(what, options, MAX_POOL);
    const how = poolingOf(what, dims, kernelSize, options);
    const indices = withBatch(what, input.detach(), dims, (x) => {
      const positions = positionsOf(what, x.shape, how);
      const starts = positions.map((count, d) =>
        Int32Array.from({ length: count }, (_, p) => p * how.stride[d]! - how.padding[d]!),
      );
      const windows = windowsOf(x, positions, how, Number.NEGATIVE_INFINITY);
      return indicesOf(windows, x.shape.slice(2), starts, how.dilation);
    });
    return inOrder({ values: values(input, kernelSize, options), indices });
  };
}

/** The largest element of each window of sequences: [N, C, L] or [C, L] -> [N, C, positions].
 *
 *  @example F.maxPool1d(tensor([[[1, 3, 2, 0]]]), 2) // [[[3, 2]]] */
export const maxPool1d: MaxPool = maxPool(1);
/** The largest element of each window of images: [N, C, H, W] or [C, H, W] -> [N, C, OH, OW].
 *
 *  @example F.maxPool2d(tensor([[[[1, 2], [4, 3]]]]), 2) // [[[[4]]]] */
export const maxPool2d: MaxPool = maxPool(2);
/** The largest element of each window of volumes: [N, C, D, H, W] or [C, D, H, W].
 *
 *  @example F.maxPool3d(tensor.ones(1, 1, 2, 2, 2), 2).shape // [1, 1, 1, 1, 1] */
export const maxPool3d: MaxPool = maxPool(3);

/** `maxPool1d` with the positions of what it found.
 *
 *  @example F.maxPool1dWithIndices(tensor([[[1, 3, 2, 0]]]), 2).indices // [[[1, 2]]] */
export const maxPool1dWithIndices: MaxPoolWithIndices = maxPoolWithIndices(1);
/** `maxPool2d` with the positions of what it found, row * W + column.
 *
 *  @example F.maxPool2dWithIndices(tensor([[[[1, 2], [4, 3]]]]), 2).indices // [[[[2]]]] */
export const maxPool2dWithIndices: MaxPoolWithIndices = maxPoolWithIndices(2);
/** `maxPool3d` with the positions of what it found in the flattened volume.
 *
 *  @example F.maxPool3dWithIndices(tensor.ones(1, 1, 2, 2, 2), 2).indices.item() // 0 */
export const maxPool3dWithIndices: MaxPoolWithIndices = maxPoolWithIndices(3);
