// Joining and splitting axes.

import { elements, formatShape, normalizeAxis } from "../graph/shape.js";
import { type Callable, callable } from "../module/callable.js";
import { Module } from "../module/module.js";
import { tensorNode } from "../tensor/arguments.js";
import type { Tensor } from "../tensor/tensor.js";

class FlattenModule extends Module {
  readonly startDim: number;
  readonly endDim: number;

  constructor(options: { startDim?: number; endDim?: number } = {}) {
    super();
    this.startDim = options.startDim ?? 1;
    this.endDim = options.endDim ?? -1;
  }

  forward(x: Tensor): Tensor {
    tensorNode(x, "Flatten");
    return x.flatten({ startDim: this.startDim, endDim: this.endDim });
  }

  override extraRepr(): string {
    return `startDim=${this.startDim}, endDim=${this.endDim}`;
  }
}

/** Joins the axes from `startDim` (1) to `endDim` (-1): [N, 1, 28, 28] -> [N, 784].
 *
 *  @example nn.Flatten()(tensor.zeros(32, 1, 28, 28)).shape // [32, 784] */
export const Flatten: Callable<typeof FlattenModule> = callable(FlattenModule, "Flatten");
export type Flatten = FlattenModule;

class UnflattenModule extends Module {
  readonly dim: number;
  readonly unflattenedSize: readonly number[];

  constructor(dim: number, unflattenedSize: readonly number[]) {
    super();
    this.dim = dim;
    this.unflattenedSize = [...unflattenedSize];
  }

  forward(x: Tensor): Tensor {
    const { dim, unflattenedSize: sizes } = this;
    const axis = normalizeAxis(dim, x.ndim, "Unflatten");
    const extent = x.shape[axis]!;
    const product = elements(sizes.filter((n) => n !== -1));
    const open = sizes.filter((n) => n === -1).length;
    if (open === 0 ? product !== extent : open > 1 || product === 0 || extent % product !== 0) {
      throw new RangeError(
        `Unflatten: dim ${dim} of ${formatShape(x.shape)} has ${extent} elements, which do not make ${formatShape(sizes)}`,
      );
    }
    const whole = sizes.map((n) => (n === -1 ? extent / product : n));
    return x.reshape(...x.shape.slice(0, axis), ...whole, ...x.shape.slice(axis + 1));
  }

  override extraRepr(): string {
    return `dim=${this.dim}, unflattenedSize=${formatShape(this.unflattenedSize)}`;
  }
}

/** Splits the axis `dim` into several of the sizes given, one of which may be -1: [N, 784] -> [N, 1, 28, 28].
 *
 *  @example nn.Unflatten(1, [1, 28, -1])(tensor.zeros(32, 784)).shape // [32, 1, 28, 28] */
export const Unflatten: Callable<typeof UnflattenModule> = callable(UnflattenModule, "Unflatten");
export type Unflatten = UnflattenModule;
