// Errors that a cell catches name variables as they are written. V8 writes them into the message as they are compiled, and a
// program that prints `error.message` would show that; so whatever catches one first has the runtime put it right.

import type ts from "@tslab/typescript-for-tslab";
import type { Edits } from "./edits.js";
import { toldCall } from "./own-code.js";
import { typescript } from "./typescript.js";

/** Names the error of a `catch` without a name of its own. */
const CAUGHT = "__gbCaught";

/** Adds the calls to every `catch` clause, and to every handler given to a promise's `catch`, below this node. */
export function tellCaught(root: ts.Node, edits: Edits): void {
  const visit = (node: ts.Node): void => {
    if (typescript.isCatchClause(node)) tellClause(node, edits);
    else if (isPromiseCatch(node)) {
      const [handler] = node.arguments;
      edits.insert(handler!.getStart(), "__gb.toldTo(");
      edits.insert(handler!.end, ")");
    }
    typescript.forEachChild(node, visit);
  };
  visit(root);
}

function tellClause({ variableDeclaration, block }: ts.CatchClause, edits: Edits): void {
  const name = variableDeclaration?.name;
  if (name === undefined) return;
  const start = block.getStart() + 1;
  if (typescript.isIdentifier(name)) {
    edits.insert(start, ` ${toldCall(name.text)};`);
    return;
  }
  const pattern = name.getText();
  // one with default values may hold other edits
  if (pattern.includes("=")) return;
  edits.replace(name.getStart(), name.end, CAUGHT);
  edits.insert(start, ` let ${pattern} = ${toldCall(CAUGHT)};`);
}

function isPromiseCatch(node: ts.Node): node is ts.CallExpression {
  if (!typescript.isCallExpression(node) || node.arguments.length !== 1) return false;
  const { expression } = node;
  const called = typescript.isPropertyAccessExpression(expression) && expression.name.text === "catch";
  return called && !typescript.isSpreadElement(node.arguments[0]!);
}
