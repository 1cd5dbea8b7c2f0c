// What can be left out of a graph before it is planned: nodes that compute the same, and copies into another shape.

import { sameShape } from "../../graph/shape.js";
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
    results: graph.results.map((result) => moved(result, place)),
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

/** Sums of more parts stay sums. */
const MOST_PARTS = 64;

/** The same graph in which a sum of parts that lie side by side, each among zeros, is those parts joined: what the gradients
 *  of the halves of a tensor come to. */
export function withJoinedParts(graph: GraphSpec): GraphSpec {
  /** The padded parts that a node is the sum of; undefined: it is something else. */
  const parts: (readonly NodeSpec[] | undefined)[] = [];
  const nodes = graph.nodes.map((spec, node): NodeSpec => {
    const pads = partsOf(spec, parts);
    parts[node] = pads;
    const joined = pads === undefined || spec.op === "pad" ? undefined : joinedParts(graph, spec, pads);
    return joined === undefined ? spec : { ...spec, op: "concat", ...joined };
  });
  return nodes.every((spec, node) => spec === graph.nodes[node]) ? graph : withoutUnused({ ...graph, nodes });
}

function partsOf(
  spec: NodeSpec,
  known: readonly (readonly NodeSpec[] | undefined)[],
): readonly NodeSpec[] | undefined {
  if (spec.op === "pad") return spec.attributes.value === 0 ? [spec] : undefined;
  if (spec.op !== "add") return undefined;
  const [a = [], b = []] = spec.inputs.map((input) => known[input]);
  const all = [...a, ...b];
  const whole = a.length > 0 && b.length > 0 && all.every(({ shape }) => sameShape(shape, spec.shape));
  return whole && all.length <= MOST_PARTS ? all : undefined;
}

function joinedParts(
  graph: GraphSpec,
  sum: NodeSpec,
  pads: readonly NodeSpec[],
): Pick<NodeSpec, "inputs" | "attributes"> | undefined {
  const shapeOf = (pad: NodeSpec): readonly number[] => graph.nodes[pad.inputs[0]!]!.shape;
  const axis = sum.shape.findIndex((extent, d) => extent !== shapeOf(pads[0]!)[d]);
  const startOf = (pad: NodeSpec): number => (pad.attributes.before as readonly number[])[axis]!;
  const sorted = [...pads].sort((a, b) => startOf(a) - startOf(b));
  let end = 0;
  for (const pad of sorted) {
    const shape = shapeOf(pad);
    const fits = shape.every((extent, d) => d === axis || extent === sum.shape[d]);
    if (startOf(pad) !== end || !fits) return undefined;
    end += shape[axis]!;
  }
  if (end !== sum.shape[axis]) return undefined;
  return { inputs: sorted.map(({ inputs }) => inputs[0]!), attributes: { axis } };
}

/** Without nodes that no result needs. Leaves stay: they are numbered. */
function withoutUnused(graph: GraphSpec): GraphSpec {
  const used = new Set(graph.results.map(({ node }) => node));
  for (let node = graph.nodes.length - 1; node >= 0; node--) {
    if (used.has(node)) for (const input of graph.nodes[node]!.inputs) used.add(input);
  }
  const place: number[] = [];
  const nodes: NodeSpec[] = [];
  graph.nodes.forEach((spec, node) => {
    if (!used.has(node) && !isLeaf(spec.op)) return;
    place[node] = nodes.push({ ...spec, inputs: spec.inputs.map((input) => place[input]!) }) - 1;
  });
  return { ...graph, nodes, results: graph.results.map((result) => moved(result, place)) };
}

const moved = (
  { node, overwrites }: GraphSpec["results"][number],
  place: readonly number[],
): GraphSpec["results"][number] =>
  overwrites === undefined ? { node: place[node]! } : { node: place[node]!, overwrites: place[overwrites]! };

/** Attributes as text, with the numbers that JSON does not know. */
const attributesKey = ({ attributes }: NodeSpec): string =>
  Object.entries(attributes)
    .map(([name, value]) => `${name}=${Object.is(value, -0) ? "-0" : String(value)}`)
    .join(";");
