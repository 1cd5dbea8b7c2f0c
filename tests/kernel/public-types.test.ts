// The library's public types as cells see them: through tslab's TypeScript 5.0.4, where a type that it does not know (a generic
// typed array, a newer built-in) would silently become `any` and switch all checking off.

import { typescript as ts } from "@gradbook/kernel/lang/typescript";
import { expect, test } from "vitest";
import { LIBRARY, openDeclarations } from "../../scripts/docs/declarations.ts";

/** Kinds of type that are not `any` by accident: where it is written, and the inside of template literal types. */
const WRITTEN = new Set([ts.SyntaxKind.AnyKeyword, ts.SyntaxKind.TemplateLiteralTypeSpan]);

test("the public types compile with the cells' TypeScript, and none is any by accident", () => {
  const program = openDeclarations();
  const checker = program.getTypeChecker();
  const problems: string[] = [];
  for (const file of program.getSourceFiles()) {
    if (!file.fileName.startsWith(LIBRARY)) continue;
    const name = file.fileName.slice(LIBRARY.length);
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
