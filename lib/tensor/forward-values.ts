// Which values of a forward pass are kept when a number is read before its backward(), so that nothing is computed twice.

import { isExpensive } from "../compute/pending.js";
import { type Node, newWalk, type Op } from "../graph/node.js";
import { elements } from "../graph/shape.js";
import { type Backward, workOut } from "./autograd.js";
import { hasHooks } from "./hooks.js";

/** A forward pass that has been differentiated, and which of its values that needs. A training repeats itself: the next loss that is
 *  computed in the same way needs the same ones. So they are known before it is differentiated, and that can wait until the
 *  device is at work (`prepareBackward`). Were they others for once, something would be computed twice, and rightly. */
interface Known {
  /** Of all nodes, in the order of `forwardNodes`. */
  readonly ops: readonly (Op | undefined)[];
  readonly tapes: readonly (string | boolean)[];
  /** Places of what is kept. */
  readonly keep: readonly number[];
}

/** The latest first. */
const known: Known[] = [];
/** A training has one; two models in turns have two. */
const MOST_KNOWN = 4;

/** What backward() knows of a node: the operation to differentiate, or for a leaf whether it has a gradient. */
const tapeOf = ({ tape, requiresGrad }: Node): string | boolean => tape?.op ?? requiresGrad;

const canDifferentiate = (root: Node): boolean =>
  root.requiresGrad && root.tape !== undefined && elements(root.shape) === 1;

/** Forward values to keep when `root` is computed before its backward(): what the backward pass will read. */
export function keepForBackward(root: Node): Node[] {
  if (!canDifferentiate(root)) return [];
  const nodes = forwardNodes(root);
  const usual = nodes.every((node) => node.tap === undefined && !hasHooks(node));
  const last = usual ? known.find((one) => fits(one, nodes)) : undefined;
  if (last !== undefined) return last.keep.map((place) => nodes[place]!);
  const backward = workOut(root);
  if (backward === "let go") return [];
  if (backward === "hooks") return expensiveBelow(root);
  const keep = readBy(backward, nodes);
  if (usual) {
    const places = new Map(nodes.map((node, place) => [node, place]));
    known.unshift({
      ops: nodes.map(({ op }) => op),
      tapes: nodes.map(tapeOf),
      keep: keep.map((node) => places.get(node)!),
    });
    known.length = Math.min(known.length, MOST_KNOWN);
  }
  return keep;
}

/** Works out what backward() of `root` will ask for. To be called while its value is waited for: the time costs nothing then. */
export function prepareBackward(root: Node): void {
  if (!canDifferentiate(root)) return;
  try {
    workOut(root);
  } catch {
    // it goes wrong again in backward(), where the user is told
  }
}

/** Everything that `root` is computed from, and itself, in an order that is the same for the same graph. */
function forwardNodes(root: Node): Node[] {
  const walk = newWalk();
  const nodes: Node[] = [];
  const stack = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.seen === walk) continue;
    node.seen = walk;
    nodes.push(node);
    for (const input of node.inputs) stack.push(input);
  }
  return nodes;
}

function fits({ ops, tapes }: Known, nodes: readonly Node[]): boolean {
  if (ops.length !== nodes.length) return false;
  for (let i = 0; i < ops.length; i++)
    if (ops[i] !== nodes[i]!.op || tapes[i] !== tapeOf(nodes[i]!)) return false;
  return true;
}

/** Which of the pending values among `nodes` the gradients are computed from. */
function readBy({ gradients, taps }: Backward, nodes: readonly Node[]): Node[] {
  const forward = newWalk();
  for (const node of nodes) node.seen = forward;
  const backward = newWalk();
  const found: Node[] = [];
  const stack = [...gradients.values(), ...taps.map(({ gradient }) => gradient)];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.seen === backward) continue;
    // movements are only another way to look at what they move
    const computed = node.inputs.length > 0 && node.op?.lowering.kind !== "movement";
    if (node.seen === forward && computed) found.push(node);
    else for (const input of node.inputs) stack.push(input);
    node.seen = backward;
  }
  return found;
}

/** Products and reductions below a value that is read while its graph may still be differentiated. */
export function expensiveBelow(root: Node): Node[] {
  const walk = newWalk();
  const found: Node[] = [];
  const stack = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.seen === walk || !node.pending) continue;
    node.seen = walk;
    if (node !== root && node.requiresGrad && isExpensive(node)) found.push(node);
    for (const input of node.inputs) stack.push(input);
  }
  return found;
}
