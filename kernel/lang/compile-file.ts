// Compiles a TypeScript file of the notebook's folder, where leaving out its types would not do.

import type { PositionTable } from "../protocol/threads.js";
import { splitSourceMap } from "./sourcemap.js";
import { typescript } from "./typescript.js";

/** JavaScript, and where its lines come from. */
export function compileFile(source: string, fileName: string): { code: string; positions: PositionTable } {
  const { outputText } = typescript.transpileModule(source, {
    fileName,
    compilerOptions: {
      target: typescript.ScriptTarget.ES2022,
      module: typescript.ModuleKind.ESNext,
      jsx: typescript.JsxEmit.React,
      experimentalDecorators: true,
      inlineSourceMap: true,
    },
  });
  const { code, mappings } = splitSourceMap(outputText);
  const rows = mappings.flatMap(({ line, column, sourceLine, sourceColumn }) => [
    line,
    column,
    sourceLine,
    sourceColumn,
  ]);
  return { code, positions: Int32Array.from(rows) };
}
