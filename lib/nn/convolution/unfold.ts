// Windows of images as columns of a matrix, and the sum of such columns back into images: PyTorch's unfold and fold.

import * as ops from "../../graph/ops/index.js";
import { elements, formatShape, type Window, windowCount } from "../../graph/shape.js";
import { checkFunctionOptions } from "../../module/options.js";
import type { Tensor } from "../../tensor/tensor.js";
import { formatPerDim, type PerDim, perDim, withBatch } from "../spatial.js";

export interface UnfoldOptions {
  dilation?: PerDim;
  /** Zeros on all sides. */
  padding?: PerDim;
  stride?: PerDim;
}

interface Geometry {
  readonly kernel: number[];
  readonly padding: number[];
  readonly windows: Window[];
}

function geometry(what: string, kernelSize: PerDim, options: UnfoldOptions): Geometry {
  const kernel = perDim(what, "kernelSize", kernelSize, 2, 1);
  const stride = perDim(what, "stride", options.stride ?? 1, 2, 1);
  const dilation = perDim(what, "dilation", options.dilation ?? 1, 2, 1);
  return {
    kernel,
    padding: perDim(what, "padding", options.padding ?? 0, 2, 0),
    windows: kernel.map((size, i) => ({ axis: 2 + i, size, stride: stride[i]!, dilation: dilation[i]! })),
  };
}

/** How many windows there are along H and W of a padded image. */
function countsOf(what: string, padded: readonly number[], { windows, kernel }: Geometry): number[] {
  const counts = windows.map((one, i) => windowCount(padded[i]!, one));
  if (counts.every((n) => n > 0)) return counts;
  throw new RangeError(
    `${what}: a kernel of ${formatPerDim(kernel)} does not fit into ${formatPerDim(padded)} (padding included)`,
  );
}

/** All windows of images as columns: [N, C, H, W] or [C, H, W] -> [N, C KH KW, positions].
 *
 *  @example F.unfold(tensor([[[[1, 2, 3]]]]), [1, 2]) // [[[1, 2], [2, 3]]] */
export function unfold(x: Tensor, kernelSize: PerDim, options: UnfoldOptions = {}): Tensor {
  checkFunctionOptions("unfold", options, ["dilation", "padding", "stride"]);
  const how = geometry("unfold", kernelSize, options);
  return withBatch("unfold", x, 2, (images) => {
    const [n, channels, ...space] = images.shape as [number, number, ...number[]];
    const padded = space.map((extent, i) => extent + 2 * how.padding[i]!);
    const counts = countsOf("unfold", padded, how);
    const wide = ops.pad(images, [0, 0, ...how.padding], [n, channels, ...padded]);
    const order = ops.permute(ops.window(wide, how.windows), [0, 1, 4, 5, 2, 3]);
    return ops.reshape(order, [n, channels * elements(how.kernel), elements(counts)]);
  });
}

/** The adjoint of `unfold`: columns [N, C KH KW, positions] (or without N) are added up to images [N, C, ...outputSize].
 *
 *  @example F.fold(tensor([[[1, 2], [2, 3]]]), [1, 3], [1, 2]) // [[[[1, 4, 3]]]] */
export function fold(x: Tensor, outputSize: PerDim, kernelSize: PerDim, options: UnfoldOptions = {}): Tensor {
  checkFunctionOptions("fold", options, ["dilation", "padding", "stride"]);
  const how = geometry("fold", kernelSize, options);
  const space = perDim("fold", "outputSize", outputSize, 2, 1);
  const padded = space.map((extent, i) => extent + 2 * how.padding[i]!);
  const counts = countsOf("fold", padded, how);
  return withBatch("fold", x, 1, (columns) => {
    const [n, rows, positions] = columns.shape as [number, number, number];
    const field = elements(how.kernel);
    if (rows % field !== 0 || positions !== elements(counts)) {
      throw new RangeError(
        `fold: images of ${formatPerDim(space)} have columns [N, C * ${field}, ${elements(counts)}] for this kernel, got ` +
          formatShape(columns.shape),
      );
    }
    const channels = rows / field;
    const parts = ops.permute(
      ops.reshape(columns, [n, channels, ...how.kernel, ...counts]),
      [0, 1, 4, 5, 2, 3],
    );
    const sum = ops.overlapAdd(parts, how.windows, [n, channels, ...padded]);
    return ops.slice(sum, [0, 0, ...how.padding], [n, channels, ...space]);
  });
}
