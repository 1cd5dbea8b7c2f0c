// Which nodes are stored, and which kernel computes which of them. Elementwise work joins the kernel that computes what it
// reads where it can (a product's or reduction's epilogue, several outputs of one loop), and is recomputed where that is cheap.

import { type Lowering, opNamed } from "../../graph/node.js";
import { elements, type Shape, sameShape } from "../../graph/shape.js";
import type { GraphSpec } from "../../graph/spec.js";

/** One kernel to be: a loop over `outer`, perhaps with a reduction or a matrix product inside, that stores some nodes; or a
 *  routine, which stores one. */
export interface Draft {
  readonly kind: "loop" | "matmul" | "routine";
  readonly outer: Shape;
  readonly reduce: Shape;
  /** Nodes that are reductions (or the product) of this kernel, in order of their accumulators. */
  readonly accumulators: number[];
  /** All nodes whose values this kernel gives, accumulators among them, in order. */
  readonly nodes: number[];
}

export interface Schedule {
  readonly drafts: readonly Draft[];
  /** Draft that computes a stored node. */
  readonly draftOf: ReadonlyMap<number, number>;
  /** Overwriting results that are written in place, in the last drafts. */
  readonly inPlace: ReadonlySet<number>;
}

/** More outputs than this in one kernel cost registers and, on the GPU, bindings. */
const MAX_OUTPUTS = 12;
/** Recomputing up to this much costs less than storing and loading a value again. */
const CHEAP = 8;
/** Expressions above this are cut, so that generated code stays small. */
const LARGE = 160;

/** Joins of more parts are stored, so that joins of joins stay small. */
const MANY_PARTS = 4;

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
  pow: 20,
  div: 3,
  sqrt: 3,
  rsqrt: 4,
  reciprocal: 3,
  random_bits: 80,
  random_uniform: 80,
};

const isLeaf = (op: string): boolean => op === "input" || op === "arg";
const isMovement = (op: string): boolean => !isLeaf(op) && opNamed(op).lowering.kind === "movement";

/** Operations with a kernel of their own, which others may join. */
const KERNELS: ReadonlySet<Lowering["kind"]> = new Set<Lowering["kind"]>(["reduce", "matmul", "routine"]);

/** Nodes that read each node. */
export function consumersOf(graph: GraphSpec): number[][] {
  const consumers: number[][] = graph.nodes.map(() => []);
  graph.nodes.forEach((spec, node) => {
    for (const input of new Set(spec.inputs)) consumers[input]!.push(node);
  });
  return consumers;
}

/** The nodes to store: results, reductions, products, and whatever is read often and costs much; plus those in `must`. */
function chooseStored(
  graph: GraphSpec,
  consumers: readonly number[][],
  must: ReadonlySet<number>,
): Set<number> {
  const stored = new Set(must);
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
    const below = spec.inputs.reduce((sum, input) => sum + cost[input]!, 0);
    const own = lowering.kind === "elementwise" ? (COST[spec.op] ?? 1) : 0;
    const stretched = consumers[node]!.some(
      (reader) => elements(graph.nodes[reader]!.shape) > elements(spec.shape),
    );
    const repeated = consumers[node]!.length > 1 || stretched;
    if ((repeated && below + own > CHEAP) || below + own > LARGE) stored.add(node);
    cost[node] = stored.has(node) ? 0 : below + own;
  });
  return stored;
}

/** Stored nodes that computing `node` reads, with whether they are read at the same place of the loop. */
function dependencies(graph: GraphSpec, stored: ReadonlySet<number>, node: number): Map<number, boolean> {
  const found = new Map<number, boolean>();
  const seen = new Set<string>();
  const visit = (at: number, aligned: boolean): void => {
    const key = `${at}${aligned}`;
    if (seen.has(key)) return;
    seen.add(key);
    const spec = graph.nodes[at]!;
    if (isLeaf(spec.op)) return;
    if (stored.has(at)) {
      found.set(at, (found.get(at) ?? true) && aligned);
      return;
    }
    descend(at, aligned);
  };
  const descend = (at: number, aligned: boolean): void => {
    const spec = graph.nodes[at]!;
    const elementwise = opNamed(spec.op).lowering.kind === "elementwise";
    for (const input of spec.inputs) {
      visit(input, aligned && elementwise && sameShape(graph.nodes[input]!.shape, spec.shape));
    }
  };
  descend(node, true);
  return found;
}

/** Overwriting results that can be computed right where the old value lies: element by element. */
function chooseInPlace(graph: GraphSpec, viaCopy: ReadonlySet<number>): ReadonlySet<number> {
  const inPlace = new Set<number>();
  for (const { node, overwrites } of graph.results) {
    const { op } = graph.nodes[node]!;
    if (overwrites === undefined || viaCopy.has(node) || isLeaf(op)) continue;
    if (opNamed(op).lowering.kind === "elementwise") inPlace.add(node);
  }
  return inPlace;
}

/** For each node, whether it is or needs one of `nodes`. */
function needing(graph: GraphSpec, nodes: ReadonlySet<number>): boolean[] {
  const found: boolean[] = [];
  graph.nodes.forEach(({ inputs }, node) => {
    found.push(nodes.has(node) || inputs.some((input) => found[input]));
  });
  return found;
}

/** Assigns every stored node to a draft. `must`: nodes known to need a buffer; `viaCopy`: results not to write in place. */
export function schedule(
  graph: GraphSpec,
  must: ReadonlySet<number>,
  viaCopy: ReadonlySet<number>,
): Schedule {
  const consumers = consumersOf(graph);
  const stored = chooseStored(graph, consumers, must);
  const inPlace = chooseInPlace(graph, viaCopy);
  const late = needing(graph, inPlace);
  const drafts: Draft[] = [];
  const draftOf = new Map<number, number>();

  const put = (node: number, at: number): void => {
    draftOf.set(node, at);
    drafts[at]!.nodes.push(node);
  };
  const open = (draft: Omit<Draft, "nodes">): number => drafts.push({ ...draft, nodes: [] }) - 1;

  const place = (node: number, firstAllowed: number): void => {
    const spec = graph.nodes[node]!;
    const { lowering } = opNamed(spec.op);
    const needs = dependencies(graph, stored, node);
    const computes = KERNELS.has(lowering.kind);
    let earliest = firstAllowed;
    for (const [dependency, aligned] of needs) {
      earliest = Math.max(earliest, draftOf.get(dependency)! + (aligned && !computes ? 0 : 1));
    }
    if (lowering.kind === "routine") {
      put(node, open({ kind: "routine", outer: spec.shape, reduce: [], accumulators: [] }));
      return;
    }
    if (lowering.kind === "matmul") {
      const at = open({ kind: "matmul", outer: spec.shape, reduce: [], accumulators: [node] });
      put(node, at);
      return;
    }
    if (lowering.kind === "reduce") {
      const input = graph.nodes[spec.inputs[0]!]!.shape;
      const reduce = (spec.attributes.axes as readonly number[]).map((axis) => input[axis]!);
      const same = (d: Draft): boolean =>
        d.accumulators.length > 0 &&
        d.kind === "loop" &&
        sameShape(d.outer, spec.shape) &&
        sameShape(d.reduce, reduce);
      const found = drafts.findIndex((d, i) => i >= earliest && same(d) && d.nodes.length < MAX_OUTPUTS);
      const at = found >= 0 ? found : open({ kind: "loop", outer: spec.shape, reduce, accumulators: [] });
      drafts[at]!.accumulators.push(node);
      put(node, at);
      return;
    }
    const joins = (d: Draft, i: number): boolean => {
      if (i < earliest || d.nodes.length >= MAX_OUTPUTS || !sameShape(d.outer, spec.shape)) return false;
      if (d.kind === "routine") return false;
      return (
        d.accumulators.length === 0 || [...needs.keys()].some((dependency) => draftOf.get(dependency) === i)
      );
    };
    const found = drafts.findIndex(joins);
    put(node, found >= 0 ? found : open({ kind: "loop", outer: spec.shape, reduce: [], accumulators: [] }));
  };

  const toPlace = graph.nodes
    .map((_, node) => node)
    .filter((n) => stored.has(n) && !isLeaf(graph.nodes[n]!.op));
  for (const node of toPlace) if (!late[node]) place(node, 0);
  // updates in place come last, with all that needs their new values: who reads the old value has read it by then
  const last = drafts.length;
  for (const node of toPlace) if (late[node]) place(node, last);
  return { drafts, draftOf, inPlace };
}
