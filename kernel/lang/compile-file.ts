// Compiles a TypeScript file of the notebook's folder, where leaving out its types would not do.

import type { PositionTable } from "../protocol/threads.js";
import { splitSourceMap, tableOf } from "./sourcemap.js";
import { typescript } from "./typescript.js";

/** JavaScript, and where its lines come from; its source map, for the debugger, stands at the end of it. */
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
  return { code: outputText, positions: tableOf(splitSourceMap(outputText).mappings) };
}
