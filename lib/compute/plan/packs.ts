// Packs are taken apart before a graph is planned: what was recorded once for many tensors is computed for each of them.

import { opNamed } from "../../graph/node.js";
import type { GraphSpec, NodeSpec } from "../../graph/spec.js";

/** The same graph without `pack` and `unpack`. Throws on packs that meet anything but other packs like them and scalars. */
export function withoutPacks(graph: GraphSpec): GraphSpec {
  if (!graph.nodes.some(({ op }) => op === "pack")) return graph;
  const writer = new Unpacker();
  const places = graph.nodes.map((spec) => writer.place(spec));
  const single = (node: number): number => {
    const place = places[node]!;
    if (typeof place === "number") return place;
    throw new Error("a pack cannot be a result");
  };
  return {
    ...graph,
    nodes: writer.nodes,
    results: graph.results.map(({ node, overwrites }) =>
      overwrites === undefined
        ? { node: single(node) }
        : { node: single(node), overwrites: single(overwrites) },
    ),
  };
}

/** Where a value is in the new graph: at one node, or at one for each part. */
type Place = number | readonly number[];

class Unpacker {
  readonly nodes: NodeSpec[] = [];
  private readonly places: Place[] = [];
  /** Parts that have been computed and not been given a name of their own by `unpack`. */
  private readonly unnamed = new Set<number>();

  /** Writes what `spec` becomes. */
  place(spec: NodeSpec): Place {
    const place = this.write(
      spec,
      spec.inputs.map((input) => this.places[input]!),
    );
    this.places.push(place);
    return place;
  }

  private write(spec: NodeSpec, inputs: readonly Place[]): Place {
    if (spec.op === "pack") return inputs as readonly number[];
    if (spec.op === "unpack") return this.unpack(spec, inputs[0]!);
    const parts = inputs.find((place) => typeof place !== "number");
    if (parts === undefined) return this.push({ ...spec, inputs: inputs as readonly number[] });
    if (opNamed(spec.op).lowering.kind !== "elementwise") throw new Error(`${spec.op} of a pack`);
    return parts.map((part, i) => {
      const { shape } = this.nodes[part]!;
      const own = inputs.map((place) => this.operand(place, i, shape));
      const node = this.push({ ...spec, inputs: own, shape });
      this.unnamed.add(node);
      return node;
    });
  }

  private operand(place: Place, index: number, shape: readonly number[]): number {
    const node = typeof place === "number" ? place : place[index];
    const own = node === undefined ? undefined : this.nodes[node]!.shape;
    if (own?.join() === (typeof place === "number" ? "" : shape.join())) return node!;
    throw new Error(`a pack with a part of shape [${shape}] meets [${own}]`);
  }

  private unpack({ attributes, shape, dtype }: NodeSpec, parts: Place): number {
    const part = typeof parts === "number" ? undefined : parts[attributes.index as number];
    if (part === undefined) throw new Error(`unpack: there is no part ${attributes.index}`);
    if (this.nodes[part]!.shape.join() !== shape.join())
      throw new Error(`unpack: part ${attributes.index} has shape [${this.nodes[part]!.shape}]`);
    if (this.unnamed.delete(part)) return part;
    return this.push({ op: "identity", inputs: [part], attributes: {}, shape, dtype });
  }

  private push(spec: NodeSpec): number {
    return this.nodes.push(spec) - 1;
  }
}
