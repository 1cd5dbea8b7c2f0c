// What the compiler finds in a cell: what stops it, what is only a warning, and what is no concern of a notebook.

import type ts from "@tslab/typescript-for-tslab";
import type { Diagnostic } from "../protocol/threads.js";
import { classHabits } from "./class-habits.js";
import { isName } from "./counted-loops.js";
import { declarationOf } from "./declarations.js";
import { tensorTraps } from "./tensor-traps.js";
import { typescript } from "./typescript.js";

const { SyntaxKind } = typescript;

/** Complaints about top-level `await` and `for await`, which a cell may have. */
const TOP_LEVEL_AWAIT = new Set([1103, 1308, 1378, 1432]);
/** Found by the checker, but JavaScript refuses to compile them all the same. */
const REFUSED = new Set([1101, 1103, 1108, 1163, 1308, 2451]);
/** "implicitly has type any" and the like: strictness for libraries, not for a notebook. */
const IMPLICIT_ANY = (code: number): boolean => code >= 7005 && code <= 7056;

/** "'x' is possibly 'null'", or 'undefined', or both; "Object is possibly ..." */
const PERHAPS_MISSING = new Set([2531, 2532, 2533, 18047, 18048, 18049]);

/** "Did you forget to use 'await'?", beside what is missing in a Promise. */
const FORGOT_AWAIT = 2773;

export interface Found {
  readonly errors: Diagnostic[];
  readonly warnings: Diagnostic[];
}

/** The compiler's view of the cell; lines count from 0 in the cell, after the one line that tslab puts first. `modules`: names of
 *  modules by their files. */
export function findings(
  program: ts.Program,
  file: ts.SourceFile,
  prefixLines: number,
  modules: ReadonlyMap<string, string>,
): Found {
  const inCell = (found: ts.Diagnostic): Diagnostic => diagnosticInCell(found, file, prefixLines, modules);
  const errors: Diagnostic[] = [];
  const warnings: Diagnostic[] = [];
  for (const found of program.getSyntacticDiagnostics(file)) {
    if (!isTopLevelAwait(found, file)) errors.push(inCell(found));
  }
  if (errors.length > 0) return { errors, warnings };
  for (const found of program.getSemanticDiagnostics(file)) {
    if (found.category !== typescript.DiagnosticCategory.Error) continue;
    if (isTopLevelAwait(found, file) || IMPLICIT_ANY(found.code)) continue;
    (REFUSED.has(found.code) ? errors : warnings).push(inCell(found));
  }
  for (const { node, message } of [...tensorTraps(program.getTypeChecker(), file), ...classHabits(file)]) {
    const start = node.getStart(file);
    warnings.push({ ...placeInCell(file, start, prefixLines), code: 0, message, length: node.end - start });
  }
  return { errors, warnings };
}

/** Says of each `exports.name = value` that it declares nothing, and what does. */
export function exportsAssigned(file: ts.SourceFile): Diagnostic[] {
  const names = file.statements.flatMap((statement) => {
    if (!typescript.isExpressionStatement(statement) || !typescript.isBinaryExpression(statement.expression))
      return [];
    const { left, operatorToken } = statement.expression;
    const isExport =
      operatorToken.kind === SyntaxKind.EqualsToken &&
      typescript.isPropertyAccessExpression(left) &&
      isName(left.expression, "exports") &&
      declarationOf("exports", left) === undefined;
    return isExport ? [left.name.text] : [];
  });
  return [...new Set(names)].map((name) => {
    const message = `Nothing reads 'exports.${name}'. Write 'const ${name} = ...', and later cells can use ${name}.`;
    return { code: 0, message, line: 0, column: 0, length: 0 };
  });
}

function diagnosticInCell(
  found: ts.Diagnostic,
  file: ts.SourceFile,
  prefixLines: number,
  modules: ReadonlyMap<string, string>,
): Diagnostic {
  const texts = [found, ...(found.relatedInformation ?? []).filter(({ code }) => code === FORGOT_AWAIT)];
  const text = texts
    .map(({ messageText }) => shortened(typescript.flattenDiagnosticMessageText(messageText, "\n")))
    .join(" ");
  // files of the library are no concern of a notebook's author
  const message = [...modules].reduce(
    (all, [path, name]) => all.replaceAll(`import("${path}`, `import("${name}`),
    text,
  );
  const { code, start = 0, length = 0 } = found;
  const remedy = PERHAPS_MISSING.has(code) ? missingRemedy(file.text.slice(start, start + length)) : "";
  return { ...placeInCell(file, start, prefixLines), code, message: message + remedy, length };
}

/** What to write where something may be missing; `text` is what. */
function missingRemedy(text: string): string {
  return ` Ask first, with if (${text}) or ${text}?., or write ${text}! where you know that it is there.`;
}

function placeInCell(
  file: ts.SourceFile,
  position: number,
  prefixLines: number,
): Pick<Diagnostic, "line" | "column"> {
  const { line, character } = file.getLineAndCharacterOfPosition(position);
  return { line: line - prefixLines, column: character };
}

/** Of a long chain of reasons the complaint, and the last two: where, and the cause. The compiler may need nine lines. */
function shortened(message: string): string {
  const [first, ...reasons] = message.split("\n").map((line) => line.trim());
  return [first, ...reasons.slice(-2)].join("\n  ");
}

function isTopLevelAwait(found: ts.Diagnostic, file: ts.SourceFile): boolean {
  if (!TOP_LEVEL_AWAIT.has(found.code)) return false;
  let node = innermost(file, found.start ?? 0);
  for (; node !== file; node = node.parent) {
    if (typescript.isFunctionLike(node) || node.kind === SyntaxKind.ClassStaticBlockDeclaration) return false;
  }
  return true;
}

function innermost(file: ts.SourceFile, position: number): ts.Node {
  const visit = (node: ts.Node): ts.Node =>
    typescript.forEachChild(node, (child) =>
      position >= child.getStart(file) && position < child.end ? visit(child) : undefined,
    ) ?? node;
  return visit(file);
}
