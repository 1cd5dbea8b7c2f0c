// Hooks on gradients: functions that see the gradient of a value once all of it is there, and may replace it.

import type { Node } from "../graph/node.js";
import { formatShape, sameShape } from "../graph/shape.js";

/** Gets the gradient; what it gives back, if anything, takes its place for everything that comes after. */
export type NodeHook = (gradient: Node) => Node | undefined;

interface Hooks {
  readonly list: Set<NodeHook>;
  /** Runs after all others: what keeps the gradient has to see what they made of it. */
  last: NodeHook | undefined;
}

/** By the slot of a leaf, which stays when its value is updated, or by the node. */
const hooks = new WeakMap<object, Hooks>();
/** Whether there have ever been any: nothing is looked up without. */
let used = false;

const keyOf = (node: Node): object => node.slot ?? node;

function hooksOf(node: Node): Hooks {
  used = true;
  const key = keyOf(node);
  let found = hooks.get(key);
  if (found === undefined) {
    found = { list: new Set(), last: undefined };
    hooks.set(key, found);
  }
  return found;
}

/** Calls `hook` in each backward pass through `node`. Gives the way to stop. */
export function addHook(node: Node, hook: NodeHook): () => void {
  const { list } = hooksOf(node);
  list.add(hook);
  return () => void list.delete(hook);
}

/** Calls `hook` with what the other hooks of `node` have left of the gradient. */
export function setLastHook(node: Node, hook: NodeHook): void {
  hooksOf(node).last = hook;
}

export function hasHooks(node: Node): boolean {
  if (!used) return false;
  const found = hooks.get(keyOf(node));
  return found !== undefined && (found.list.size > 0 || found.last !== undefined);
}

/** The gradient of `node` after its hooks. */
export function afterHooks(node: Node, gradient: Node): Node {
  if (!used) return gradient;
  const found = hooks.get(keyOf(node));
  if (found === undefined) return gradient;
  let current = gradient;
  const all = found.last === undefined ? found.list : [...found.list, found.last];
  for (const hook of all) {
    const next = hook(current) ?? current;
    if (!sameShape(next.shape, current.shape)) {
      throw new RangeError(
        `registerHook: the hook gave a gradient ${formatShape(next.shape)} for a tensor ${formatShape(node.shape)}`,
      );
    }
    current = next;
  }
  return current;
}
