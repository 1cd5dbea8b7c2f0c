// Questions about values that are not computed yet: what they are computed from, whether that may be overwritten, and what
// computing them would cost.

import { type Lowering, type Node, newWalk } from "../graph/node.js";

/** All pending nodes that `roots` are computed from. */
export function pendingBelow(roots: readonly Node[]): Set<Node> {
  const seen = new Set<Node>();
  const stack = roots.flatMap((root) => root.inputs);
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (!node.pending || seen.has(node)) continue;
    seen.add(node);
    stack.push(...node.inputs);
  }
  return seen;
}

const WORK: ReadonlySet<Lowering["kind"]> = new Set<Lowering["kind"]>([
  "elementwise",
  "reduce",
  "matmul",
  "routine",
  "composite",
]);

/** True for nodes that do work: keeping their value saves some. */
export const computes = (node: Node): boolean => WORK.has(node.op!.lowering.kind);

export const isOwned = (node: Node): boolean => node.owned;
export const isDoomed = (node: Node): boolean => node.doomed;
export const isSafe = (node: Node): boolean => node.left > 0;
/** The new value of a storage, computed by the next run, depends no longer on what it is computed from. */
export const isSettled = (node: Node): boolean => node.left > 0 || (node.owned && node.pending);

/** What `left` becomes for a value that a run has left pending; undefined when it reads a value that may be overwritten. */
export function runsThatLeft(root: Node): number | undefined {
  const walk = newWalk();
  let left = 0;
  const stack = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.seen === walk) continue;
    node.seen = walk;
    if (node.owned) return undefined;
    if (node.left > left) left = node.left;
    if (node.left === 0) for (const input of node.inputs) stack.push(input);
  }
  return left + 1;
}

/** Whether `root` is, or is computed from, a node that `is` holds for. Does not look below nodes for which `ends` holds. */
export function reads(root: Node, is: (node: Node) => boolean, ends: (node: Node) => boolean): boolean {
  const walk = newWalk();
  const stack = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.seen === walk) continue;
    node.seen = walk;
    if (is(node)) return true;
    if (!ends(node)) for (const input of node.inputs) stack.push(input);
  }
  return false;
}

/** True for nodes whose recomputation would cost more than elementwise work. */
export function isExpensive(node: Node): boolean {
  if (node.op === undefined) return false;
  const { lowering } = node.op;
  if (lowering.kind === "composite") return lowering.expensive;
  return lowering.kind === "reduce" || lowering.kind === "matmul" || lowering.kind === "routine";
}
