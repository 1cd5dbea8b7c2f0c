// What TypeScript 5.0.4 cannot read, or a cell has no use for, is written over before the compiler sees the cell, without
// moving a single character: `using` becomes `const` (and is put back afterwards), `export` and import attributes become blanks.

import type ts from "@tslab/typescript-for-tslab";
import { typescript } from "./typescript.js";

export interface PreparedCell {
  readonly text: string;
  /** Positions of declarations that were `using` or `await using`. */
  readonly using: ReadonlyMap<number, "using" | "await using">;
}

export function prepare(source: string): PreparedCell {
  const using = new Map<number, "using" | "await using">();
  if (!/\b(?:using|export|with|import)\b/.test(source)) return { text: source, using };
  const letters = source.split("");
  const overwrite = (start: number, end: number, text: string): void => {
    for (let at = start; at < end; at++) {
      if (letters[at] !== "\n") letters[at] = text[at - start] ?? " ";
    }
  };
  const file = typescript.createSourceFile("cell.ts", source, typescript.ScriptTarget.Latest, true);
  const visit = (node: ts.Node): void => {
    const statements = statementsOf(node);
    statements?.forEach((statement, index) => {
      const keyword = usingKeyword(statement);
      const next = statements[index + 1];
      if (keyword === undefined || next === undefined || !startsDeclaration(statement, next, source)) return;
      const start = statement.getStart();
      using.set(start, keyword);
      overwrite(start, statement.end, "const");
    });
    typescript.forEachChild(node, visit);
  };
  visit(file);
  for (const statement of file.statements) {
    const [start, end] = exportWords(statement);
    overwrite(start, end, "");
    if (typescript.isImportDeclaration(statement)) {
      const [attributes = ""] = /^\s*with\s*\{[^}]*\}/.exec(source.slice(statement.end)) ?? [];
      overwrite(statement.end, statement.end + attributes.length, "");
    } else if (typescript.isImportEqualsDeclaration(statement)) overwriteRequire(statement, overwrite);
  }
  return { text: letters.join(""), using };
}

function statementsOf(node: ts.Node): readonly ts.Statement[] | undefined {
  if (typescript.isSourceFile(node) || typescript.isBlock(node) || typescript.isCaseOrDefaultClause(node)) {
    return node.statements;
  }
  return undefined;
}

/** To this parser `using x = f()` is the expression `using` and then the assignment `x = f()`. */
function usingKeyword(statement: ts.Statement): "using" | "await using" | undefined {
  if (!typescript.isExpressionStatement(statement)) return undefined;
  const { expression } = statement;
  const isUsing = (node: ts.Node): boolean => typescript.isIdentifier(node) && node.text === "using";
  if (isUsing(expression)) return "using";
  if (typescript.isAwaitExpression(expression) && isUsing(expression.expression)) return "await using";
  return undefined;
}

function startsDeclaration(keyword: ts.Statement, next: ts.Statement, source: string): boolean {
  const between = source.slice(keyword.end, next.getStart());
  return keyword.end < next.getStart() && !/[\n;]/.test(between) && /^[\p{L}_$]/u.test(next.getText());
}

/** `import x = require("y")` becomes `import x from "y"`. */
function overwriteRequire(
  { name, moduleReference }: ts.ImportEqualsDeclaration,
  overwrite: (start: number, end: number, text: string) => void,
): void {
  if (!typescript.isExternalModuleReference(moduleReference)) return;
  const { expression, end } = moduleReference;
  overwrite(name.end, expression.getStart(), " from ");
  overwrite(expression.end, end, "");
}

/** The stretch of a statement that only says "exported". */
function exportWords(statement: ts.Statement): readonly [start: number, end: number] {
  if (typescript.isExportDeclaration(statement) && statement.moduleSpecifier === undefined) {
    return [statement.getStart(), statement.end];
  }
  if (typescript.isExportAssignment(statement) && statement.isExportEquals !== true) {
    return [statement.getStart(), statement.expression.getStart()];
  }
  const modifiers = typescript.canHaveModifiers(statement) ? typescript.getModifiers(statement) : undefined;
  const exported = modifiers?.find((m) => m.kind === typescript.SyntaxKind.ExportKeyword);
  if (exported === undefined) return [0, 0];
  const word = modifiers?.find((m) => m.kind === typescript.SyntaxKind.DefaultKeyword);
  return [exported.getStart(), (word ?? exported).end];
}
