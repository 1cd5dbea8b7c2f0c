// What it costs to compute a node again, and which nodes are stored instead.

import { type Lowering, opNamed } from "../../graph/node.js";
import { elements } from "../../graph/shape.js";
import type { GraphSpec } from "../../graph/spec.js";

/** Recomputing up to this much costs less than storing and loading a value again. */
const CHEAP = 8;
/** Expressions above this are cut, so that generated code stays small. */
const LARGE = 160;
/** Joins of more parts are stored, so that joins of joins stay small. */
const MANY_PARTS = 4;

/** Operations with edges that windows over them would look for again and again. */
const EDGED: ReadonlySet<string> = new Set(["pad", "concat"]);

/** In additions; what is not listed counts as one. */
const COST: Readonly<Record<string, number>> = {
  exp: 10,
  expm1: 20,
  log: 10,
  log1p: 20,
  tanh: 12,
  sigmoid: 12,
  erf: 12,
  sin: 20,
  cos: 20,
  atan: 20,
  pow: 20,
  div: 3,
  sqrt: 3,
  rsqrt: 4,
  reciprocal: 3,
  relu_gradient: 2,
  without_tiny: 3,
  random_bits: 80,
  random_uniform: 80,
  identity: 0,
  full: 0,
};

export const isLeaf = (op: string): boolean => op === "input" || op === "arg";
const isMovement = (op: string): boolean => !isLeaf(op) && opNamed(op).lowering.kind === "movement";

/** Movements after which no element is missing. */
const REORDERING: ReadonlySet<unknown> = new Set(["permute", "reshape", "expand"]);

/** Operations with a kernel of their own, which others may join. */
const KERNELS: ReadonlySet<Lowering["kind"]> = new Set<Lowering["kind"]>(["reduce", "matmul", "routine"]);

/** Nodes that read each node. */
function consumersOf(graph: GraphSpec): number[][] {
  const consumers: number[][] = graph.nodes.map(() => []);
  graph.nodes.forEach((spec, node) => {
    for (const input of new Set(spec.inputs)) consumers[input]!.push(node);
  });
  return consumers;
}

/** What a node shows in another order or several times; storing that serves all who look at it. */
function beneath(graph: GraphSpec, node: number): number {
  const spec = graph.nodes[node]!;
  if (!isMovement(spec.op)) return node;
  const { lowering } = opNamed(spec.op);
  const kind = lowering.kind === "movement" && lowering.movement(spec).kind;
  return REORDERING.has(kind) ? beneath(graph, spec.inputs[0]!) : node;
}

/** The nodes to store: results, reductions, products, and whatever is read often and costs much. */
export function chooseStored(graph: GraphSpec): Set<number> {
  const consumers = consumersOf(graph);
  const stored = new Set<number>();
  for (const { node } of graph.results) stored.add(node);
  const cost = new Float64Array(graph.nodes.length);
  graph.nodes.forEach((spec, node) => {
    if (isLeaf(spec.op)) return;
    const { lowering } = opNamed(spec.op);
    const many = lowering.kind === "concat" && spec.inputs.length > MANY_PARTS;
    if (KERNELS.has(lowering.kind) || many) stored.add(node);
    if (lowering.kind === "routine") {
      for (const input of spec.inputs) if (!isMovement(graph.nodes[input]!.op)) stored.add(input);
    }
    if (spec.op === "window") {
      for (const input of spec.inputs) if (EDGED.has(graph.nodes[input]!.op)) stored.add(input);
    }
    const below = spec.inputs.reduce((sum, input) => sum + cost[input]!, 0);
    const own = lowering.kind === "elementwise" ? (COST[spec.op] ?? 1) : 0;
    const stretched = consumers[node]!.some(
      (reader) => elements(graph.nodes[reader]!.shape) > elements(spec.shape),
    );
    const repeated = consumers[node]!.length > 1 || stretched;
    if ((repeated && below + own > CHEAP) || below + own > LARGE) {
      const source = beneath(graph, node);
      stored.add(source);
      cost[source] = 0;
    }
    cost[node] = stored.has(node) || stored.has(beneath(graph, node)) ? 0 : below + own;
  });
  return stored;
}
