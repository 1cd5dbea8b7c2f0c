// Means and p-norms of windows.

import { type Node, scalarNode } from "../../graph/node.js";
import * as ops from "../../graph/ops/index.js";
import { elements } from "../../graph/shape.js";
import { checkFunctionOptions } from "../../module/options.js";
import type { Tensor } from "../../tensor/tensor.js";
import { hostNode } from "../../tensor/types.js";
import { type PerDim, withBatch } from "../spatial.js";
import { elementAxes, type Pooling, type PoolOptions, poolingOf, positionsOf, windowsOf } from "./windows.js";

export interface AvgPoolOptions extends PoolOptions {
  /** Zeros in the padding count as elements. Default true. */
  countIncludePad?: boolean;
  /** Divide the sum by this instead of the number of elements. */
  divisorOverride?: number | null;
}

/** How many elements the window at each position has: those inside the input, with or without its padding. */
function counts(space: readonly number[], positions: readonly number[], how: Pooling, padded: boolean): Node {
  const along = positions.map((count, d) =>
    Array.from({ length: count }, (_, p) => {
      const [extent, padding] = [space[d]!, how.padding[d]!];
      const start = p * how.stride[d]! - padding;
      const end = Math.min(start + how.kernel[d]!, extent + padding);
      return padded ? end - start : Math.min(end, extent) - Math.max(start, 0);
    }),
  );
  if (along.every((list) => list.every((n) => n === list[0]))) {
    return scalarNode(
      along.reduce((product, [n]) => product * n!, 1),
      "float32",
    );
  }
  const products = along.reduce<number[]>((all, list) => all.flatMap((a) => list.map((b) => a * b)), [1]);
  return hostNode(products, positions, "float32");
}

function sums(what: string, x: Node, how: Pooling): { sum: Node; positions: number[] } {
  const positions = positionsOf(what, x.shape, how);
  const windows = windowsOf(x, positions, how, 0);
  return { sum: ops.reduce("sum", windows, elementAxes(positions.length)), positions };
}

type AvgPool = (input: Tensor, kernelSize: PerDim, options?: AvgPoolOptions) => Tensor;

function avgPool(dims: number): AvgPool {
  const what = `avgPool${dims}d`;
  return (input, kernelSize, options = {}) => {
    checkFunctionOptions(what, options, [
      "stride",
      "padding",
      "ceilMode",
      "countIncludePad",
      "divisorOverride",
    ]);
    const how = poolingOf(what, dims, kernelSize, options);
    const { countIncludePad = true, divisorOverride = null } = options;
    if (divisorOverride === 0) throw new RangeError(`${what}: divisorOverride must not be 0`);
    return withBatch(what, input, dims, (x) => {
      const { sum, positions } = sums(what, x, how);
      const divisor =
        divisorOverride === null
          ? counts(x.shape.slice(2), positions, how, countIncludePad)
          : scalarNode(divisorOverride, "float32");
      return ops.div(sum, divisor);
    });
  };
}

/** The mean of each window of sequences: [N, C, L] or [C, L] -> [N, C, positions].
 *
 *  @example F.avgPool1d(tensor([[[1, 3, 2, 0]]]), 2) // [[[2, 1]]] */
export const avgPool1d: AvgPool = avgPool(1);
/** The mean of each window of images: [N, C, H, W] or [C, H, W] -> [N, C, OH, OW].
 *
 *  @example F.avgPool2d(tensor([[[[1, 2], [4, 3]]]]), 2) // [[[[2.5]]]] */
export const avgPool2d: AvgPool = avgPool(2);
/** The mean of each window of volumes: [N, C, D, H, W] or [C, D, H, W].
 *
 *  @example F.avgPool3d(tensor.ones(1, 1, 2, 2, 2), 2).item() // 1 */
export const avgPool3d: AvgPool = avgPool(3);

export type LpPoolOptions = Pick<PoolOptions, "stride" | "ceilMode">;
type LpPool = (input: Tensor, normType: number, kernelSize: PerDim, options?: LpPoolOptions) => Tensor;

function lpPool(dims: number): LpPool {
  const what = `lpPool${dims}d`;
  return (input, normType, kernelSize, options = {}) => {
    checkFunctionOptions(what, options, ["stride", "ceilMode"]);
    const how = poolingOf(what, dims, kernelSize, { stride: options.stride ?? kernelSize, ...options });
    const number = (value: number): Node => scalarNode(value, "float32");
    return withBatch(what, input, dims, (x) => {
      const powers = normType === 2 ? ops.mul(x, x) : ops.pow(x, number(normType));
      const { sum, positions } = sums(what, powers, how);
      // as PyTorch: a window that reaches beyond the input counts as if it were full
      const mean = ops.div(sum, counts(x.shape.slice(2), positions, how, true));
      const total = ops.mul(mean, number(elements(how.kernel)));
      return ops.pow(total, number(1 / normType));
    });
  };
}

/** The p-norm of each window of sequences, (Σ x^p)^(1/p): [N, C, L] or [C, L] -> [N, C, positions].
 *
 *  @example F.lpPool1d(tensor([[[3, 4]]]), 2, 2) // [[[5]]] */
export const lpPool1d: LpPool = lpPool(1);
/** The p-norm of each window of images, (Σ x^p)^(1/p): [N, C, H, W] or [C, H, W] -> [N, C, OH, OW].
 *
 *  @example F.lpPool2d(tensor([[[[3, 4]]]]), 2, [1, 2]) // [[[[5]]]] */
export const lpPool2d: LpPool = lpPool(2);
