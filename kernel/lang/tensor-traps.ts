// What JavaScript allows with tensors and does not mean what it says: operators cannot be overloaded, so == asks whether two
// tensors are the same object, and every tensor counts as true.

import type ts from "@tslab/typescript-for-tslab";
import { typescript } from "./typescript.js";

const { SyntaxKind } = typescript;

/** Comparisons of objects, and the methods that compare values. */
const EQUALITY: ReadonlyMap<ts.SyntaxKind, string> = new Map([
  [SyntaxKind.EqualsEqualsToken, "eq"],
  [SyntaxKind.EqualsEqualsEqualsToken, "eq"],
  [SyntaxKind.ExclamationEqualsToken, "ne"],
  [SyntaxKind.ExclamationEqualsEqualsToken, "ne"],
]);

/** Of two tensors they give the one or the other, and look at no value. */
const LOGIC: ReadonlyMap<ts.SyntaxKind, readonly [method: string, given: string]> = new Map([
  [SyntaxKind.AmpersandAmpersandToken, ["logicalAnd", "second"]],
  [SyntaxKind.BarBarToken, ["logicalOr", "first"]],
]);

export interface Trap {
  readonly node: ts.Node;
  readonly message: string;
}

/** Comparisons of tensors by identity, tensors as conditions, and several positions in one pair of brackets. */
export function tensorTraps(checker: ts.TypeChecker, file: ts.SourceFile): Trap[] {
  const traps: Trap[] = [];
  const isTensor = (node: ts.Expression): boolean => isTensorType(checker.getTypeAtLocation(node));
  const visit = (node: ts.Node): void => {
    const method = typescript.isBinaryExpression(node) ? EQUALITY.get(node.operatorToken.kind) : undefined;
    if (method !== undefined) {
      const { left, right, operatorToken } = node as ts.BinaryExpression;
      if (isTensor(left) && isTensor(right)) {
        traps.push({
          node,
          message:
            `'${operatorToken.getText(file)}' asks whether two tensors are the same object. ` +
            `Write a.${method}(b) to compare their values, or tensor.equal(a, b).`,
        });
      }
    }
    const logic = typescript.isBinaryExpression(node) ? LOGIC.get(node.operatorToken.kind) : undefined;
    if (logic !== undefined) {
      const { left, right, operatorToken } = node as ts.BinaryExpression;
      const [name, given] = logic;
      if (isTensor(left) && isTensor(right)) {
        const operator = operatorToken.getText(file);
        const message = `'${operator}' between two tensors gives the ${given}. Write a.${name}(b) for each of their elements.`;
        traps.push({ node, message });
      }
    }
    if (typescript.isElementAccessExpression(node) && isTensor(node.expression)) {
      const position = node.argumentExpression.getText(file);
      if (isComma(node.argumentExpression)) {
        const message = `Of several positions in brackets only the last one counts. Write x.index(${position}).`;
        traps.push({ node: node.argumentExpression, message });
      }
    }
    const condition = conditionOf(node);
    if (condition !== undefined && isTensor(condition)) {
      traps.push({
        node: condition,
        message: "A tensor is true as a condition, whatever its value. Write .item() to ask for it.",
      });
    }
    typescript.forEachChild(node, visit);
  };
  visit(file);
  return traps;
}

const isComma = (node: ts.Expression): boolean =>
  typescript.isBinaryExpression(node) && node.operatorToken.kind === SyntaxKind.CommaToken;

/** What decides in an if, a loop, a `? :` or a `!`. Not in && and ||, where it may be meant as a default. */
function conditionOf(node: ts.Node): ts.Expression | undefined {
  if (typescript.isIfStatement(node) || typescript.isWhileStatement(node) || typescript.isDoStatement(node))
    return node.expression;
  if (typescript.isForStatement(node) || typescript.isConditionalExpression(node)) return node.condition;
  const negated = typescript.isPrefixUnaryExpression(node) && node.operator === SyntaxKind.ExclamationToken;
  return negated ? node.operand : undefined;
}

/** The library's Tensor or a class made from it. What may be missing is another type, and may be asked for. */
function isTensorType(type: ts.Type): boolean {
  const symbol = type.getSymbol();
  if (symbol === undefined || !type.isClassOrInterface()) return false;
  if (symbol.name === "Tensor") return symbol.declarations?.some(isOfLibrary) ?? false;
  return type.getBaseTypes()?.some(isTensorType) ?? false;
}

const isOfLibrary = (declaration: ts.Declaration): boolean =>
  /\/tensor\/tensor\.d\.ts$/.test(declaration.getSourceFile().fileName);
