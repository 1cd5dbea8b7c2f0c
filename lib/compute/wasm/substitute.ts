// Replacing parts of expression graphs. No code generation.

import { type Expr, inOrder } from "../../graph/expr.js";

/** The graph below each root with accumulators replaced; shared parts stay shared. */
export function withAccumulator(roots: readonly Expr[], replacement: Expr): Expr[] {
  const done = new Map<Expr, Expr>();
  for (const expr of inOrder(roots)) {
    const of = (child: Expr): Expr => done.get(child)!;
    done.set(expr, expr.kind === "accumulator" ? replacement : rebuilt(expr, of));
  }
  return roots.map((root) => done.get(root)!);
}

function rebuilt(expr: Expr, of: (child: Expr) => Expr): Expr {
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
