// Expressions that users write for the debugger: TypeScript, in which the variables of other cells have their plain names.

import { stripTypeScriptTypes } from "node:module";

/** What compiled cells can see of the notebook's variables: see run/notebook-variables.ts. */
export const NOTEBOOK = "__gbNotebook";

/** JavaScript of the same length; what cannot be read stays as it is, for V8 to say what is wrong. */
export function withoutTypes(expression: string): string {
  try {
    return stripTypeScriptTypes(expression);
  } catch {
    return expression;
  }
}

/** A condition that prints a text and never holds. Expressions stand in braces: `step {step}: {loss.item()}`. */
export function asLog(message: string, condition = "true"): string {
  const parts = message.split(/\{([^{}]*)\}/);
  const text = parts.map((part, i) => (i % 2 === 0 ? part.replaceAll("%", "%%") : "%s")).join("");
  const values = parts.filter((_, i) => i % 2 === 1).map((part) => `, (${part})`);
  return asCondition(`((${condition}) && console.log(${JSON.stringify(text)}${values.join("")}), false)`);
}

/** A breakpoint's condition, which V8 evaluates where it is, without asking anybody. */
export function asCondition(expression: string): string {
  const value = `() => { try { return (${withoutTypes(expression)}); } finally { ${NOTEBOOK}.conceal(); } }`;
  return `(${NOTEBOOK}.expose(), (${value})())`;
}
