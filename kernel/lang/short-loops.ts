// Loops that end soon by themselves, and need no look at the stop button: `for (let i = 0; i < 64; i++)`, where the bound is written
// out or a constant beside it, and the body leaves the counter alone.

import type ts from "@tslab/typescript-for-tslab";
import { typescript } from "./typescript.js";

const { SyntaxKind } = typescript;

/** The most turns of a short loop; with a body that calls nothing they take microseconds. */
const MOST_TURNS = 65_536;

/** Whether a loop, whose body calls nothing and has no loops, takes few turns. */
export function isShortLoop(loop: ts.Node): boolean {
  if (!typescript.isForStatement(loop)) return false;
  const { initializer, condition, incrementor, statement } = loop;
  if (initializer === undefined || !typescript.isVariableDeclarationList(initializer)) return false;
  const [counter, ...others] = initializer.declarations;
  if (counter === undefined || others.length > 0 || !typescript.isIdentifier(counter.name)) return false;
  const name = counter.name.text;
  const from = counter.initializer && numberOf(counter.initializer);
  const to = condition && boundOf(condition, name);
  const short = from !== undefined && to !== undefined && to - from <= MOST_TURNS;
  return short && incrementor !== undefined && countsUp(incrementor, name) && !changes(statement, name);
}

/** The N of `name < N` or `name <= N`. */
function boundOf(condition: ts.Expression, name: string): number | undefined {
  if (!typescript.isBinaryExpression(condition) || !isName(condition.left, name)) return undefined;
  const { kind } = condition.operatorToken;
  if (kind !== SyntaxKind.LessThanToken && kind !== SyntaxKind.LessThanEqualsToken) return undefined;
  return numberOf(condition.right);
}

function countsUp(incrementor: ts.Expression, name: string): boolean {
  return (
    (typescript.isPrefixUnaryExpression(incrementor) || typescript.isPostfixUnaryExpression(incrementor)) &&
    incrementor.operator === SyntaxKind.PlusPlusToken &&
    isName(incrementor.operand, name)
  );
}

/** Whether a name may be assigned here: as a target, an operand of `++`, or a part of a pattern. */
function changes(node: ts.Node, name: string): boolean {
  if (typescript.isBinaryExpression(node)) {
    const { kind } = node.operatorToken;
    const assigns = kind >= SyntaxKind.FirstAssignment && kind <= SyntaxKind.LastAssignment;
    if (assigns && mentions(node.left, name)) return true;
  }
  const steps = typescript.isPrefixUnaryExpression(node) || typescript.isPostfixUnaryExpression(node);
  if (steps && isStep(node.operator) && isName(node.operand, name)) return true;
  return typescript.forEachChild(node, (child) => changes(child, name)) === true;
}

const isStep = (operator: ts.SyntaxKind): boolean =>
  operator === SyntaxKind.PlusPlusToken || operator === SyntaxKind.MinusMinusToken;

/** Whether the target of an assignment is a name, or a pattern with it; `a[i] = ...` changes `a`, not `i`. */
function mentions(target: ts.Node, name: string): boolean {
  if (typescript.isIdentifier(target)) return target.text === name;
  if (typescript.isElementAccessExpression(target) || typescript.isPropertyAccessExpression(target))
    return false;
  return typescript.forEachChild(target, (child) => mentions(child, name)) === true;
}

const isName = (node: ts.Node, name: string): boolean => typescript.isIdentifier(node) && node.text === name;

/** The value of a number that is written out, or of a constant that is one. */
function numberOf(node: ts.Expression): number | undefined {
  if (typescript.isNumericLiteral(node)) return Number(node.text);
  if (!typescript.isIdentifier(node)) return undefined;
  const declaration = declarationOf(node.text, node);
  const value = declaration?.initializer;
  const isConstant =
    declaration !== undefined && (declaration.parent.flags & typescript.NodeFlags.Const) !== 0;
  return isConstant && value !== undefined && typescript.isNumericLiteral(value)
    ? Number(value.text)
    : undefined;
}

/** The variable that a name means at a node, if a statement around it declares that and nothing between takes the name. */
function declarationOf(name: string, at: ts.Node): ts.VariableDeclaration | undefined {
  for (let node = at.parent; node !== undefined; node = node.parent) {
    if (typescript.isFunctionLike(node) && node.parameters.some((p) => p.name.getText().includes(name)))
      return undefined;
    if (!typescript.isBlock(node) && !typescript.isSourceFile(node)) continue;
    for (const statement of node.statements) {
      if (!typescript.isVariableStatement(statement)) continue;
      for (const declaration of statement.declarationList.declarations) {
        if (isName(declaration.name, name)) return declaration;
        if (!typescript.isIdentifier(declaration.name) && declaration.name.getText().includes(name))
          return undefined;
      }
    }
  }
  return undefined;
}
