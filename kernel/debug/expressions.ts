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

/** A breakpoint's condition, which V8 evaluates where it is, without asking anybody. */
export function asCondition(expression: string): string {
  const value = `() => { try { return (${withoutTypes(expression)}); } finally { ${NOTEBOOK}.conceal(); } }`;
  return `(${NOTEBOOK}.expose(), (${value})())`;
}
