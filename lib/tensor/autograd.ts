// What becomes of gradients: they are added up at leaves, handed to hooks, or worked out before backward() asks for them.

import { Storage } from "../compute/buffer.js";
import { differentiate, reverseOrder } from "../graph/differentiate.js";
import { type Node, type Tape, withGradModeNow } from "../graph/node.js";
import { add, full } from "../graph/ops/index.js";
import { elements, formatShape, sameShape } from "../graph/shape.js";
import { afterHooks, hasHooks } from "./hooks.js";

/** Where the gradient of a leaf adds up. `exposed` is the tensor that user code has been given, if any. */
export interface GradientSlot {
  gradient: Storage | undefined;
  exposed: object | undefined;
}

/** What a backward pass gives, worked out but not applied. */
export interface Backward {
  /** Gradients of the leaves, or of what was asked for. */
  readonly gradients: ReadonlyMap<Node, Node>;
  /** Everything that was differentiated, to let go of its tape. */
  readonly visited: readonly Node[];
  readonly taps: readonly { tap: (gradient: Node) => void; gradient: Node }[];
}

/** Gradients of all leaves, or of the nodes in `wanted` and nothing else, after hooks. */
function pass(
  roots: readonly Node[],
  seeds: readonly Node[],
  createGraph: boolean,
  visited: readonly Node[] = reverseOrder(roots),
  wanted?: ReadonlySet<Node>,
): Backward {
  const taps: { tap: (gradient: Node) => void; gradient: Node }[] = [];
  const arrived = (node: Node, sum: Node): Node => {
    const gradient = afterHooks(node, sum);
    if (node.tap !== undefined) taps.push({ tap: node.tap, gradient });
    return gradient;
  };
  const { gradients, differentiated } = differentiate({
    roots,
    seeds,
    createGraph,
    visited,
    wanted,
    arrived,
  });
  return { gradients, visited: differentiated, taps };
}

/** Backward passes worked out ahead of time, when a loss was read before backward(). */
const planned = new WeakMap<Node, Backward>();

function checkRoot(what: string, root: Node, seed: Node | undefined): Node {
  if (!root.requiresGrad) {
    throw new Error(
      `${what}: this tensor does not depend on anything that requires a gradient. Was it computed inside noGrad, ` +
        "or from .detach()ed values?",
    );
  }
  if (seed !== undefined) {
    if (!sameShape(seed.shape, root.shape)) {
      throw new RangeError(
        `${what}: gradient ${formatShape(seed.shape)} for a tensor ${formatShape(root.shape)}`,
      );
    }
    return seed;
  }
  if (elements(root.shape) !== 1) {
    throw new Error(
      `${what}: needs a single number, got shape ${formatShape(root.shape)}; reduce it (.mean() or .sum()) or pass a gradient of its shape`,
    );
  }
  return full(root.shape, 1, root.dtype);
}

type BackwardListener = (root: Node) => void;
const listeners = new Set<BackwardListener>();

/** Calls `listener` with the root of every backward(), before it is differentiated. Gives the way to stop. */
export function onBackward(listener: BackwardListener): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Adds the gradient of `root` to the slots of all leaves. */
export function backward(
  root: Node,
  seed: Node | undefined,
  retainGraph: boolean,
  createGraph: boolean,
): void {
  const start = checkRoot("backward()", root, seed);
  for (const listener of listeners) listener(root);
  const ready = seed === undefined && !createGraph ? planned.get(root) : undefined;
  const done = ready ?? pass([root], [start], createGraph);
  for (const [leaf, gradient] of done.gradients) {
    const slot = leaf.slot as GradientSlot | undefined;
    if (slot === undefined) continue;
    recorded.add(slot);
    if (slot.gradient === undefined) slot.gradient = new Storage(gradient);
    else slot.gradient.node = withGradModeNow(createGraph, () => add(slot.gradient!.node, gradient));
  }
  for (const { tap, gradient } of done.taps) tap(gradient);
  if (!retainGraph) release(done.visited);
}

/** Slots that got a gradient since gradients were last computed. */
const recorded = new Set<GradientSlot>();

/** Gradients that are recorded and not computed yet. They come out of whatever is computed next, all of them in one run. */
export function pendingGradients(): Node[] {
  const nodes = [...recorded].flatMap(({ gradient }) => (gradient?.node.pending ? [gradient.node] : []));
  recorded.clear();
  return nodes;
}

/** Lets go of what a backward pass kept. What was differentiated can't be again. */
function release(visited: readonly Node[]): void {
  for (const node of visited) {
    planned.delete(node);
    if (node.tape !== undefined) node.tape = RELEASED;
  }
}

const letGo = (): Error =>
  new Error(
    "backward(): the graph behind this value was let go by an earlier backward(). Compute the value again, " +
      "or pass { retainGraph: true } the first time",
  );

const RELEASED: Tape = {
  op: "released",
  inputs: [],
  attributes: {},
  derivative: () => {
    throw letGo();
  },
};

/** Gradients of `outputs` (weighted by `seeds`) with respect to `inputs`; undefined where there is no path. */
export function gradientsOf(
  outputs: readonly Node[],
  inputs: readonly Node[],
  seeds: readonly (Node | undefined)[],
  options: { retainGraph: boolean; createGraph: boolean },
): (Node | undefined)[] {
  const starts = outputs.map((output, i) => checkRoot("autograd.grad", output, seeds[i]));
  const visited = reverseOrder(outputs);
  const done = pass(outputs, starts, options.createGraph, visited, new Set(inputs));
  const missing = inputs.some((input) => !done.gradients.has(input));
  if (missing && visited.some(({ tape }) => tape === RELEASED)) throw letGo();
  for (const { tap, gradient } of done.taps) tap(gradient);
  if (!options.retainGraph) release(done.visited);
  return inputs.map((input) => done.gradients.get(input));
}

/** The backward pass of a number, worked out before backward() asks for it, which then takes it from here. Hooks are user code, to
 *  be run by backward() and not before it; and of what was let go there will be no other pass. */
export function workOut(root: Node): Backward | "hooks" | "let go" {
  const known = planned.get(root);
  if (known !== undefined) return known;
  const visited = reverseOrder([root]);
  if (visited.some(({ tape }) => tape === RELEASED)) return "let go";
  if (visited.some(hasHooks)) return "hooks";
  const done = pass([root], [full(root.shape, 1, root.dtype)], false, visited);
  planned.set(root, done);
  return done;
}
