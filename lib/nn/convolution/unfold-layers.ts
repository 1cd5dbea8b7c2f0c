// Sliding blocks of images as columns, and columns added up to images, as layers.

import { type Callable, callable } from "../../module/callable.js";
import { Module } from "../../module/module.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { PerDim } from "../spatial.js";
import { fold, type UnfoldOptions, unfold } from "./unfold.js";

const shown = (options: object): string =>
  Object.entries(options)
    .map(([name, value]) => `, ${name}=${value}`)
    .join("");

class UnfoldModule extends Module {
  readonly kernelSize: PerDim;
  private readonly options: UnfoldOptions;

  constructor(kernelSize: PerDim, options: UnfoldOptions = {}) {
    super();
    this.kernelSize = kernelSize;
    this.options = options;
  }
  /** [N, C, H, W] -> [N, C KH KW, positions] */
  forward(x: Tensor): Tensor {
    return unfold(x, this.kernelSize, this.options);
  }
  override extraRepr(): string {
    return `kernelSize=${this.kernelSize}${shown(this.options)}`;
  }
}

/** The blocks under a sliding kernel as columns: [N, C, H, W] -> [N, C KH KW, positions]; see `F.unfold`.
 *
 *  ```ts
 *  nn.Unfold([2, 2])(tensor.zeros(1, 3, 4, 4)).shape // -> [1, 12, 9]
 *  ``` */
export const Unfold: Callable<typeof UnfoldModule> = callable(UnfoldModule, "Unfold");
export type Unfold = UnfoldModule;

class FoldModule extends Module {
  readonly outputSize: PerDim;
  readonly kernelSize: PerDim;
  private readonly options: UnfoldOptions;

  constructor(outputSize: PerDim, kernelSize: PerDim, options: UnfoldOptions = {}) {
    super();
    this.outputSize = outputSize;
    this.kernelSize = kernelSize;
    this.options = options;
  }
  /** [N, C KH KW, positions] -> [N, C, ...outputSize] */
  forward(x: Tensor): Tensor {
    return fold(x, this.outputSize, this.kernelSize, this.options);
  }
  override extraRepr(): string {
    return `outputSize=${this.outputSize}, kernelSize=${this.kernelSize}${shown(this.options)}`;
  }
}

/** Columns added up to images, the adjoint of `nn.Unfold`: [N, C KH KW, positions] -> [N, C, ...outputSize]; see `F.fold`.
 *
 *  ```ts
 *  nn.Fold([4, 4], [2, 2])(tensor.zeros(1, 12, 9)).shape // -> [1, 3, 4, 4]
 *  ``` */
export const Fold: Callable<typeof FoldModule> = callable(FoldModule, "Fold");
export type Fold = FoldModule;
