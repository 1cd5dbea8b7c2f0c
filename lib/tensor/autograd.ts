// Reverse-mode differentiation over recorded nodes.

import { Storage } from "../compute/buffer.js";
import { type Node, opNamed, type Tape, withGradMode } from "../graph/node.js";
import { add, full } from "../graph/ops/index.js";
import { elements, formatShape, sameShape } from "../graph/shape.js";

/** Where the gradient of a leaf adds up. `exposed` is the tensor that user code has been given, if any. */
export interface GradientSlot {
  gradient: Storage | undefined;
  exposed: object | undefined;
}

/** What backward() of one root will do, worked out but not applied. */
interface Backward {
  /** Gradients of the leaves. */
  readonly leaves: ReadonlyMap<Node, Node>;
  /** Everything that was differentiated, to let go of its tape. */
  readonly visited: readonly Node[];
  readonly taps: readonly { tap: (gradient: Node) => void; gradient: Node }[];
}

/** Nodes with a tape that lead from leaves to the roots, roots first, each before its inputs. */
function reverseOrder(roots: readonly Node[]): Node[] {
  const done = new Set<Node>();
  const order: Node[] = [];
  const stack: { node: Node; next: number }[] = [];
  for (const root of roots) {
    if (done.has(root)) continue;
    done.add(root);
    stack.push({ node: root, next: 0 });
    while (stack.length > 0) {
      const frame = stack[stack.length - 1]!;
      const input = frame.node.tape?.inputs[frame.next++];
      if (input === undefined) {
        order.push(frame.node);
        stack.pop();
      } else if (input.requiresGrad && !done.has(input)) {
        done.add(input);
        stack.push({ node: input, next: 0 });
      }
    }
  }
  return order.reverse();
}

function differentiate(
  roots: readonly Node[],
  seeds: readonly Node[],
  createGraph: boolean,
  visited: readonly Node[] = reverseOrder(roots),
): Backward {
  const gradients = new Map<Node, Node>();
  const collect = (node: Node, gradient: Node): void => {
    const sum = gradients.get(node);
    gradients.set(node, sum === undefined ? gradient : add(sum, gradient));
  };
  const leaves = new Map<Node, Node>();
  const taps: { tap: (gradient: Node) => void; gradient: Node }[] = [];
  withGradMode(createGraph, () => {
    roots.forEach((root, i) => {
      collect(root, seeds[i]!);
    });
    for (const node of visited) {
      const gradient = gradients.get(node);
      if (gradient === undefined) continue;
      if (node.tap !== undefined) taps.push({ tap: node.tap, gradient });
      const { tape } = node;
      if (tape === undefined) {
        leaves.set(node, gradient);
        continue;
      }
      const needs = tape.inputs.map((input) => input.requiresGrad);
      const { inputs, attributes } = tape;
      const parts = tape.derivative({ inputs, output: node, attributes, gradient, needs });
      inputs.forEach((input, i) => {
        const part = parts[i];
        if (!needs[i] || part === undefined) return;
        if (!sameShape(part.shape, input.shape)) {
          const shapes = `${formatShape(part.shape)} instead of ${formatShape(input.shape)}`;
          throw new Error(`derivative of ${tape.op} has shape ${shapes}`);
        }
        collect(input, part);
      });
    }
  });
  return { leaves, visited, taps };
}

/** Backward passes worked out ahead of time, when a loss was read before backward(). */
const planned = new WeakMap<Node, Backward>();

function checkRoot(root: Node, seed: Node | undefined): Node {
  if (!root.requiresGrad) {
    throw new Error(
      "backward(): this tensor does not depend on anything that requires a gradient. Was it computed inside noGrad, " +
        "or from .detach()ed values?",
    );
  }
  if (seed !== undefined) {
    if (!sameShape(seed.shape, root.shape)) {
      throw new RangeError(
        `backward(): gradient ${formatShape(seed.shape)} for a tensor ${formatShape(root.shape)}`,
      );
    }
    return seed;
  }
  if (elements(root.shape) !== 1) {
    throw new Error(
      `backward(): needs a single number, got shape ${formatShape(root.shape)}; reduce it (.mean() or .sum()) or pass a gradient`,
    );
  }
  return full(root.shape, 1, "float32");
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
  const start = checkRoot(root, seed);
  for (const listener of listeners) listener(root);
  const ready = seed === undefined && !createGraph ? planned.get(root) : undefined;
  const pass = ready ?? differentiate([root], [start], createGraph);
  for (const [leaf, gradient] of pass.leaves) {
    const slot = leaf.slot as GradientSlot | undefined;
    if (slot === undefined) continue;
    recorded.add(slot);
    if (slot.gradient === undefined) slot.gradient = new Storage(gradient);
    else slot.gradient.node = withGradMode(createGraph, () => add(slot.gradient!.node, gradient));
  }
  for (const { tap, gradient } of pass.taps) tap(gradient);
  if (!retainGraph && !createGraph) release(pass.visited);
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

const RELEASED: Tape = {
  op: "released",
  inputs: [],
  attributes: {},
  derivative: () => {
    throw new Error(
      "backward(): the graph behind this value was let go by an earlier backward(). Compute the value again, " +
        "or pass { retainGraph: true } the first time",
    );
  },
};

/** Gradients of `outputs` (weighted by `seeds`) with respect to `inputs`; undefined where there is no path. */
export function gradientsOf(
  outputs: readonly Node[],
  inputs: readonly Node[],
  seeds: readonly (Node | undefined)[],
  options: { retainGraph: boolean; createGraph: boolean },
): (Node | undefined)[] {
  const starts = outputs.map((output, i) => checkRoot(output, seeds[i]));
  const found = new Map<Node, Node>();
  const restore = inputs.map((input) => [input, input.tap] as const);
  for (const input of inputs) input.tap = (gradient) => found.set(input, gradient);
  const pass = differentiate(outputs, starts, options.createGraph);
  for (const [input, tap] of restore) input.tap = tap;
  for (const { tap, gradient } of pass.taps) tap(gradient);
  if (!options.retainGraph && !options.createGraph) release(pass.visited);
  return inputs.map((input) => found.get(input));
}

/** Forward values to keep when `root` is computed before its backward(): what the backward pass will read, so that nothing
 *  is computed twice. The pass itself is worked out here and used by backward() later. */
export function keepForBackward(root: Node): Node[] {
  if (!root.requiresGrad || root.tape === undefined || elements(root.shape) !== 1) return [];
  let pass = planned.get(root);
  if (pass === undefined) {
    const visited = reverseOrder([root]);
    // read after a backward pass: there will be no other
    if (visited.some(({ tape }) => tape === RELEASED)) return [];
    pass = differentiate([root], [full(root.shape, 1, "float32")], false, visited);
    planned.set(root, pass);
  }
  const forward = new Set<Node>();
  reach([root], forward, () => true);
  const keep = new Set<Node>();
  const gradients = [...pass.leaves.values(), ...pass.taps.map(({ gradient }) => gradient)];
  reach(gradients, new Set(), (node) => {
    if (!forward.has(node) || !node.pending || node.inputs.length === 0) return true;
    // movements are only another way to look at what they move
    if (opNamed(node.op!.name).lowering.kind === "movement") return true;
    keep.add(node);
    return false;
  });
  return [...keep];
}

/** Visits all pending nodes below `roots`; goes on below a node where `enter` says so. */
function reach(roots: readonly Node[], seen: Set<Node>, enter: (node: Node) => boolean): void {
  const stack = [...roots];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (enter(node)) stack.push(...node.inputs);
  }
}
