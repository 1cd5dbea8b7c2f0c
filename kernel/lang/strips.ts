// Loops that a check in each turn would slow down run in strips of many turns, and look at the stop button between two of them:
// innermost ones that count, and the counting loops around them. `for (let i = 0; i < n; i++) body` becomes
//
//     __gbStrip: for (let i = 0, __gbEnd; ; ) {
//       if (n < 65536) __gbEnd = n; else { CHECK __gbEnd = i + 65536 < n ? i + 65536 : n; }
//       for (; i < __gbEnd; i++) body
//       if (n < 65536 || !(i < n)) break __gbStrip;
//     }
//
// A loop of few turns pays one comparison (V8 knows the second one's answer), and V8 unrolls the inner loop, which it does not with
// a check inside. In two loops, one in the other, both have the same number of turns in a strip: where the bounds are the same
// variable V8 knows all answers inside from the outer one's. In loops nested three deep, of lengths V8 does not know: 1 % with 3
// turns; 9 % if the two had different numbers, 13 % with strips of the innermost only, 10 to 16 % with a check in each turn.
// Only where nobody could tell it from the loop as written: nothing is called in it, no function is made that keeps the
// counter, and the bound stays what it is.

import type ts from "@tslab/typescript-for-tslab";
import { assignedNames, type CountedLoop, countedLoop } from "./counted-loops.js";
import { declarationOf, isConstant } from "./declarations.js";
import type { Edits } from "./edits.js";
import { STRIP_END, type Strip, stripEnd, stripHead, stripStart } from "./own-code.js";
import { numberOf } from "./short-loops.js";
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

  /** Cuts a loop that calls nothing into strips, if that can be; what is inside may still be changed before `end` is called. */
  begin(loop: ts.Node, strip: Strip): { end(): void } | undefined {
    const counted = this.#counted(loop);
    if (counted === undefined) return undefined;
    const { declarations, condition, incrementor, statement } = counted;
    this.#edits.insert(loop.getStart(), stripHead(strip));
    this.#edits.insert(declarations.end, `, ${STRIP_END}`);
    this.#edits.replace(condition.getStart(), condition.end, "");
    this.#edits.insert(incrementor.getStart(), stripStart(counted, strip));
    addLabels(statement, strip, this.#edits);
    return { end: () => this.#edits.insert(loop.end, stripEnd(counted, strip)) };
  }

  /** Whether a loop that calls nothing can be cut into strips. */
  fits(loop: ts.Node): boolean {
    return this.#counted(loop) !== undefined;
  }

  #counted(loop: ts.Node): CountedLoop | undefined {
    const counted = typescript.isForStatement(loop) ? countedLoop(loop) : undefined;
    // `continue` with the loop's own label would skip the step of the counter
    if (counted === undefined || typescript.isLabeledStatement(loop.parent)) return undefined;
    const isLet = (counted.declarations.flags & typescript.NodeFlags.Let) !== 0;
    const fits =
      isLet && startsAtNumber(counted.start) && this.#stays(counted.bound) && !makesFunctions(loop);
    return fits ? counted : undefined;
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
function addLabels(node: ts.Node, strip: Strip, edits: Edits): void {
  if (typescript.isSwitchStatement(node) || typescript.isIterationStatement(node, false)) return;
  if (typescript.isBreakStatement(node) && node.label === undefined) {
    edits.insert(node.getStart() + "break".length, ` ${strip.label}`);
  }
  typescript.forEachChild(node, (child) => addLabels(child, strip, edits));
}
