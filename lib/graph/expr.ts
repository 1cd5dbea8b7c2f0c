// Scalar expressions: what one kernel computes for one element. Operations lower to them, devices generate code from them.
// An expression is a DAG of plain objects: a subtree used twice is the same object and is to be evaluated once.

import type { DType } from "./dtype.js";

/** One operand in, one value out. `float32` unless noted; `neg`, `abs`, `sign` also take int32, `not` takes bool. */
export type UnaryOp =
  | "neg"
  | "abs"
  | "sign"
  | "exp"
  | "expm1"
  | "log"
  | "log1p"
  | "sqrt"
  | "rsqrt"
  | "reciprocal"
  | "sin"
  | "cos"
  | "atan"
  | "tanh"
  | "sigmoid"
  | "erf"
  | "floor"
  | "ceil"
  | "round" // half to even, as PyTorch
  | "not";

/** Two operands of one type. `max` and `min` propagate NaN. Integer `add`, `sub` and `mul` wrap, `div` and `mod` round down. */
export type ArithmeticOp = "add" | "sub" | "mul" | "div" | "pow" | "mod" | "max" | "min" | BitOp;
/** On the 32 bits of int32. Shifts are by the low 5 bits of the second operand; `ushr` fills with zeros. */
export type BitOp = "xor" | "shl" | "ushr";
/** Two operands of one type in, bool out; `and` and `or` take bools. */
export type LogicOp = "eq" | "ne" | "lt" | "le" | "gt" | "ge" | "and" | "or";
export type BinaryOp = ArithmeticOp | LogicOp;

/** An affine address over the loop indices: element `offset + sum(index[d] * strides[d])`, counted in elements. */
export interface View {
  readonly offset: number;
  readonly strides: readonly number[];
}

export type Expr =
  /** The element of plan buffer `buffer` at `view`; where `guard` is given and false, 0 without touching memory. */
  | {
      readonly kind: "load";
      readonly dtype: DType;
      readonly buffer: number;
      readonly view: View;
      readonly guard?: Expr;
    }
  /** Like load, at `view + index * stride`; `index` is an int32 expression known to be in bounds (see `check`). */
  | {
      readonly kind: "gather";
      readonly dtype: DType;
      readonly buffer: number;
      readonly view: View;
      readonly index: Expr;
      readonly stride: number;
    }
  /** `x` (int32) where 0 <= x < bound; otherwise 0, and the run reports fault number `fault` with the bad value. */
  | {
      readonly kind: "check";
      readonly dtype: "int32";
      readonly x: Expr;
      readonly bound: number;
      readonly fault: number;
    }
  /** The current index of loop dimension `dim`. */
  | { readonly kind: "index"; readonly dtype: "int32"; readonly dim: number }
  | { readonly kind: "const"; readonly dtype: DType; readonly value: number }
  /** Scalar number `index` of this run: learning rates, step counts, ... never part of a plan's key. */
  | { readonly kind: "arg"; readonly dtype: DType; readonly index: number }
  | { readonly kind: "unary"; readonly dtype: DType; readonly op: UnaryOp; readonly x: Expr }
  | {
      readonly kind: "binary";
      readonly dtype: DType;
      readonly op: BinaryOp;
      readonly a: Expr;
      readonly b: Expr;
    }
  | {
      readonly kind: "where";
      readonly dtype: DType;
      readonly condition: Expr;
      readonly a: Expr;
      readonly b: Expr;
    }
  /** float32 -> int32 truncates; anything -> bool is `!= 0`; bool -> number is 0 or 1. */
  | { readonly kind: "cast"; readonly dtype: DType; readonly x: Expr }
  /** Result number `index` of the kernel's reduction (or of a matmul: index 0); only in output expressions. */
  | { readonly kind: "accumulator"; readonly dtype: DType; readonly index: number };

/** The expressions an expression is made of. */
export function children(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case "load":
      return expr.guard === undefined ? [] : [expr.guard];
    case "gather":
      return [expr.index];
    case "check":
    case "unary":
    case "cast":
      return [expr.x];
    case "binary":
      return [expr.a, expr.b];
    case "where":
      return [expr.condition, expr.a, expr.b];
    default:
      return [];
  }
}

/** The same operation on other operands. */
export function withChildren(expr: Expr, of: (child: Expr) => Expr): Expr {
  switch (expr.kind) {
    case "load":
      return expr.guard === undefined ? expr : { ...expr, guard: of(expr.guard) };
    case "gather":
      return { ...expr, index: of(expr.index) };
    case "check":
    case "unary":
    case "cast":
      return { ...expr, x: of(expr.x) };
    case "binary":
      return { ...expr, a: of(expr.a), b: of(expr.b) };
    case "where":
      return { ...expr, condition: of(expr.condition), a: of(expr.a), b: of(expr.b) };
    default:
      return expr;
  }
}

/** Every node below `roots` once, operands before what uses them. */
export function inOrder(roots: readonly Expr[]): Expr[] {
  const seen = new Set<Expr>();
  const order: Expr[] = [];
  const visit = (expr: Expr): void => {
    if (seen.has(expr)) return;
    seen.add(expr);
    children(expr).forEach(visit);
    order.push(expr);
  };
  roots.forEach(visit);
  return order;
}
