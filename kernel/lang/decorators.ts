// Which kind of decorators a cell uses: those of the language's standard, `(value, context) => ...`, or TypeScript's older ones,
// `(target, key, descriptor) => ...`. TypeScript compiles one kind or the other, so the functions say which is meant.

import type ts from "@tslab/typescript-for-tslab";
import { typescript } from "./typescript.js";

/** Parameters that only a standard decorator has: of a type such as ClassMethodDecoratorContext, or called as in all examples. */
const STANDARD = /\bDecoratorContext\b|\bClass\w*DecoratorContext\b|[(,]\s*_?(?:context|ctx)\s*[:,)]/;

/** Whether a decorator in this cell is a function of the standard's kind, declared in the cell or in earlier ones. */
export function usesStandardDecorators(source: string, declarations: string): boolean {
  if (!source.includes("@")) return false;
  const cell = parsed(source);
  const used = decoratorNames(cell);
  if (used.size === 0) return false;
  const isMeant = (statement: ts.Statement): boolean =>
    declaredNames(statement).some((name) => used.has(name)) && STANDARD.test(statement.getText());
  return cell.statements.some(isMeant) || parsed(declarations).statements.some(isMeant);
}

function parsed(text: string): ts.SourceFile {
  return typescript.createSourceFile("cell.ts", text, typescript.ScriptTarget.Latest, true);
}

/** Names of the functions that decorators call: `@a`, `@b(1)`, `@c.d`. */
function decoratorNames(file: ts.SourceFile): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (typescript.isDecorator(node)) {
      let { expression }: { expression: ts.Expression } = node;
      while (typescript.isCallExpression(expression) || typescript.isPropertyAccessExpression(expression))
        ({ expression } = expression);
      names.add(expression.getText());
    }
    typescript.forEachChild(node, visit);
  };
  visit(file);
  return names;
}

function declaredNames(statement: ts.Statement): string[] {
  if (typescript.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  return typescript.isFunctionDeclaration(statement) ? [statement.name?.text ?? ""] : [];
}
