// Reverse-mode differentiation of recorded nodes: the walk from values back to what they were computed from. What becomes of
// the gradients is for lib/tensor/autograd.ts.

import { type Node, newWalk, withGradModeNow } from "./node.js";
import { add } from "./ops/index.js";
import { formatShape, sameShape } from "./shape.js";

/** Nodes with a tape that lead from leaves to the roots, roots first, each before its inputs. */
export function reverseOrder(roots: readonly Node[]): Node[] {
  const walk = newWalk();
  const order: Node[] = [];
  // without recursion: chains can be long
  const stack: Node[] = [];
  const next: number[] = [];
  const open = (node: Node): void => {
    if (node.seen === walk) return;
    node.seen = walk;
    stack.push(node);
    next.push(0);
  };
  for (const root of roots) {
    open(root);
    while (stack.length > 0) {
      const node = stack[stack.length - 1]!;
      const input = node.tape?.inputs[next[next.length - 1]!++];
      if (input === undefined) {
        order.push(node);
        stack.pop();
        next.pop();
      } else if (input.requiresGrad) open(input);
    }
  }
  return order.reverse();
}

/** Of `visited`, what leads to something in `wanted`. */
function leadingTo(wanted: ReadonlySet<Node>, visited: readonly Node[]): Set<Node> {
  const leading = new Set<Node>();
  for (let i = visited.length - 1; i >= 0; i--) {
    const node = visited[i]!;
    if (node.tape?.inputs.some((input) => wanted.has(input) || leading.has(input))) leading.add(node);
  }
  return leading;
}

export interface Differentiation {
  readonly roots: readonly Node[];
  /** The gradient of each root. */
  readonly seeds: readonly Node[];
  /** Record the gradients' own derivatives, too. */
  readonly createGraph: boolean;
  /** `reverseOrder(roots)` */
  readonly visited: readonly Node[];
  /** The nodes whose gradients are asked for; all leaves if not given. */
  readonly wanted?: ReadonlySet<Node> | undefined;
  /** Called with each node that has a gradient once all of it is there; what it gives counts instead. */
  readonly arrived?: ((node: Node, gradient: Node) => Node) | undefined;
}

export interface Gradients {
  /** By leaf, or by what was asked for. */
  readonly gradients: ReadonlyMap<Node, Node>;
  /** Everything that was differentiated. */
  readonly differentiated: readonly Node[];
}

/** Gradients of `roots`, weighted by `seeds`. */
export function differentiate(step: Differentiation): Gradients {
  const { roots, seeds, createGraph, visited, wanted, arrived } = step;
  const sums = new Map<Node, Node>();
  const collect = (node: Node, gradient: Node): void => {
    const sum = sums.get(node);
    sums.set(node, sum === undefined ? gradient : add(sum, gradient));
  };
  const leading = wanted && leadingTo(wanted, visited);
  const needed = (node: Node): boolean =>
    wanted === undefined ? node.requiresGrad : wanted.has(node) || leading!.has(node);
  const gradients = new Map<Node, Node>();
  withGradModeNow(createGraph, () => {
    roots.forEach((root, i) => {
      collect(root, seeds[i]!);
    });
    for (const node of visited) {
      const sum = sums.get(node);
      if (sum === undefined || !needed(node)) continue;
      const gradient = arrived === undefined ? sum : arrived(node, sum);
      const { tape } = node;
      if (wanted === undefined ? tape === undefined : wanted.has(node)) gradients.set(node, gradient);
      if (tape === undefined || (leading !== undefined && !leading.has(node))) continue;
      const needs = tape.inputs.map(needed);
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
  return { gradients, differentiated: leading === undefined ? visited : [...leading] };
}
