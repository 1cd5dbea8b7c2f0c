// Loops that end soon by themselves, and need no look at the stop button: `for (let i = 0; i < 64; i++)`, where the bound is written
// out or a constant beside it.

import type ts from "@tslab/typescript-for-tslab";
import { countedLoop } from "./counted-loops.js";
import { declarationOf, isConstant } from "./declarations.js";
import { typescript } from "./typescript.js";

/** The most turns of a short loop; with a body that calls nothing they take microseconds. */
const MOST_TURNS = 65_536;

/** Whether a loop, whose body calls nothing and has no loops, takes few turns. */
export function isShortLoop(loop: ts.Node, most: number = MOST_TURNS): boolean {
  const counted = typescript.isForStatement(loop) ? countedLoop(loop) : undefined;
  const from = counted && numberOf(counted.start);
  const to = counted && numberOf(counted.bound);
  return from !== undefined && to !== undefined && to - from <= most;
}

/** The value of a number that is written out, or of a constant that is one. */
export function numberOf(node: ts.Expression): number | undefined {
  if (typescript.isNumericLiteral(node)) return Number(node.text);
  if (!typescript.isIdentifier(node)) return undefined;
  const declaration = declarationOf(node.text, node);
  if (declaration === undefined || !isConstant(declaration)) return undefined;
  const { name, initializer } = declaration;
  const written = initializer !== undefined && typescript.isNumericLiteral(initializer);
  return typescript.isIdentifier(name) && written ? Number(initializer.text) : undefined;
}
