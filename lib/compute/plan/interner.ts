// Makes equal expressions the same object, so that a kernel computes what it needs twice only once.

import { children, type Expr, withChildren } from "../../graph/expr.js";

export class Interner {
  private readonly known = new Map<string, Expr>();
  private readonly ids = new Map<Expr, number>();

  /** The one expression that is equal to `expr`, all the way down. */
  intern(expr: Expr): Expr {
    return this.canonical(expr, new Map());
  }

  private canonical(expr: Expr, done: Map<Expr, Expr>): Expr {
    if (this.ids.has(expr)) return expr;
    let one = done.get(expr);
    if (one === undefined) {
      one = this.enter(withChildren(expr, (child) => this.canonical(child, done)));
      done.set(expr, one);
    }
    return one;
  }

  /** A number of its own for each expression that has been interned. */
  id(expr: Expr): number {
    return this.ids.get(expr)!;
  }

  private enter(expr: Expr): Expr {
    const key = `${this.label(expr)}(${children(expr).map((child) => this.id(child))})`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    this.known.set(key, expr);
    this.ids.set(expr, this.ids.size);
    return expr;
  }

  /** All of an expression but what it is computed from. */
  private label(expr: Expr): string {
    const head = `${expr.kind} ${expr.dtype} `;
    switch (expr.kind) {
      case "load":
      case "gather": {
        const { offset, strides } = expr.view;
        return `${head}${expr.buffer} ${offset} ${strides} ${expr.kind === "gather" ? expr.stride : ""}`;
      }
      case "check":
        return `${head}${expr.bound} ${expr.fault}`;
      case "index":
        return head + expr.dim;
      case "const":
        return head + (Object.is(expr.value, -0) ? "-0" : expr.value);
      case "arg":
      case "accumulator":
        return head + expr.index;
      case "unary":
      case "binary":
        return head + expr.op;
      default:
        return head;
    }
  }
}
