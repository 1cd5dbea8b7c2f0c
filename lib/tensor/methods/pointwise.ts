// Methods that map each element to a new one. Functions with fractional values turn whole numbers into float32.

import type { Node } from "../../graph/node.js";
import * as ops from "../../graph/ops/index.js";
import { checkNames } from "../arguments.js";
import * as arithmetic from "../arithmetic.js";
import { roundedOnce } from "../half.js";
import { logSoftmax, softmax } from "../softmax.js";
import type { Tensor } from "../tensor.js";
import { dimOf, type OneDim } from "../types.js";
import { ArithmeticMethods } from "./arithmetic.js";

export abstract class PointwiseMethods extends ArithmeticMethods {
  private unary(op: (x: Node) => Node): Tensor {
    return this.wrap(roundedOnce(op, this.node));
  }

  /** -x.
   *  @example tensor([1, -2]).neg() // -> [-1, 2] */
  neg(): Tensor {
    return this.unary(ops.neg);
  }
  /** |x|; the derivative at 0 is 0.
   *  @example tensor([1, -2]).abs() // -> [1, 2] */
  abs(): Tensor {
    return this.unary(ops.abs);
  }
  /** -1, 0 or 1.
   *  @example tensor([3, 0, -2]).sign() // -> [1, 0, -1] */
  sign(): Tensor {
    return this.unary(ops.sign);
  }
  /** x squared.
   *  @example tensor([3, -2]).square() // -> [9, 4] */
  square(): Tensor {
    return this.unary((x) => ops.mul(x, x));
  }
  /** The square root; NaN below 0.
   *  @example tensor([4, 9]).sqrt() // -> [2, 3] */
  sqrt(): Tensor {
    return this.unary(ops.sqrt);
  }
  /** 1 / sqrt(x).
   *  @example tensor([4, 16]).rsqrt() // -> [0.5, 0.25] */
  rsqrt(): Tensor {
    return this.unary(ops.rsqrt);
  }
  /** 1 / x.
   *  @example tensor([4, -2]).reciprocal() // -> [0.25, -0.5] */
  reciprocal(): Tensor {
    return this.unary(ops.reciprocal);
  }
  /** e to the power of x.
   *  @example tensor([0, 1]).exp() // -> [1, 2.71828] */
  exp(): Tensor {
    return this.unary(ops.exp);
  }
  /** 2 to the power of x.
   *  @example tensor([0, 3]).exp2() // -> [1, 8] */
  exp2(): Tensor {
    return this.unary(arithmetic.exp2);
  }
  /** exp(x) - 1, exact for small x.
   *  @example tensor([0, 1]).expm1() // -> [0, 1.71828] */
  expm1(): Tensor {
    return this.unary(ops.expm1);
  }
  /** The natural logarithm.
   *  @example tensor([1, 10]).log() // -> [0, 2.30259] */
  log(): Tensor {
    return this.unary(ops.log);
  }
  /** The logarithm to base 2.
   *  @example tensor([1, 8]).log2() // -> [0, 3] */
  log2(): Tensor {
    return this.unary(arithmetic.log2);
  }
  /** The logarithm to base 10.
   *  @example tensor([1, 1000]).log10() // -> [0, 3] */
  log10(): Tensor {
    return this.unary(arithmetic.log10);
  }
  /** log(1 + x), exact for small x.
   *  @example tensor([0, 1]).log1p() // -> [0, 0.69315] */
  log1p(): Tensor {
    return this.unary(ops.log1p);
  }
  /** log(x / (1 - x)), the inverse of sigmoid; x is limited to [eps, 1 - eps] where eps is given.
   *  @example tensor([0.5, 0.9]).logit() // -> [0, 2.1972] */
  logit(options: { eps?: number } = {}): Tensor {
    return this.unary((x) => arithmetic.logit(x, options.eps));
  }
  /** The sine of x in radians.
   *  @example tensor([0, Math.PI / 2]).sin() // -> [0, 1] */
  sin(): Tensor {
    return this.unary(ops.sin);
  }
  /** The cosine of x in radians.
   *  @example tensor([0, Math.PI]).cos() // -> [1, -1] */
  cos(): Tensor {
    return this.unary(ops.cos);
  }
  /** The tangent of x in radians.
   *  @example tensor([0, Math.PI / 4]).tan() // -> [0, 1] */
  tan(): Tensor {
    return this.unary(arithmetic.tan);
  }
  /** The angle whose sine is x, from -pi/2 to pi/2.
   *  @example tensor([0, 1]).asin() // -> [0, 1.5708] */
  asin(): Tensor {
    return this.unary(arithmetic.asin);
  }
  /** The angle whose cosine is x, from 0 to pi.
   *  @example tensor([1, -1]).acos() // -> [0, 3.1416] */
  acos(): Tensor {
    return this.unary(arithmetic.acos);
  }
  /** The angle whose tangent is x, from -pi/2 to pi/2.
   *  @example tensor([0, 1]).atan() // -> [0, 0.7854] */
  atan(): Tensor {
    return this.unary(ops.atan);
  }
  /** The inverse of sinh.
   *  @example tensor([0, 1]).asinh() // -> [0, 0.88137] */
  asinh(): Tensor {
    return this.unary(arithmetic.asinh);
  }
  /** The inverse of cosh, for x >= 1.
   *  @example tensor([1, 2]).acosh() // -> [0, 1.31696] */
  acosh(): Tensor {
    return this.unary(arithmetic.acosh);
  }
  /** The inverse of tanh, for x from -1 to 1.
   *  @example tensor([0, 0.5]).atanh() // -> [0, 0.54931] */
  atanh(): Tensor {
    return this.unary(arithmetic.atanh);
  }
  /** The hyperbolic sine, (e^x - e^-x) / 2.
   *  @example tensor([0, 1]).sinh() // -> [0, 1.1752] */
  sinh(): Tensor {
    return this.unary(arithmetic.sinh);
  }
  /** The hyperbolic cosine, (e^x + e^-x) / 2.
   *  @example tensor([0, 1]).cosh() // -> [1, 1.5431] */
  cosh(): Tensor {
    return this.unary(arithmetic.cosh);
  }
  /** The hyperbolic tangent.
   *  @example tensor([0, 1]).tanh() // -> [0, 0.76159] */
  tanh(): Tensor {
    return this.unary(ops.tanh);
  }
  /** 1 / (1 + e^-x).
   *  @example tensor([0, 2]).sigmoid() // -> [0.5, 0.8808] */
  sigmoid(): Tensor {
    return this.unary(ops.sigmoid);
  }
  /** The error function, 2/sqrt(pi) times the integral of e^(-t^2) from 0 to x.
   *  @example tensor([0, 1]).erf() // -> [0, 0.8427] */
  erf(): Tensor {
    return this.unary(ops.erf);
  }
  /** 1 - erf(x).
   *  @example tensor([0, 1]).erfc() // -> [1, 0.1573] */
  erfc(): Tensor {
    return this.unary(arithmetic.erfc);
  }
  /** max(x, 0); the derivative at 0 is 0.
   *  @example tensor([-1, 2]).relu() // -> [0, 2] */
  relu(): Tensor {
    return this.unary(ops.relu);
  }
  /** exp(x) over its sum along `dim`.
   *  @example tensor([0, 0]).softmax(0) // -> [0.5, 0.5] */
  softmax(dim: OneDim): Tensor {
    return this.unary((x) => softmax(x, dimOf(dim, "softmax")));
  }
  /** log(softmax(x)) along `dim`, without overflow.
   *  @example tensor([0, 0]).logSoftmax(0) // -> [-0.6931, -0.6931] */
  logSoftmax(dim: OneDim): Tensor {
    return this.unary((x) => logSoftmax(x, dimOf(dim, "logSoftmax")));
  }
  /** Rounded down.
   *  @example tensor([1.7, -1.2]).floor() // -> [1, -2] */
  floor(): Tensor {
    return this.unary(ops.floor);
  }
  /** Rounded up.
   *  @example tensor([1.2, -1.7]).ceil() // -> [2, -1] */
  ceil(): Tensor {
    return this.unary(ops.ceil);
  }
  /** To the nearest whole number, or to `decimals` places after the point; halves go to the even digit.
   *  @example tensor([0.5, 1.5, -1.7]).round() // -> [0, 2, -2] */
  round(options: { decimals?: number } = {}): Tensor {
    return this.unary((x) => arithmetic.round(x, options.decimals ?? 0));
  }
  /** Rounded towards zero.
   *  @example tensor([1.7, -1.7]).trunc() // -> [1, -1] */
  trunc(): Tensor {
    return this.unary(arithmetic.trunc);
  }
  /** What is left after the point, with the sign of x.
   *  @example tensor([1.5, -1.25]).frac() // -> [0.5, -0.25] */
  frac(): Tensor {
    return this.unary(arithmetic.frac);
  }
  /** Whole numbers with all bits turned over; bools negated.
   *  @example tensor([0, 5], { dtype: "int32" }).bitwiseNot() // -> [-1, -6] */
  bitwiseNot(): Tensor {
    return this.unary(ops.bitwiseNot);
  }
  /** True where x is NaN.
   *  @example tensor([1, NaN]).isnan() // -> tensor([False,  True]) */
  isnan(): Tensor {
    return this.unary(ops.isNan);
  }
  /** True where x is infinite.
   *  @example tensor([1, -Infinity]).isinf() // -> tensor([False,  True]) */
  isinf(): Tensor {
    return this.unary(arithmetic.isInfinite);
  }
  /** True where x is neither NaN nor infinite.
   *  @example tensor([1, NaN]).isfinite() // -> tensor([ True, False]) */
  isfinite(): Tensor {
    return this.unary(arithmetic.isFiniteNumber);
  }
  /** NaN, Infinity and -Infinity replaced, by 0 and the largest numbers if nothing else is said.
   *  @example tensor([NaN, Infinity]).nanToNum({ posinf: 9 }) // -> [0, 9] */
  nanToNum(options: { nan?: number; posinf?: number; neginf?: number } = {}): Tensor {
    checkNames("nanToNum", options, ["nan", "posinf", "neginf"]);
    const { nan, posinf, neginf } = options;
    return this.unary((x) => arithmetic.nanToNum(x, nan, posinf, neginf));
  }
}
