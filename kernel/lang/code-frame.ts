// Pictures of a place in a cell: the line, and a caret under it; and what the compiler says, with such a picture.

import type { ErrorContent } from "../protocol/messages.js";
import type { Compiled, Diagnostic } from "../protocol/threads.js";
import { insteadOfLines, insteadOfName } from "./habits.js";

export const DIM = (text: string): string => `\u001b[2m${text}\u001b[22m`;
export const RED = (text: string): string => `\u001b[31m${text}\u001b[39m`;

/** The line (from 0) with its number, and carets under `length` characters from `column`. */
export function codeFrame(source: string, line: number, column: number, length = 1): string {
  const text = source.split("\n")[line];
  if (text === undefined) return "";
  const number = String(line + 1);
  const indent = text.slice(0, column).replace(/[^\t]/g, " ");
  const carets = "^".repeat(Math.max(1, Math.min(length, text.length - column)));
  return `  ${number} | ${text}\n  ${" ".repeat(number.length)} | ${indent}${carets}`;
}

/** A diagnostic in one compact paragraph. */
export function diagnosticText(
  cell: { name: string; source: string },
  diagnostic: Diagnostic,
  kind: "error" | "warning",
): string {
  const { code, message, line, column, length } = diagnostic;
  if (length === 0 && code === 0) return `${cell.name} ${kind}: ${message}`;
  const place = `${cell.name}:${line + 1}:${column + 1}`;
  const frame = codeFrame(cell.source, line, column, length);
  const label = code === 0 ? kind : `${kind} TS${code}`;
  return `${place} ${label}: ${message}${frame === "" ? "" : `\n${frame}`}`;
}

const UNKNOWN_NAME = /^Cannot find name '(\w+)'/;

/** What stops a cell before it runs. */
export function refusal(
  cell: { name: string; source: string },
  { ename, errors }: Extract<Compiled, { ok: false }>,
): ErrorContent {
  const evalue = errors[0]?.message ?? "The cell is not valid TypeScript.";
  const places = errors.map((d) => diagnosticText(cell, d, "error"));
  const remedies: string[] = [];
  if (ename === "TypeCheckError") remedies.push("The comment // @type-errors warn lets such cells run.");
  const instead =
    ename === "SyntaxError"
      ? insteadOfLines(cell.source)
      : insteadOfName(UNKNOWN_NAME.exec(evalue)?.[1] ?? "");
  if (instead !== undefined) remedies.push(instead);
  return { ename, evalue, traceback: [`${RED(ename)}: ${evalue}`, ...places, ...remedies.map(DIM)] };
}
