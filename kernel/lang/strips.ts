// Innermost loops that a check in each turn would slow down: they run in strips of many turns, and look at the stop button between
// two of them. `for (let i = 0; i < n; i++) body` becomes
//
//     __gbStrip: for (let i = 0, __gbEnd; ; ) {
//       if (n < 65536) __gbEnd = n; else { CHECK __gbEnd = i + 65536 < n ? i + 65536 : n; }
//       for (; i < __gbEnd; i++) body
//       if (n < 65536 || !(i < n)) break __gbStrip;
//     }
//
// A loop of few turns pays two comparisons, and V8 unrolls the inner loop, which it does not with a check inside. In loops nested
// three deep, of lengths V8 does not know: 1 to 4 % with 8 turns and more, 10 % with 3 turns; with a check in each turn 10 to 16 %.
// Only where nobody could tell it from the loop as written: nothing is called in it, no function is made that keeps the
// counter, and the bound stays what it is.

import type ts from "@tslab/typescript-for-tslab";
import { assignedNames, countedLoop } from "./counted-loops.js";
import { declarationOf, isConstant } from "./declarations.js";
import type { Edits } from "./edits.js";
import { STRIP_END, STRIP_LABEL, stripEnd, stripStart } from "./own-code.js";
import { MOST_TURNS, numberOf } from "./short-loops.js";
import { typescript } from "./typescript.js";

const { SyntaxKind } = typescript;

/** Rewrites loops of one cell. */
export class Strips {
  readonly #edits: Edits;
  readonly #root: ts.SourceFile;
  #assigned: ReadonlySet<string> | undefined;

  constructor(root: ts.SourceFile, edits: Edits) {
    this.#root = root;
    this.#edits = edits;
  }

  /** Rewrites a loop that calls nothing and has no loops inside, if it can be. */
  rewrite(loop: ts.Node): boolean {
    const counted = typescript.isForStatement(loop) ? countedLoop(loop) : undefined;
    // `continue` with the loop's own label would skip the step of the counter
    if (counted === undefined || typescript.isLabeledStatement(loop.parent)) return false;
    const { declarations, start, condition, bound, incrementor, statement } = counted;
    const isLet = (declarations.flags & typescript.NodeFlags.Let) !== 0;
    if (!isLet || !startsAtNumber(start) || !this.#stays(bound) || makesFunctions(loop)) return false;
    this.#edits.insert(loop.getStart(), `${STRIP_LABEL}: `);
    this.#edits.insert(declarations.end, `, ${STRIP_END}`);
    this.#edits.replace(condition.getStart(), condition.end, "");
    this.#edits.insert(incrementor.getStart(), stripStart(counted, MOST_TURNS));
    addLabels(statement, this.#edits);
    this.#edits.insert(loop.end, stripEnd(counted, MOST_TURNS));
    return true;
  }

  /** Whether a bound is a number or a variable that nobody assigns; those of a cell itself other cells can reach. */
  #stays(bound: ts.Expression): boolean {
    if (typescript.isNumericLiteral(bound)) return true;
    if (!typescript.isIdentifier(bound)) return false;
    const declaration = declarationOf(bound.text, bound);
    if (declaration === undefined) return false;
    if (isConstant(declaration)) return true;
    this.#assigned ??= assignedNames(this.#root);
    return !this.#assigned.has(bound.text) && !isOfCell(declaration);
  }
}

/** Whether a counter surely starts at a number from 0 on: one that is written out, an outer loop's counter, or a sum of such. */
function startsAtNumber(start: ts.Expression): boolean {
  if (numberOf(start) !== undefined) return true;
  if (typescript.isBinaryExpression(start)) {
    const sum = start.operatorToken.kind === SyntaxKind.PlusToken;
    return sum && startsAtNumber(start.left) && startsAtNumber(start.right);
  }
  if (!typescript.isIdentifier(start)) return false;
  const loop = declarationOf(start.text, start)?.parent.parent;
  const outer = loop !== undefined && typescript.isForStatement(loop) ? countedLoop(loop) : undefined;
  return outer !== undefined && outer.name === start.text && startsAtNumber(outer.start);
}

function isOfCell({ parent }: ts.Node): boolean {
  return typescript.isVariableStatement(parent.parent) && typescript.isSourceFile(parent.parent.parent);
}

function makesFunctions(node: ts.Node): boolean {
  const isFunction = typescript.isFunctionLike(node) || typescript.isClassLike(node);
  return isFunction || typescript.forEachChild(node, makesFunctions) === true;
}

/** Lets every `break` that means this loop leave the strips, too. */
function addLabels(node: ts.Node, edits: Edits): void {
  if (typescript.isSwitchStatement(node)) return;
  if (typescript.isBreakStatement(node) && node.label === undefined) {
    edits.insert(node.getStart() + "break".length, ` ${STRIP_LABEL}`);
  }
  typescript.forEachChild(node, (child) => addLabels(child, edits));
}
