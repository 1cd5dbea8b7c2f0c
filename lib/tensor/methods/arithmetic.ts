// Methods that combine tensors element by element: arithmetic, whole-number division, extremes, interpolation. Operands are
// broadcast and promoted to a common type; a number takes the tensor's type where that can hold it.

import { isFloat } from "../../graph/dtype.js";
import type { Node } from "../../graph/node.js";
import * as ops from "../../graph/ops/index.js";
import { checkNames, tensorNode } from "../arguments.js";
import * as arithmetic from "../arithmetic.js";
import { roundedOnce } from "../half.js";
import type { Tensor } from "../tensor.js";
import { nodeOf, type Operand } from "../types.js";
import { ConversionMethods } from "./conversion.js";

export interface DivOptions {
  /** "trunc" rounds towards zero, "floor" down; null (the default) keeps the fraction. */
  roundingMode?: arithmetic.RoundingMode | null;
}

export interface AlphaOptions {
  /** What `other` is multiplied by first; 1. */
  alpha?: number;
}

interface Limits {
  min?: Operand | undefined;
  max?: Operand | undefined;
}

type ClampArguments = [options: Limits] | [min: Operand | null | undefined, max?: Operand | undefined];

export abstract class ArithmeticMethods extends ConversionMethods {
  protected binary(op: (a: Node, b: Node) => Node, other: Operand): Tensor {
    return this.wrap(roundedOnce(op, this.node, nodeOf(other, this.dtype, op)));
  }
  private scaled(other: Operand, alpha: number, called: string): Node {
    if (alpha === 1) return nodeOf(other, this.dtype, called);
    if (typeof other === "number") return nodeOf(other * alpha, this.dtype);
    return ops.mul(tensorNode(other, called), nodeOf(alpha, other.dtype));
  }

  /** this + alpha * other.
   *  @example tensor([1, 2]).add(10) // -> [11, 12] */
  add(other: Operand, options: AlphaOptions = {}): Tensor {
    return this.wrap(ops.add(this.node, this.scaled(other, options.alpha ?? 1, "add")));
  }
  /** this - alpha * other.
   *  @example tensor([1, 2]).sub(tensor([1, 1]), { alpha: 2 }) // -> [-1, 0] */
  sub(other: Operand, options: AlphaOptions = {}): Tensor {
    return this.wrap(ops.sub(this.node, this.scaled(other, options.alpha ?? 1, "sub")));
  }
  /** this * other, element by element; `matmul` is the matrix product.
   *  @example tensor([[1], [2]]).mul(tensor([3, 4])) // -> [[3, 4], [6, 8]] */
  mul(other: Operand): Tensor {
    return this.binary(ops.mul, other);
  }
  /** this / other. Without a rounding mode the result is float32, also for whole numbers.
   *  @example tensor([7, -7]).div(2, { roundingMode: "floor" }) // -> [3, -4] */
  div(other: Operand, options: DivOptions = {}): Tensor {
    const div = (a: Node, b: Node): Node => arithmetic.div(a, b, options.roundingMode ?? null);
    return this.binary(div, other);
  }
  /** this / other, rounded down; whole numbers stay whole.
   *  @example tensor([7, -7]).floorDivide(2) // -> [3, -4] */
  floorDivide(other: Operand): Tensor {
    return this.binary(ops.floorDiv, other);
  }
  /** The remainder with the sign of the divisor: Python's `%`.
   *  @example tensor([7, -7]).remainder(3) // -> [1, 2] */
  remainder(other: Operand): Tensor {
    return this.binary(ops.remainder, other);
  }
  /** The remainder with the sign of the dividend: JavaScript's `%`.
   *  @example tensor([7, -7]).fmod(3) // -> [1, -1] */
  fmod(other: Operand): Tensor {
    return this.binary(arithmetic.fmod, other);
  }
  /** this to the power of `exponent`.
   *  @example tensor([1, 2, 3]).pow(2) // -> [1, 4, 9] */
  pow(exponent: Operand): Tensor {
    const whole = !isFloat(this.dtype) && typeof exponent === "number" && Number.isInteger(exponent);
    if (whole && exponent < 0) {
      throw new RangeError(
        `pow: ${this.dtype} has no negative powers such as ${exponent}; convert with .float()`,
      );
    }
    const simple = typeof exponent === "number" && !whole ? POWERS.get(exponent) : undefined;
    if (simple === undefined) return this.binary(ops.pow, exponent);
    return this.wrap(roundedOnce(simple, isFloat(this.dtype) ? this.node : ops.cast(this.node, "float32")));
  }
  /** The larger of two elements; NaN where one of them is.
   *  @example tensor([1, 5]).maximum(tensor([3, 2])) // -> [3, 5] */
  maximum(other: Operand): Tensor {
    return this.binary(ops.maximum, other);
  }
  /** The smaller of two elements; NaN where one of them is.
   *  @example tensor([1, 5]).minimum(3) // -> [1, 3] */
  minimum(other: Operand): Tensor {
    return this.binary(ops.minimum, other);
  }
  /** The larger of two elements; where one is NaN, the other.
   *  @example tensor([1, NaN]).fmax(0) // -> [1, 0] */
  fmax(other: Operand): Tensor {
    return this.binary((a, b) => arithmetic.extremeIgnoringNan(ops.maximum, a, b), other);
  }
  /** The smaller of two elements; where one is NaN, the other.
   *  @example tensor([1, NaN]).fmin(3) // -> [1, 3] */
  fmin(other: Operand): Tensor {
    return this.binary((a, b) => arithmetic.extremeIgnoringNan(ops.minimum, a, b), other);
  }
  /** The angle of the point (other, this), from -pi to pi.
   *  @example tensor([1, 0]).atan2(tensor([1, -1])) // -> [0.7854, 3.1416] */
  atan2(other: Operand): Tensor {
    return this.binary(arithmetic.atan2, other);
  }
  /** The bits that are set in both, of whole numbers or bools.
   *  @example tensor([6], { dtype: "int32" }).bitwiseAnd(3) // -> [2] */
  bitwiseAnd(other: Operand): Tensor {
    return this.binary(ops.bitwiseAnd, other);
  }
  /** The bits that are set in one or both, of whole numbers or bools.
   *  @example tensor([6], { dtype: "int32" }).bitwiseOr(3) // -> [7] */
  bitwiseOr(other: Operand): Tensor {
    return this.binary(ops.bitwiseOr, other);
  }
  /** The bits that are set in exactly one, of whole numbers or bools.
   *  @example tensor([6], { dtype: "int32" }).bitwiseXor(3) // -> [5] */
  bitwiseXor(other: Operand): Tensor {
    return this.binary(ops.bitwiseXor, other);
  }
  /** Whole numbers with their bits moved up by `other` places: times 2^other.
   *  @example tensor([3], { dtype: "int32" }).bitwiseLeftShift(2) // -> [12] */
  bitwiseLeftShift(other: Operand): Tensor {
    return this.binary(ops.shiftLeft, other);
  }
  /** Whole numbers with their bits moved down by `other` places, the sign kept.
   *  @example tensor([12, -12], { dtype: "int32" }).bitwiseRightShift(2) // -> [3, -3] */
  bitwiseRightShift(other: Operand): Tensor {
    return this.binary(ops.shiftRight, other);
  }
  /** Limits the values to [min, max], numbers or tensors: `clamp(0, 1)`, `clamp({ min: 0 })`. The gradient is 1 inside and 0
   *  outside.
   *  @example tensor([-1, 0.5, 2]).clamp(0, 1) // -> [0, 0.5, 1] */
  clamp(...args: ClampArguments): Tensor {
    const [first, last] = args;
    const named = typeof first === "object" && first !== null && !("node" in first);
    const options: Limits = named ? first : { min: first ?? undefined, max: last };
    checkNames("clamp", options, ["min", "max"]);
    const bound = (value: Operand | undefined): Node | undefined =>
      value === undefined ? undefined : nodeOf(value, this.dtype, "clamp");
    const [min, max] = [bound(options.min), bound(options.max)];
    return this.wrap(roundedOnce((x) => arithmetic.clamp(x, min, max), this.node));
  }
  /** `clamp` by its other name.
   *  @example tensor([-1, 0.5, 2]).clip(0, 1) // -> [0, 0.5, 1] */
  clip(...args: ClampArguments): Tensor {
    return this.clamp(...args);
  }
  /** From this (weight 0) to `end` (weight 1) in a straight line.
   *  @example tensor([0, 10]).lerp(tensor([10, 20]), 0.25) // -> [2.5, 12.5] */
  lerp(end: Tensor, weight: Operand): Tensor {
    return this.wrap(roundedOnce(arithmetic.lerp, this.node, end.node, nodeOf(weight, this.dtype)));
  }
  /** this + value * a * b.
   *  @example tensor([1, 1]).addcmul(tensor([2, 3]), tensor([4, 5]), { value: 0.5 }) // -> [5, 8.5] */
  addcmul(a: Tensor, b: Tensor, options: { value?: number } = {}): Tensor {
    return this.add(this.wrap(ops.mul(a.node, b.node)), { alpha: options.value ?? 1 });
  }
  /** this + value * a / b.
   *  @example tensor([1, 1]).addcdiv(tensor([2, 3]), tensor([4, 5])) // -> [1.5, 1.6] */
  addcdiv(a: Tensor, b: Tensor, options: { value?: number } = {}): Tensor {
    return this.add(this.wrap(ops.div(a.node, b.node)), { alpha: options.value ?? 1 });
  }
}

/** Exponents with a cheaper form than the power function. */
const POWERS: ReadonlyMap<number, (x: Node) => Node> = new Map<number, (x: Node) => Node>([
  [1, ops.identity],
  [2, (x) => ops.mul(x, x)],
  [3, (x) => ops.mul(ops.mul(x, x), x)],
  [0.5, ops.sqrt],
  [-1, ops.reciprocal],
  [-0.5, ops.rsqrt],
]);
