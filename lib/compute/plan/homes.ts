// Results that are tensors joined along an axis need no kernel of their own: what computes a part stores it where it belongs.

import { opNamed } from "../../graph/node.js";
import { contiguousStrides } from "../../graph/shape.js";
import type { GraphSpec } from "../../graph/spec.js";
import { isLeaf } from "./cost.js";
import type { ShapedView } from "./view.js";

/** Where a part lies in the whole that it is joined into. */
export interface Home {
  readonly whole: number;
  readonly view: ShapedView;
}

/** Homes of parts, by node: where the whole is a result that nothing else reads, and each part is computed element by element
 *  for it alone. */
export function chooseHomes(graph: GraphSpec): ReadonlyMap<number, Home> {
  const uses = new Int32Array(graph.nodes.length);
  for (const { inputs } of graph.nodes) for (const input of inputs) uses[input]!++;
  for (const { node } of graph.results) uses[node]!++;
  const homes = new Map<number, Home>();
  for (const { node, overwrites } of graph.results) {
    const { op, inputs, attributes, shape } = graph.nodes[node]!;
    if (op !== "concat" || overwrites !== undefined || uses[node] !== 1) continue;
    const own = (part: number): boolean => {
      const { op: how } = graph.nodes[part]!;
      return uses[part] === 1 && !isLeaf(how) && opNamed(how).lowering.kind === "elementwise";
    };
    if (!inputs.every(own)) continue;
    const axis = attributes.axis as number;
    const strides = contiguousStrides(shape);
    let start = 0;
    for (const part of inputs) {
      const extents = graph.nodes[part]!.shape;
      homes.set(part, { whole: node, view: { shape: extents, offset: start * strides[axis]!, strides } });
      start += extents[axis]!;
    }
  }
  return homes;
}
