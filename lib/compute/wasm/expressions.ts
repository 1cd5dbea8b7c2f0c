// Walking expression graphs: children, order, substitution. No code generation.

import type { Expr } from "../../graph/expr.js";

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
