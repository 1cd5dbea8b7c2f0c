// Whether a cell is complete, so that Enter in a console runs it, goes on in a new line, or shows the mistake.

import { createRequire } from "node:module";
import type { Completeness } from "../protocol/threads.js";
import { typescript } from "./typescript.js";

const require = createRequire(import.meta.url);

/** Unterminated string template, regular expression and comment: more text may end them. */
const UNTERMINATED = new Set([1160, 1161, 1010]);

export function isComplete(source: string): Completeness {
  const { isCompleteCode } = require("tslab/dist/converter.js") as typeof import("tslab/dist/converter.js");
  const { completed, indent } = isCompleteCode(source);
  if (!completed) return { status: "incomplete", indent: indent ?? "" };
  const file = typescript.createSourceFile("cell.ts", source, typescript.ScriptTarget.Latest);
  const { parseDiagnostics } = file as typeof file & { parseDiagnostics: readonly { code: number }[] };
  const [first] = parseDiagnostics;
  if (first === undefined) return { status: "complete" };
  return UNTERMINATED.has(first.code) ? { status: "incomplete", indent: "" } : { status: "invalid" };
}
