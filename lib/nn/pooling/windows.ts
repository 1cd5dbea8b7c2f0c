// The windows of a pooling layer: how many there are, and where they begin and end.

import type { Node } from "../../graph/node.js";
import * as ops from "../../graph/ops/index.js";
import { formatShape } from "../../graph/shape.js";
import { formatPerDim, type PerDim, perDim, range } from "../spatial.js";

export interface PoolOptions {
  /** Windows are this far apart. Default: their size, so that they do not overlap. */
  stride?: PerDim;
  /** Elements around the input that the windows may begin in; at most half of their size. Default 0. */
  padding?: PerDim;
  /** As many windows as begin inside the input, also where the last one reaches beyond it. Default false. */
  ceilMode?: boolean;
}

/** One number for each spatial dim. */
type Each = readonly number[];

export interface Pooling {
  readonly kernel: Each;
  readonly stride: Each;
  readonly padding: Each;
  readonly dilation: Each;
  readonly ceilMode: boolean;
}

export function poolingOf(
  what: string,
  dims: number,
  kernelSize: PerDim,
  options: PoolOptions & { dilation?: PerDim },
): Pooling {
  const kernel = perDim(what, "kernelSize", kernelSize, dims, 1);
  const padding = perDim(what, "padding", options.padding ?? 0, dims, 0);
  if (padding.some((n, i) => 2 * n > kernel[i]!)) {
    throw new RangeError(
      `${what}: padding ${formatPerDim(padding)} must be at most half of the kernel ${formatPerDim(kernel)}, so that no window ` +
        "lies outside of the input",
    );
  }
  return {
    kernel,
    stride: perDim(what, "stride", options.stride ?? kernel, dims, 1),
    padding,
    dilation: perDim(what, "dilation", options.dilation ?? 1, dims, 1),
    ceilMode: options.ceilMode ?? false,
  };
}

/** Numbers of windows along the spatial dims of [N, C, ...space]. */
export function positionsOf(what: string, shape: readonly number[], how: Pooling): number[] {
  const { kernel, stride, padding, dilation, ceilMode } = how;
  const counts = shape.slice(2).map((extent, i) => {
    const room = extent + 2 * padding[i]! - dilation[i]! * (kernel[i]! - 1) - 1;
    if (room < 0 && !ceilMode) return 0;
    const steps = ceilMode ? Math.ceil(room / stride[i]!) : Math.floor(room / stride[i]!);
    // a window that would begin in the padding after the end is left out
    return ceilMode && steps * stride[i]! >= extent + padding[i]! ? steps : steps + 1;
  });
  if (counts.every((n) => n > 0)) return counts;
  throw new RangeError(
    `${what}: a window of ${formatPerDim(kernel)} does not fit into ${formatShape(shape)} with padding ${formatPerDim(padding)}; ` +
      "use a smaller one, or pool less often before",
  );
}

/** All windows of x [N, C, ...space] as a view [N, C, ...positions, ...kernel], with `around` beyond the edges. */
export function windowsOf(x: Node, positions: Each, how: Pooling, around: number): Node {
  const { kernel, stride, padding, dilation } = how;
  const needed = positions.map((n, i) => (n - 1) * stride[i]! + dilation[i]! * (kernel[i]! - 1) + 1);
  const padded = ops.pad(
    x,
    [0, 0, ...padding],
    x.shape.map((n, d) => (d < 2 ? n : Math.max(n + padding[d - 2]!, needed[d - 2]!))),
    around,
  );
  return ops.window(
    padded,
    kernel.map((size, i) => ({ axis: 2 + i, size, stride: stride[i]!, dilation: dilation[i]! })),
  );
}

/** The axes of the elements of windows with `dims` spatial dims. */
export const elementAxes = (dims: number): number[] => range(2 + dims, 2 + 2 * dims);
