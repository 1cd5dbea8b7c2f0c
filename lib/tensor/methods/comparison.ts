// Methods that compare: element by element, with bools as the result, or as a whole, with a boolean.

import { withGradModeNow } from "../../graph/node.js";
import * as ops from "../../graph/ops/index.js";
import { sameShape } from "../../graph/shape.js";
import * as arithmetic from "../arithmetic.js";
import { anyAll } from "../reductions.js";
import type { Tensor } from "../tensor.js";
import type { Operand } from "../types.js";
import { PointwiseMethods } from "./pointwise.js";

export interface CloseOptions {
  /** Relative tolerance, of |other|; 1e-5. */
  rtol?: number;
  /** Absolute tolerance; 1e-8. */
  atol?: number;
  /** Whether NaN is close to NaN; false. */
  equalNan?: boolean;
}

export abstract class ComparisonMethods extends PointwiseMethods {
  /** True where equal.
   *  @example tensor([1, 2]).eq(2) // -> tensor([False,  True]) */
  eq(other: Operand): Tensor {
    return this.binary(ops.eq, other);
  }
  /** True where not equal.
   *  @example tensor([1, 2]).ne(2) // -> tensor([ True, False]) */
  ne(other: Operand): Tensor {
    return this.binary(ops.ne, other);
  }
  /** True where smaller.
   *  @example tensor([1, 2]).lt(2) // -> tensor([ True, False]) */
  lt(other: Operand): Tensor {
    return this.binary(ops.lt, other);
  }
  /** True where smaller or equal.
   *  @example tensor([1, 2]).le(2) // -> tensor([True, True]) */
  le(other: Operand): Tensor {
    return this.binary(ops.le, other);
  }
  /** True where larger.
   *  @example tensor([1, 2]).gt(1) // -> tensor([False,  True]) */
  gt(other: Operand): Tensor {
    return this.binary(ops.gt, other);
  }
  /** True where larger or equal.
   *  @example tensor([1, 2]).ge(1) // -> tensor([True, True]) */
  ge(other: Operand): Tensor {
    return this.binary(ops.ge, other);
  }
  /** True where both are not 0.
   *  @example tensor([0, 1]).logicalAnd(tensor([1, 1])) // -> tensor([False,  True]) */
  logicalAnd(other: Operand): Tensor {
    return this.binary(ops.logicalAnd, other);
  }
  /** True where at least one is not 0.
   *  @example tensor([0, 1]).logicalOr(tensor([0, 0])) // -> tensor([False,  True]) */
  logicalOr(other: Operand): Tensor {
    return this.binary(ops.logicalOr, other);
  }
  /** True where exactly one is not 0.
   *  @example tensor([0, 1]).logicalXor(tensor([1, 1])) // -> tensor([ True, False]) */
  logicalXor(other: Operand): Tensor {
    return this.binary((a, b) => ops.ne(ops.cast(a, "bool"), ops.cast(b, "bool")), other);
  }
  /** True where the element is 0 or false.
   *  @example tensor([0, 1]).logicalNot() // -> tensor([ True, False]) */
  logicalNot(): Tensor {
    return this.wrap(ops.logicalNot(this.node));
  }
  /** True where |this - other| <= atol + rtol * |other|.
   *  @example tensor([1, 2]).isclose(tensor([1.000001, 2.1])) // -> tensor([ True, False]) */
  isclose(other: Tensor, options: CloseOptions = {}): Tensor {
    const { rtol = 1e-5, atol = 1e-8, equalNan = false } = options;
    return this.wrap(arithmetic.isClose(this.node, other.node, rtol, atol, equalNan));
  }
  /** Whether all elements are close (see `isclose`). Waits.
   *  @example tensor([1, 2]).allclose(tensor([1.000001, 2])) // -> true */
  allclose(other: Tensor, options: CloseOptions = {}): boolean {
    const close = this.isclose(other, options);
    return this.wrap(anyAll("all", close.node)).item() !== 0;
  }
  /** Whether shape and all elements are equal. Waits.
   *  @example tensor([1, 2]).equal(tensor([1, 3])) // -> false */
  equal(other: Tensor): boolean {
    if (!sameShape(this.shape, other.shape)) return false;
    const equal = withGradModeNow(false, () => anyAll("all", ops.eq(this.node, other.node)));
    return this.wrap(equal).item() !== 0;
  }
}
