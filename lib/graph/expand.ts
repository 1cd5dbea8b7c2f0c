// From recorded nodes to the graph that is sent to the engine: plain data, with what composites stand for in their place.

import { bodyOf } from "./composite.js";
import type { DType } from "./dtype.js";
import type { Node } from "./node.js";
import type { GraphSpec, NodeSpec } from "./spec.js";

/** The recorded graph: everything that is computed, after what it is computed from. Leaves that lie in one buffer count once: by
 *  `position`, their place in `order`. */
export interface Recorded {
  readonly order: readonly Node[];
  readonly results: readonly { readonly node: Node; readonly overwrites: Node | undefined }[];
}

/** The graph as plain data. Its nodes are in the order in which walks from the results, one after the other, leave them. */
export function specOf({ order, results }: Recorded): GraphSpec {
  return new SpecWriter(order).write(results);
}

class SpecWriter {
  private readonly nodes: NodeSpec[] = [];
  private readonly places = new Map<Node, number>();
  /** Places of the recorded leaves, by their position in the recorded order. */
  private readonly leaves: number[] = [];
  private readonly firstComputed: number;
  private readonly recorded: ReadonlySet<Node>;
  /** For a composite what it stands for, and for a stand-in in there the input. */
  private readonly meant = new Map<Node, Node>();
  private readonly constants = new Map<string, number>();
  private inputs = 0;
  private args = 0;

  constructor(order: readonly Node[]) {
    this.recorded = new Set(order);
    order.forEach((node, position) => {
      if (node.op === undefined) this.leaves[position] = this.leaf(node);
    });
    this.firstComputed = this.nodes.length;
  }

  write(results: Recorded["results"]): GraphSpec {
    const taken = new Set<number>();
    const specs = results.map(({ node, overwrites }) => {
      let place = this.place(node);
      // what a composite comes to may be an input of it, or the same as another result
      if (taken.has(place) || place < this.firstComputed) {
        const { shape, dtype } = node;
        place = this.push({ op: "identity", inputs: [place], attributes: {}, shape, dtype });
      }
      taken.add(place);
      return overwrites === undefined
        ? { node: place }
        : { node: place, overwrites: this.leaves[overwrites.position]! };
    });
    return { nodes: this.nodes, results: specs, inputs: this.inputs, args: this.args };
  }

  private leaf({ shape, dtype, scalar }: Node): number {
    return scalar === undefined
      ? this.push({ op: "input", inputs: [], attributes: { binding: this.inputs++ }, shape, dtype })
      : this.push({ op: "arg", inputs: [], attributes: { index: this.args++ }, shape, dtype });
  }

  private push(spec: NodeSpec): number {
    return this.nodes.push(spec) - 1;
  }

  /** The node whose value `node` has. */
  private meaning(node: Node): Node {
    let at = node;
    for (;;) {
      const next = this.meant.get(at) ?? this.expanded(at);
      if (next === undefined) return at;
      at = next;
    }
  }

  private expanded(node: Node): Node | undefined {
    const body = bodyOf(node);
    if (body === undefined) return undefined;
    this.meant.set(node, body.root);
    body.standIns.forEach((standIn, i) => {
      this.meant.set(standIn, node.inputs[i]!);
    });
    return body.root;
  }

  /** Where `node`, which `reader` reads, has been written; a result has no reader. */
  private known(node: Node, reader?: Node): number | undefined {
    const meaning = this.meaning(node);
    if (meaning.op !== undefined) return this.places.get(meaning);
    if (meaning !== node || reader === undefined || this.recorded.has(reader))
      return this.leaves[meaning.position];
    if (node.scalar !== undefined) return this.constant(node.scalar, node.dtype);
    throw new Error(`what ${reader.op!.name} reads in a composite is neither an input of it nor a number`);
  }

  /** A number that a composite's formula has in it. */
  private constant(value: number, dtype: DType): number {
    const key = `${dtype} ${Object.is(value, -0) ? "-0" : value}`;
    const known = this.constants.get(key);
    if (known !== undefined) return known;
    const place = this.push({
      op: "full",
      inputs: [],
      attributes: { shape: [], value, dtype },
      shape: [],
      dtype,
    });
    this.constants.set(key, place);
    return place;
  }

  /** Where `root` is, after writing everything that it needs; without recursion, since chains can be long. */
  private place(root: Node): number {
    const path: { readonly node: Node; readonly inputs: number[] }[] = [];
    const enter = (node: Node): void => void path.push({ node: this.meaning(node), inputs: [] });
    if (this.known(root) === undefined) enter(root);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const { node, inputs } = top;
      const next = node.inputs[inputs.length];
      if (next === undefined) {
        const { attributes, shape, dtype } = node;
        this.places.set(node, this.push({ op: node.op!.name, inputs, attributes, shape, dtype }));
        path.pop();
        continue;
      }
      const place = this.known(next, node);
      if (place === undefined) enter(next);
      else inputs.push(place);
    }
    return this.known(root)!;
  }
}
