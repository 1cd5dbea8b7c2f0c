// Replacing parts of expression graphs. No code generation.

import { type Expr, inOrder, withChildren } from "../../graph/expr.js";

/** The graph below each root with accumulators replaced; shared parts stay shared. */
export function withAccumulator(roots: readonly Expr[], replacement: Expr): Expr[] {
  const done = new Map<Expr, Expr>();
  for (const expr of inOrder(roots)) {
    const of = (child: Expr): Expr => done.get(child)!;
    done.set(expr, expr.kind === "accumulator" ? replacement : withChildren(expr, of));
  }
  return roots.map((root) => done.get(root)!);
}
