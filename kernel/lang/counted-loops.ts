// Loops that count: `for (let i = A; i < N; i++)`, where the body leaves the counter alone. How many turns such a loop takes is
// known before its first one, if its bound does not change.

import type ts from "@tslab/typescript-for-tslab";
import { typescript } from "./typescript.js";

const { SyntaxKind } = typescript;

export interface CountedLoop {
  /** The counter. */
  readonly name: string;
  readonly declarations: ts.VariableDeclarationList;
  /** Where it begins. */
  readonly start: ts.Expression;
  readonly condition: ts.Expression;
  readonly comparison: "<" | "<=";
  readonly bound: ts.Expression;
  readonly incrementor: ts.Expression;
  readonly statement: ts.Statement;
}

/** The parts of a loop that counts up by one, from the first variable it declares; undefined for all others. */
export function countedLoop({
  initializer,
  condition,
  incrementor,
  statement,
}: ts.ForStatement): CountedLoop | undefined {
  if (initializer === undefined || !typescript.isVariableDeclarationList(initializer)) return undefined;
  const [counter] = initializer.declarations;
  if (counter?.initializer === undefined || !typescript.isIdentifier(counter.name)) return undefined;
  if (condition === undefined || !typescript.isBinaryExpression(condition)) return undefined;
  const name = counter.name.text;
  const comparison = condition.operatorToken.getText();
  if (comparison !== "<" && comparison !== "<=") return undefined;
  if (!isName(condition.left, name) || incrementor === undefined || !countsUp(incrementor, name))
    return undefined;
  if (assignedNames(statement).has(name)) return undefined;
  return {
    name,
    declarations: initializer,
    start: counter.initializer,
    condition,
    comparison,
    bound: condition.right,
    incrementor,
    statement,
  };
}

function countsUp(incrementor: ts.Expression, name: string): boolean {
  return (
    (typescript.isPrefixUnaryExpression(incrementor) || typescript.isPostfixUnaryExpression(incrementor)) &&
    incrementor.operator === SyntaxKind.PlusPlusToken &&
    isName(incrementor.operand, name)
  );
}

/** The names that are assigned somewhere below a node: as a target, an operand of `++`, a part of a pattern, or as
 *  `var`, which may be passed many times. */
export function assignedNames(root: ts.Node): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    for (const target of targetsOf(node)) addTargets(target, names);
    typescript.forEachChild(node, visit);
  };
  visit(root);
  return names;
}

function targetsOf(node: ts.Node): ts.Node[] {
  if (typescript.isBinaryExpression(node)) {
    const { kind } = node.operatorToken;
    return kind >= SyntaxKind.FirstAssignment && kind <= SyntaxKind.LastAssignment ? [node.left] : [];
  }
  if (typescript.isVariableDeclaration(node)) {
    const again = (node.parent.flags & typescript.NodeFlags.BlockScoped) === 0;
    return again && node.initializer !== undefined ? [node.name] : [];
  }
  if (typescript.isPrefixUnaryExpression(node) || typescript.isPostfixUnaryExpression(node)) {
    const steps = node.operator === SyntaxKind.PlusPlusToken || node.operator === SyntaxKind.MinusMinusToken;
    return steps ? [node.operand] : [];
  }
  const each = typescript.isForOfStatement(node) || typescript.isForInStatement(node);
  return each && !typescript.isVariableDeclarationList(node.initializer) ? [node.initializer] : [];
}

/** The names in the target of an assignment; `a[i] = ...` changes `a`'s insides, and neither name. */
function addTargets(target: ts.Node, names: Set<string>): void {
  if (typescript.isIdentifier(target)) names.add(target.text);
  if (typescript.isElementAccessExpression(target) || typescript.isPropertyAccessExpression(target)) return;
  typescript.forEachChild(target, (child) => addTargets(child, names));
}

export const isName = (node: ts.Node, name: string): boolean =>
  typescript.isIdentifier(node) && node.text === name;
