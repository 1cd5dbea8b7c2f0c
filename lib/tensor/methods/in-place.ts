// Methods that end in "_" and give a tensor new values: filling and drawing, and the in-place form of the methods in `IN_PLACE`.
// What was computed from the old values keeps them.

import type { Storage } from "../../compute/buffer.js";
import { isFloat } from "../../graph/dtype.js";
import * as ops from "../../graph/ops/index.js";
import { formatShape } from "../../graph/shape.js";
import { defaultGenerator } from "../random/default.js";
import type { Generator } from "../random/generator.js";
import type { Tensor } from "../tensor.js";
import { hostNode } from "../types.js";
import { ProductMethods } from "./product.js";

export interface DrawOptions {
  /** Where to draw from; the default generator (see `manualSeed`) if not given. */
  generator?: Generator;
}

export abstract class FillMethods extends ProductMethods {
  /** One value everywhere.
   *  @example tensor.zeros(2).fill_(3) // -> [3, 3] */
  fill_(value: number): this {
    return this.assign(ops.full(this.shape, value, this.dtype));
  }
  /** 0 everywhere.
   *  @example tensor.ones(2).zero_() // -> [0, 0] */
  zero_(): this {
    return this.fill_(0);
  }
  /** The values of `source`, broadcast and converted.
   *  @example tensor.zeros(2, 2).copy_(tensor([1, 2])) // -> [[1, 2], [1, 2]] */
  copy_(source: Tensor): this {
    return this.assign(ops.broadcastTo(source.node, this.shape));
  }
  /** `value` on the diagonal of a matrix.
   *  @example tensor.zeros(2, 2).fillDiagonal_(1) // -> [[1, 0], [0, 1]] */
  fillDiagonal_(value: number): this {
    if (this.ndim !== 2) {
      throw new RangeError(`fillDiagonal_: needs a matrix, got ${formatShape(this.shape)}`);
    }
    const [rows, columns] = this.shape as [number, number];
    const row = ops.reshape(ops.iota(rows), [rows, 1]);
    const on = ops.eq(row, ops.reshape(ops.iota(columns), [1, columns]));
    return this.assign(ops.where(on, ops.full([], value, this.dtype), this.node));
  }
  private drawn(fill: (out: Float32Array) => void): this {
    const values = new Float32Array(this.numel());
    fill(values);
    return this.assign(hostNode(values, this.shape, "float32"));
  }
  /** Uniform numbers from [from, to).
   *  @example
   *  manualSeed(42);
   *  tensor.zeros(2).uniform_(-1, 1) // -> [0.76454, 0.83001] */
  uniform_(from: number = 0, to: number = 1, options: DrawOptions = {}): this {
    return this.drawn((out) => (options.generator ?? defaultGenerator).uniform(out, from, to));
  }
  /** Normal numbers.
   *  @example
   *  manualSeed(42);
   *  tensor.zeros(2).normal_(10, 2) // -> [10.6734, 10.2576] */
  normal_(mean: number = 0, std: number = 1, options: DrawOptions = {}): this {
    return this.drawn((out) => (options.generator ?? defaultGenerator).normal(out, mean, std));
  }
  /** 1 with probability `p`, else 0.
   *  @example tensor.zeros(3).bernoulli_(1) // -> [1, 1, 1] */
  bernoulli_(p: number = 0.5, options: DrawOptions = {}): this {
    return this.drawn((out) => (options.generator ?? defaultGenerator).bernoulli(out, p));
  }
  /** Exponentially distributed numbers with this rate.
   *  @example tensor.zeros(1000).exponential_(2).mean().item() < 0.6 // -> true */
  exponential_(rate: number = 1, options: DrawOptions = {}): this {
    return this.drawn((out) => (options.generator ?? defaultGenerator).exponential(out, rate));
  }
}

/** The methods with an in-place form: `x.add_(1)` is `x.add(1)` written over x, for all of these. */
const IN_PLACE = {
  arithmetic: ["add", "sub", "mul", "div", "floorDivide", "remainder", "fmod", "pow", "clamp", "lerp"],
  sums: ["addcmul", "addcdiv", "addmm", "addmv", "baddbmm", "cumsum", "cumprod"],
  powers: ["square", "sqrt", "rsqrt", "reciprocal", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p"],
  functions: ["sin", "cos", "tan", "sinh", "cosh", "tanh", "sigmoid", "logit", "erf", "erfc", "relu"],
  inverses: ["asin", "acos", "atan", "asinh", "acosh", "atanh", "atan2"],
  bits: ["bitwiseAnd", "bitwiseOr", "bitwiseXor", "bitwiseNot", "bitwiseLeftShift", "bitwiseRightShift"],
  rounding: ["neg", "abs", "sign", "floor", "ceil", "round", "trunc", "frac", "nanToNum"],
  comparison: ["eq", "ne", "lt", "le", "gt", "ge", "logicalAnd", "logicalOr", "logicalXor", "logicalNot"],
  places: ["indexAdd", "indexCopy", "indexFill", "indexPut", "scatter", "scatterAdd", "maskedFill"],
  triangles: ["tril", "triu"],
} as const;

type InPlaceName = (typeof IN_PLACE)[keyof typeof IN_PLACE][number];

/** `add_`, `mul_`, ...: each does what the method without "_" does, writes the result over the tensor, and gives it back. */
export type InPlaceForms = {
  [K in keyof Pick<ProductMethods, InPlaceName> as `${K}_`]: ProductMethods[K] extends (
    ...args: infer A
  ) => Tensor
    ? (...args: A) => Tensor
    : never;
};

abstract class InPlaceMethods extends FillMethods {
  /** Takes the values of a result; a fraction does not fit into whole numbers. */
  become(name: string, result: Tensor): this {
    if (isFloat(result.dtype) && !isFloat(this.dtype)) {
      throw new TypeError(
        `${name}_: the result is ${result.dtype} and the tensor ${this.dtype}; convert it first, or use .${name}()`,
      );
    }
    return this.assign(result.node);
  }
}

for (const name of Object.values(IN_PLACE).flat()) {
  Object.defineProperty(InPlaceMethods.prototype, `${name}_`, {
    value(this: InPlaceMethods, ...args: readonly never[]): InPlaceMethods {
      const method = this[name] as (...args: readonly never[]) => Tensor;
      return this.become(name, method.apply(this, args as never[]));
    },
    writable: true,
    configurable: true,
  });
}

/** All methods of a tensor. */
export type AllMethods = FillMethods & InPlaceForms;
export const AllMethods: abstract new (storage: Storage, cut?: boolean) => AllMethods =
  InPlaceMethods as never;
