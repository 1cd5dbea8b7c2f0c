// Which declaration a name means at a place of a cell, as far as that can be seen from the syntax.

import type ts from "@tslab/typescript-for-tslab";
import { typescript } from "./typescript.js";

export type Declaration = ts.VariableDeclaration | ts.ParameterDeclaration;

/** The nearest variable or parameter around a node that has this name. */
export function declarationOf(name: string, at: ts.Node): Declaration | undefined {
  for (let node = at.parent; node !== undefined; node = node.parent) {
    const found = declarationsIn(node).find((one) => boundNames(one.name).includes(name));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What a node declares in its head, or by its statements. */
function declarationsIn(node: ts.Node): readonly Declaration[] {
  if (typescript.isFunctionLike(node)) return node.parameters;
  if (typescript.isCatchClause(node)) return node.variableDeclaration ? [node.variableDeclaration] : [];
  if (
    typescript.isForStatement(node) ||
    typescript.isForOfStatement(node) ||
    typescript.isForInStatement(node)
  ) {
    const head = node.initializer;
    return head !== undefined && typescript.isVariableDeclarationList(head) ? head.declarations : [];
  }
  if (!typescript.isBlock(node) && !typescript.isSourceFile(node) && !typescript.isCaseOrDefaultClause(node))
    return [];
  return node.statements.flatMap((one) =>
    typescript.isVariableStatement(one) ? one.declarationList.declarations : [],
  );
}

/** The names that a declaration's name or pattern declares. */
export function boundNames(name: ts.BindingName): string[] {
  if (typescript.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((e) => (typescript.isOmittedExpression(e) ? [] : boundNames(e.name)));
}

export const isConstant = (declaration: Declaration): boolean =>
  (declaration.parent.flags & typescript.NodeFlags.Const) !== 0;
