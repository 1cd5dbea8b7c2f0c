// The library's declarations as cells see them: read by the compiler that cells use.

import { fileURLToPath } from "node:url";
import { AMBIENT_FILE, AMBIENT_TEXT } from "@gradbook/kernel/lang/ambient";
import { typescript as ts } from "@gradbook/kernel/lang/typescript";
import type TS from "@tslab/typescript-for-tslab";

/** The file that a program starts from, and its folder. */
export const INDEX: string = fileURLToPath(import.meta.resolve("gradbook")).replace(/\.js$/, ".d.ts");
export const LIBRARY: string = INDEX.replace(/index\.d\.ts$/, "");

/** The library's declarations, as a program of the cells' compiler. */
export function openDeclarations(): TS.Program {
  const nodeTypes = fileURLToPath(import.meta.resolve("@types/node/package.json"));
  const options: TS.CompilerOptions = {
    strict: true,
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.esnext.d.ts"],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    types: ["node"],
    typeRoots: [nodeTypes.replace(/[\\/]node[\\/]package\.json$/, "")],
  };
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  host.readFile = (file) => (file === AMBIENT_FILE ? AMBIENT_TEXT : readFile(file));
  host.fileExists = (file) => file === AMBIENT_FILE || fileExists(file);
  return ts.createProgram([INDEX, AMBIENT_FILE], options, host);
}
