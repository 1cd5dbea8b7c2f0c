// Makes loops stoppable. A loop without `await` looks at one word of shared memory and throws a ready-made error. Both are
// constants of a script, which V8 folds into one comparison with memory: 0 to 9 % even in loops of two cycles. (As variables of a
// function they cost 36 to 45 %; with any call in the place of `throw`, a loop of float additions took four times as long.) Where
// more would be lost, innermost loops that count, and those around them, look only now and then (strips.ts). A loop with `await` asks the runtime, which
// knows whether its own cell was stopped. A loop that calls nothing and is short, or goes through a list, is left alone: it ends.
// Loops at the top level of a cell let other work run now and then, so that dead tensors are freed.

import type ts from "@tslab/typescript-for-tslab";
import type { Edits } from "./edits.js";
import { CHECK, CHECK_ASYNC, INNER_STRIP, OUTER_STRIP, REST, STRIP, type Strip } from "./own-code.js";
import { isShortLoop } from "./short-loops.js";
import { Strips } from "./strips.js";
import { typescript } from "./typescript.js";

const { SyntaxKind } = typescript;

type Loop = ts.ForStatement | ts.WhileStatement | ts.DoStatement | ts.ForOfStatement | ts.ForInStatement;

/** Adds the checks to every loop of a cell. */
export function addLoopChecks(root: ts.SourceFile, edits: Edits): void {
  const strips = new Strips(root, edits);
  /** `strip`: how innermost loops are cut here. */
  const visit = (node: ts.Node, topLevel: boolean, strip: Strip): void => {
    const check = isLoop(node) ? checkFor(node, topLevel) : "";
    if (!isLoop(node) || check === "") {
      typescript.forEachChild(node, (child) => visit(child, topLevel && !isBoundary(child), strip));
      return;
    }
    const cut = beginStrips(node, strip);
    if (cut !== undefined) {
      typescript.forEachChild(node, (child) => visit(child, topLevel, INNER_STRIP));
      cut.end();
      return;
    }
    const { statement } = node;
    const block = typescript.isBlock(statement);
    edits.insert(statement.getStart() + (block ? 1 : 0), block ? ` ${check}` : `{ ${check} `);
    typescript.forEachChild(node, (child) => visit(child, topLevel, STRIP));
    if (!block) edits.insert(statement.end, " }");
  };
  const beginStrips = (loop: Loop, strip: Strip): { end(): void } | undefined => {
    const { awaits, calls, loops } = contents(loop);
    if (awaits || calls || !loops.every(endsSoon)) return undefined;
    return strips.begin(loop, loops.length === 0 ? strip : OUTER_STRIP);
  };
  /** Whether an inner loop takes few turns, between two checks if it takes many. */
  const endsSoon = (inner: Loop): boolean =>
    contents(inner).loops.length === 0 && (isShortLoop(inner, INNER_STRIP.turns) || strips.fits(inner));
  visit(root, true, STRIP);
}

function checkFor(loop: Loop, topLevel: boolean): string {
  const { awaits, calls, loops } = contents(loop);
  const iterates = typescript.isForOfStatement(loop);
  const endless = !iterates && !typescript.isForInStatement(loop);
  const long = calls || loops.length > 0 || (endless && !isShortLoop(loop));
  const check = awaits ? CHECK_ASYNC : long ? CHECK : "";
  return topLevel && (awaits || calls || iterates) ? `${check} ${REST}` : check;
}

/** What a loop does itself, not in functions made inside it. */
function contents(loop: Loop): { awaits: boolean; calls: boolean; loops: Loop[] } {
  const found = {
    awaits: typescript.isForOfStatement(loop) && loop.awaitModifier !== undefined,
    calls: false,
    loops: [] as Loop[],
  };
  const visit = (node: ts.Node): void => {
    if (isBoundary(node)) return;
    if (node.kind === SyntaxKind.AwaitExpression) found.awaits = true;
    if (typescript.isForOfStatement(node) && node.awaitModifier !== undefined) found.awaits = true;
    if (CALLS.has(node.kind)) found.calls = true;
    if (isLoop(node)) found.loops.push(node);
    typescript.forEachChild(node, visit);
  };
  typescript.forEachChild(loop, visit);
  return found;
}

const CALLS = new Set([
  SyntaxKind.CallExpression,
  SyntaxKind.NewExpression,
  SyntaxKind.TaggedTemplateExpression,
  SyntaxKind.AwaitExpression,
  SyntaxKind.YieldExpression,
]);

const LOOPS = new Set([
  SyntaxKind.ForStatement,
  SyntaxKind.WhileStatement,
  SyntaxKind.DoStatement,
  SyntaxKind.ForOfStatement,
  SyntaxKind.ForInStatement,
]);

function isLoop(node: ts.Node): node is Loop {
  return LOOPS.has(node.kind);
}

/** Inside, `await` and `break` no longer belong to what is outside. */
function isBoundary(node: ts.Node): boolean {
  return typescript.isFunctionLike(node) || typescript.isClassLike(node);
}
