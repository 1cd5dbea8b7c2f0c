// What TypeScript 5.0.4 cannot read, or a cell has no use for, is written over before the compiler sees the cell, without
// moving a single character: `using` becomes `const` (and is put back afterwards); `export`, import attributes and a first line
// that begins with `#!` become blanks.

import type ts from "@tslab/typescript-for-tslab";
import { typescript } from "./typescript.js";

export interface PreparedCell {
  readonly text: string;
  /** Positions of declarations that were `using` or `await using`. */
  readonly using: ReadonlyMap<number, "using" | "await using">;
}

export function prepare(source: string): PreparedCell {
  const using = new Map<number, "using" | "await using">();
  if (!/^#!|\b(?:using|export|with|import)\b/.test(source)) return { text: source, using };
  const letters = source.split("");
  const overwrite = (start: number, end: number, text: string): void => {
    for (let at = start; at < end; at++) {
      if (!/[\n\r]/.test(letters[at]!)) letters[at] = text[at - start] ?? " ";
    }
  };
  if (source.startsWith("#!")) overwrite(0, source.search(/\n|$/), "");
  // a loop's head with `using` confuses the parser about all that follows, so these come first, one by one
  let file = parse(letters.join(""));
  for (let head = usingHead(file); head !== undefined; head = usingHead(file)) {
    using.set(head.start, head.keyword);
    overwrite(head.start, head.end, "const");
    file = parse(letters.join(""));
  }
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

const parse = (text: string): ts.SourceFile =>
  typescript.createSourceFile("cell.ts", text, typescript.ScriptTarget.Latest, true);

/** The first `using` in the head of a loop: `for (using x of list)`. This parser takes it for an expression, and misses a `;`. */
function usingHead(
  root: ts.Node,
): { start: number; end: number; keyword: "using" | "await using" } | undefined {
  const visit = (node: ts.Node): ReturnType<typeof usingHead> => {
    const isLoop = typescript.isForStatement(node) || typescript.isForOfStatement(node);
    const head = isLoop ? node.initializer : undefined;
    const keyword = head !== undefined && !typescript.isVariableDeclarationList(head) && usingIn(head);
    if (head !== undefined && keyword && OF_NAME.test(root.getSourceFile().text.slice(head.end))) {
      return { start: head.getStart(), end: head.end, keyword };
    }
    return typescript.forEachChild(node, visit);
  };
  return visit(root);
}

const OF_NAME = /^\s+[\p{ID_Start}$_][\p{ID_Continue}$]*\s+of\b/u;

function statementsOf(node: ts.Node): readonly ts.Statement[] | undefined {
  if (typescript.isSourceFile(node) || typescript.isBlock(node) || typescript.isCaseOrDefaultClause(node)) {
    return node.statements;
  }
  return undefined;
}

/** To this parser `using x = f()` is the expression `using` and then the assignment `x = f()`. */
function usingKeyword(statement: ts.Statement): "using" | "await using" | undefined {
  return typescript.isExpressionStatement(statement) ? usingIn(statement.expression) : undefined;
}

function usingIn(expression: ts.Expression): "using" | "await using" | undefined {
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
