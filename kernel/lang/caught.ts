// Errors that a cell catches name variables as they are written. V8 writes them into the message as they are compiled, and a
// program that prints `error.message` would show that; so whatever catches one first has the runtime put it right.

import type ts from "@tslab/typescript-for-tslab";
import type { Edits } from "./edits.js";
import { toldCall } from "./own-code.js";
import { typescript } from "./typescript.js";

/** Names the error of a `catch` without a name of its own. */
const CAUGHT = "__gbCaught";

/** Adds the calls to every `catch` clause, and to every handler of errors given to a promise, below this node. */
export function tellCaught(root: ts.Node, edits: Edits): void {
  const visit = (node: ts.Node): void => {
    if (typescript.isCatchClause(node)) tellClause(node, edits);
    const handler = typescript.isCallExpression(node) ? handlerIn(node) : undefined;
    if (handler !== undefined) {
      edits.insert(handler.getStart(), "__gb.toldTo(");
      edits.insert(handler.end, ")");
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

/** What handles errors in `promise.catch(handler)` and `promise.then(value, handler)`. */
function handlerIn({ expression, arguments: given }: ts.CallExpression): ts.Expression | undefined {
  if (!typescript.isPropertyAccessExpression(expression)) return undefined;
  const place = HANDLER_OF.get(expression.name.text);
  const whole = given.length === place && !given.some(typescript.isSpreadElement);
  return whole ? given.at(-1) : undefined;
}

/** Methods of promises, and which of their arguments, all of them given, handles errors. */
const HANDLER_OF = new Map([
  ["catch", 1],
  ["then", 2],
]);
