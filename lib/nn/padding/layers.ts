// Padding layers: a border of zeros, a constant, or the input's own elements around sequences, images and volumes.

import { formatShape } from "../../graph/shape.js";
import { type Callable, callable } from "../../module/callable.js";
import { formatNumber } from "../../module/format.js";
import { Module } from "../../module/module.js";
import type { Tensor } from "../../tensor/tensor.js";
import { spaceNames } from "../spatial.js";
import { type PadMode, pad } from "./pad.js";

/** The same number on all sides, or [before, after] of the last dim, then of the one before it. */
export type PaddingArgument = number | readonly number[];

abstract class PadModule extends Module {
  /** [before, after] of the last dim, then of the one before it. */
  readonly padding: readonly number[];
  private readonly mode: PadMode;

  constructor(name: string, dims: number, padding: PaddingArgument, mode: PadMode) {
    super();
    this.mode = mode;
    const list = typeof padding === "number" ? new Array<number>(2 * dims).fill(padding) : [...padding];
    if (list.length !== 2 * dims || !list.every(Number.isInteger)) {
      throw new RangeError(
        `${name}: padding must be a whole number or ${2 * dims} of them (before and after each of ${spaceNames(dims)}, last dim ` +
          `first), got ${formatShape(list)}`,
      );
    }
    this.padding = list;
  }

  /** [N, C, ...space] or [C, ...space] -> the same with larger extents. */
  forward(x: Tensor): Tensor {
    const dims = this.padding.length / 2;
    if (x.ndim !== dims + 1 && x.ndim !== dims + 2) {
      const space = spaceNames(dims);
      throw new RangeError(
        `${this.constructor.name}: needs [N, C, ${space}] or [C, ${space}], got ${formatShape(x.shape)}`,
      );
    }
    return pad(x, this.padding, { mode: this.mode });
  }

  override extraRepr(): string {
    return formatShape(this.padding);
  }
}

abstract class ConstantPadModule extends PadModule {
  readonly value: number;

  constructor(name: string, dims: number, padding: PaddingArgument, value: number) {
    super(name, dims, padding, "constant");
    this.value = value;
  }

  override forward(x: Tensor): Tensor {
    return pad(x, this.padding, { value: this.value });
  }

  override extraRepr(): string {
    return `padding=${formatShape(this.padding)}, value=${formatNumber(this.value)}`;
  }
}

type PadClass = Callable<new (padding: PaddingArgument) => PadModule>;

function padLayer(name: string, dims: number, mode: PadMode): PadClass {
  class Pad extends PadModule {
    constructor(padding: PaddingArgument) {
      super(name, dims, padding, mode);
    }
  }
  return callable(Pad, name);
}

type ConstantPadClass = Callable<new (padding: PaddingArgument, value: number) => ConstantPadModule>;

function constantPadLayer(name: string, dims: number): ConstantPadClass {
  class ConstantPad extends ConstantPadModule {
    constructor(padding: PaddingArgument, value: number) {
      super(name, dims, padding, value);
    }
  }
  return callable(ConstantPad, name);
}

/** Zeros around sequences, [N, C, L] or [C, L].
 *
 *  @example nn.ZeroPad1d(1)(tensor([[[1, 2, 3]]])).shape // [1, 1, 5] */
export const ZeroPad1d: PadClass = padLayer("ZeroPad1d", 1, "constant");
export type ZeroPad1d = PadModule;

/** Zeros around images, [N, C, H, W] or [C, H, W].
 *
 *  @example nn.ZeroPad2d(1)(tensor.ones(1, 1, 3, 3)).shape // [1, 1, 5, 5] */
export const ZeroPad2d: PadClass = padLayer("ZeroPad2d", 2, "constant");
export type ZeroPad2d = PadModule;

/** Zeros around volumes, [N, C, D, H, W] or [C, D, H, W].
 *
 *  @example nn.ZeroPad3d(1)(tensor.ones(1, 1, 3, 3, 3)).shape // [1, 1, 5, 5, 5] */
export const ZeroPad3d: PadClass = padLayer("ZeroPad3d", 3, "constant");
export type ZeroPad3d = PadModule;

/** The input's own elements, reflected at its edges, around sequences, [N, C, L] or [C, L].
 *
 *  @example nn.ReflectionPad1d(1)(tensor([[[1, 2, 3]]])).shape // [1, 1, 5] */
export const ReflectionPad1d: PadClass = padLayer("ReflectionPad1d", 1, "reflect");
export type ReflectionPad1d = PadModule;

/** The input's own elements, reflected at its edges, around images, [N, C, H, W] or [C, H, W].
 *
 *  @example nn.ReflectionPad2d(1)(tensor.ones(1, 1, 3, 3)).shape // [1, 1, 5, 5] */
export const ReflectionPad2d: PadClass = padLayer("ReflectionPad2d", 2, "reflect");
export type ReflectionPad2d = PadModule;

/** The input's own elements, reflected at its edges, around volumes, [N, C, D, H, W] or [C, D, H, W].
 *
 *  @example nn.ReflectionPad3d(1)(tensor.ones(1, 1, 3, 3, 3)).shape // [1, 1, 5, 5, 5] */
export const ReflectionPad3d: PadClass = padLayer("ReflectionPad3d", 3, "reflect");
export type ReflectionPad3d = PadModule;

/** The input's outermost elements around sequences, [N, C, L] or [C, L].
 *
 *  @example nn.ReplicationPad1d(1)(tensor([[[1, 2, 3]]])).shape // [1, 1, 5] */
export const ReplicationPad1d: PadClass = padLayer("ReplicationPad1d", 1, "replicate");
export type ReplicationPad1d = PadModule;

/** The input's outermost elements around images, [N, C, H, W] or [C, H, W].
 *
 *  @example nn.ReplicationPad2d(1)(tensor.ones(1, 1, 3, 3)).shape // [1, 1, 5, 5] */
export const ReplicationPad2d: PadClass = padLayer("ReplicationPad2d", 2, "replicate");
export type ReplicationPad2d = PadModule;

/** The input's outermost elements around volumes, [N, C, D, H, W] or [C, D, H, W].
 *
 *  @example nn.ReplicationPad3d(1)(tensor.ones(1, 1, 3, 3, 3)).shape // [1, 1, 5, 5, 5] */
export const ReplicationPad3d: PadClass = padLayer("ReplicationPad3d", 3, "replicate");
export type ReplicationPad3d = PadModule;

/** The input's elements from the other side around sequences, [N, C, L] or [C, L].
 *
 *  @example nn.CircularPad1d(1)(tensor([[[1, 2, 3]]])).shape // [1, 1, 5] */
export const CircularPad1d: PadClass = padLayer("CircularPad1d", 1, "circular");
export type CircularPad1d = PadModule;

/** The input's elements from the other side around images, [N, C, H, W] or [C, H, W].
 *
 *  @example nn.CircularPad2d(1)(tensor.ones(1, 1, 3, 3)).shape // [1, 1, 5, 5] */
export const CircularPad2d: PadClass = padLayer("CircularPad2d", 2, "circular");
export type CircularPad2d = PadModule;

/** The input's elements from the other side around volumes, [N, C, D, H, W] or [C, D, H, W].
 *
 *  @example nn.CircularPad3d(1)(tensor.ones(1, 1, 3, 3, 3)).shape // [1, 1, 5, 5, 5] */
export const CircularPad3d: PadClass = padLayer("CircularPad3d", 3, "circular");
export type CircularPad3d = PadModule;

/** `value` around sequences, [N, C, L] or [C, L].
 *
 *  @example nn.ConstantPad1d(1, 0.5)(tensor([[[1, 2, 3]]])).shape // [1, 1, 5] */
export const ConstantPad1d: ConstantPadClass = constantPadLayer("ConstantPad1d", 1);
export type ConstantPad1d = ConstantPadModule;

/** `value` around images, [N, C, H, W] or [C, H, W].
 *
 *  @example nn.ConstantPad2d(1, 0.5)(tensor.ones(1, 1, 3, 3)).shape // [1, 1, 5, 5] */
export const ConstantPad2d: ConstantPadClass = constantPadLayer("ConstantPad2d", 2);
export type ConstantPad2d = ConstantPadModule;

/** `value` around volumes, [N, C, D, H, W] or [C, D, H, W].
 *
 *  @example nn.ConstantPad3d(1, 0.5)(tensor.ones(1, 1, 3, 3, 3)).shape // [1, 1, 5, 5, 5] */
export const ConstantPad3d: ConstantPadClass = constantPadLayer("ConstantPad3d", 3);
export type ConstantPad3d = ConstantPadModule;
