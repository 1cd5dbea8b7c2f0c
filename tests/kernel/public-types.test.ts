// The library's public types as cells see them: through tslab's TypeScript 5.0.4, where a type that it does not know (a generic
// typed array, a newer built-in) would silently become `any` and switch all checking off.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { AMBIENT_FILE, AMBIENT_TEXT } from "@gradbook/kernel/lang/ambient";
import { typescript as ts } from "@gradbook/kernel/lang/typescript";
import { expect, test } from "vitest";

const index = fileURLToPath(import.meta.resolve("gradbook")).replace(/\.js$/, ".d.ts");
const folder = index.replace(/index\.d\.ts$/, "");
const nodeTypes = fileURLToPath(import.meta.resolve("@types/node/package.json"));

/** Kinds of type that are not `any` by accident: where it is written, and the inside of template literal types. */
const WRITTEN = new Set([ts.SyntaxKind.AnyKeyword, ts.SyntaxKind.TemplateLiteralTypeSpan]);

test("the public types compile with the cells' TypeScript, and none is any by accident", () => {
  const options = {
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
  host.getSourceFile = (file, version) => {
    const text = file === AMBIENT_FILE ? AMBIENT_TEXT : readFileSync(file, "utf8");
    return ts.createSourceFile(file, text, version);
  };
  const program = ts.createProgram([index, AMBIENT_FILE], options, host);
  const checker = program.getTypeChecker();
  const problems: string[] = [];
  for (const file of program.getSourceFiles()) {
    if (!file.fileName.startsWith(folder)) continue;
    const name = file.fileName.slice(folder.length);
    for (const found of program.getSemanticDiagnostics(file)) {
      problems.push(`${name}: ${ts.flattenDiagnosticMessageText(found.messageText, "\n")}`);
    }
    const visit = (node: import("@tslab/typescript-for-tslab").Node): void => {
      const judged = ts.isTypeNode(node) && !WRITTEN.has(node.kind);
      if (judged && (checker.getTypeFromTypeNode(node).flags & ts.TypeFlags.Any) !== 0) {
        problems.push(`${name}: ${node.getText(file)}`);
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
  expect(program.getSourceFiles().length).toBeGreaterThan(20);
  expect(problems).toEqual([]);
});
