// A graph as the text of a `define` message, and back to a GraphSpec that the planner can trust: every field is checked, and
// every shape against the table of operations, since the text may come from anywhere.

import { BYTES, type DType } from "../../graph/dtype.js";
import "../../graph/ops/index.js"; // fills the table of operations
import { Node, opNamed } from "../../graph/node.js";
import { elements } from "../../graph/shape.js";
import type { Attributes, GraphSpec, NodeSpec, ResultSpec } from "../../graph/spec.js";

/** Bytes of a node's value. */
export function bytesOf(node: NodeSpec): number {
  return elements(node.shape) * BYTES[node.dtype];
}

/** The text of a graph: JSON, with the numbers that JSON does not know as `{"number": "-Infinity"}`. */
export function formatGraph(graph: GraphSpec): string {
  return JSON.stringify(graph, (_, value: unknown) =>
    typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))
      ? { number: Object.is(value, -0) ? "-0" : String(value) }
      : value,
  );
}

function unusualNumber(_: string, value: unknown): unknown {
  const text = (value as { number?: unknown } | null)?.number;
  return typeof text === "string" ? Number(text) : value;
}

/** Reads a graph from JSON; an Error that names node and reason when it is not well formed. */
export function parseGraph(text: string): GraphSpec {
  const { nodes, results, inputs, args } = record(JSON.parse(text, unusualNumber), "the graph");
  const counts = { inputs: whole(inputs, "inputs"), args: whole(args, "args") };
  const checked: Node[] = [];
  const specs = list(nodes, "nodes").map((value, position) => {
    try {
      const spec = nodeSpec(value, position);
      checked.push(checkedNode(spec, counts, checked));
      return spec;
    } catch (error) {
      throw new Error(`node ${position} of the graph: ${(error as Error).message}`);
    }
  });
  return { nodes: specs, results: resultSpecs(results, specs), ...counts };
}

function nodeSpec(value: unknown, position: number): NodeSpec {
  const { op, inputs, attributes, shape, dtype } = record(value, "it");
  if (typeof op !== "string") throw new Error("it has no operation");
  if (typeof dtype !== "string" || !Object.hasOwn(BYTES, dtype))
    throw new Error(`no dtype ${JSON.stringify(dtype)}`);
  const positions = list(inputs, "inputs").map((input) => whole(input, "an input"));
  for (const input of positions)
    if (input >= position) throw new Error(`input ${input} does not come before it`);
  const extents = list(shape, "shape").map((extent) => whole(extent, "an extent"));
  if (!Number.isSafeInteger(elements(extents) * 4)) throw new Error(`shape [${extents}] is too large`);
  return {
    op,
    inputs: positions,
    attributes: record(attributes, "attributes") as Attributes,
    shape: extents,
    dtype: dtype as DType,
  };
}

/** The node that recording the same operation makes, whose shape and type must be the ones that are claimed. */
function checkedNode(
  spec: NodeSpec,
  counts: { inputs: number; args: number },
  before: readonly Node[],
): Node {
  const { op, attributes, shape, dtype } = spec;
  const node = new Node(undefined, [], attributes, shape, dtype);
  if (op === "input" || op === "arg") {
    const attribute = op === "input" ? "binding" : "index";
    const limit = op === "input" ? counts.inputs : counts.args;
    if (whole(attributes[attribute], attribute) >= limit)
      throw new Error(`${attribute} ${attributes[attribute]} of ${limit}`);
    if (op === "arg" && shape.length > 0) throw new Error(`an argument of shape [${shape}]`);
    return node;
  }
  const inferred = opNamed(op).infer(
    spec.inputs.map((input) => before[input]!),
    attributes,
  );
  if (inferred.dtype !== dtype || inferred.shape.join() !== shape.join())
    throw new Error(
      `${op} gives ${inferred.dtype} [${inferred.shape}], but it is said to be ${dtype} [${shape}]`,
    );
  return node;
}

function resultSpecs(value: unknown, nodes: readonly NodeSpec[]): ResultSpec[] {
  const overwritten = new Set<number>();
  return list(value, "results").map((item) => {
    const { node, overwrites } = record(item, "a result");
    const result = nodes[whole(node, "the node of a result")];
    if (result === undefined) throw new Error(`a result is node ${node} of ${nodes.length}`);
    if (overwrites === undefined) return { node: node as number };
    const leaf = nodes[whole(overwrites, "what a result overwrites")];
    if (leaf?.op !== "input") throw new Error(`a result overwrites node ${overwrites}, which is no input`);
    const binding = leaf.attributes.binding as number;
    if (overwritten.has(binding)) throw new Error(`two results overwrite binding ${binding}`);
    overwritten.add(binding);
    if (bytesOf(leaf) !== bytesOf(result))
      throw new Error(`a result of ${bytesOf(result)} bytes overwrites ${bytesOf(leaf)} bytes`);
    return { node: node as number, overwrites: overwrites as number };
  });
}

function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error(`${what} must be an object`);
  return value as Record<string, unknown>;
}

function list(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`${what} must be a list`);
  return value;
}

function whole(value: unknown, what: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0)
    throw new Error(`${what} must be a whole number, got ${JSON.stringify(value)}`);
  return value as number;
}
