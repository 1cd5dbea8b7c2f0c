// What can be left out of a graph before it is planned: nodes that compute the same, and copies into another shape.

import type { GraphSpec, NodeSpec } from "../../graph/spec.js";
import { isLeaf } from "./cost.js";

/** The same graph in which no two nodes are the same operation on the same inputs, unless both are results. */
export function withoutRepetition(graph: GraphSpec): GraphSpec {
  const results = new Set(graph.results.map(({ node }) => node));
  const nodes: NodeSpec[] = [];
  const known = new Map<string, number>();
  /** Known nodes that are results: a second one needs a place of its own. */
  const taken = new Set<number>();
  const place: number[] = [];
  graph.nodes.forEach((spec, old) => {
    const inputs = spec.inputs.map((input) => place[input]!);
    const key = `${spec.op} ${inputs} ${attributesKey(spec)} ${spec.shape} ${spec.dtype}`;
    const same = known.get(key);
    if (same !== undefined && !(results.has(old) && taken.has(same))) place.push(same);
    else {
      place.push(nodes.push({ ...spec, inputs }) - 1);
      known.set(key, place[old]!);
    }
    if (results.has(old)) taken.add(place[old]!);
  });
  return {
    ...graph,
    nodes,
    results: graph.results.map(({ node, overwrites }) =>
      overwrites === undefined
        ? { node: place[node]! }
        : { node: place[node]!, overwrites: place[overwrites]! },
    ),
  };
}

/** The same graph in which results that are only reshaped are stored by what computes them: the bytes are the same. */
export function withoutReshapedResults(graph: GraphSpec): GraphSpec {
  const taken = new Set(graph.results.map(({ node }) => node));
  const computed = (node: number): number => {
    const { op, inputs } = graph.nodes[node]!;
    return op === "reshape" ? computed(inputs[0]!) : node;
  };
  const results = graph.results.map((result) => {
    const node = computed(result.node);
    if (taken.has(node) || isLeaf(graph.nodes[node]!.op)) return result;
    taken.add(node);
    return { ...result, node };
  });
  return { ...graph, results };
}

/** Attributes as text, with the numbers that JSON does not know. */
const attributesKey = ({ attributes }: NodeSpec): string =>
  Object.entries(attributes)
    .map(([name, value]) => `${name}=${Object.is(value, -0) ? "-0" : String(value)}`)
    .join(";");
