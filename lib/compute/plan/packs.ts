// Packs are taken apart before a graph is planned: what was recorded once for many tensors is computed for each of them.

import { BYTES } from "../../graph/dtype.js";
import { opNamed } from "../../graph/node.js";
import { packedElements } from "../../graph/ops/index.js";
import { elements, type Shape } from "../../graph/shape.js";
import type { GraphSpec, NodeSpec, ResultSpec } from "../../graph/spec.js";

/** More pieces than this are joined in groups. */
const MOST_JOINED = 8;

/** The same graph without packs. Throws on packs that meet anything but other packs like them and scalars. */
export function withoutPacks(graph: GraphSpec): GraphSpec {
  return graph.nodes.some(({ op }) => op === "pack") ? new Unpacker(graph).graph() : graph;
}

/** Where a value is in the new graph: at one node, or at one for each part. */
type Place = number | readonly number[];

class Unpacker {
  private readonly packed: GraphSpec;
  private readonly nodes: NodeSpec[] = [];
  private readonly places: Place[] = [];
  /** The leaves that are looked at as packs, and the shapes of their parts. */
  private readonly leaves = new Map<number, readonly Shape[]>();
  /** Leaves with parts as they are altogether, for who does not look at them as packs. */
  private readonly wholes = new Map<number, number>();
  /** Parts that have been computed and not been given a name of their own by `unpack`. */
  private readonly unnamed = new Set<number>();

  constructor(packed: GraphSpec) {
    this.packed = packed;
    for (const { op, inputs } of packed.nodes) {
      if (op !== "like_pack") continue;
      const [leaf, like] = inputs.map((input) => packed.nodes[input]!);
      if (leaf?.op !== "input" || like?.op !== "pack") throw new Error("like_pack needs a leaf and a pack");
      const shapes = like.inputs.map((part) => packed.nodes[part]!.shape);
      this.leaves.set(inputs[0]!, shapes);
    }
  }

  graph(): GraphSpec {
    for (const spec of this.packed.nodes) this.places.push(this.write(spec));
    const results = this.packed.results.flatMap((result) => this.results(result));
    return { ...this.packed, nodes: this.nodes, results };
  }

  private results({ node, overwrites }: ResultSpec): ResultSpec[] {
    const place = this.places[node]!;
    if (overwrites === undefined) return [{ node: this.whole(place) }];
    const old = this.places[overwrites]!;
    if (typeof place === "number" && typeof old === "number") return [{ node: place, overwrites: old }];
    if (typeof place === "number" || typeof old === "number" || place.length !== old.length)
      throw new Error("a pack and the leaf that it overwrites have different parts");
    return place.map((part, i) => ({ node: this.named(part), overwrites: old[i]! }));
  }

  /** Writes what `spec` becomes. */
  private write(spec: NodeSpec): Place {
    const { op } = spec;
    const shapes = this.leaves.get(this.places.length);
    if (shapes !== undefined) return this.split(spec, shapes);
    if (op === "like_pack") return this.places[spec.inputs[0]!]!;
    const inputs = spec.inputs.map((input) =>
      this.leaves.has(input) ? this.wholeLeaf(input) : this.places[input]!,
    );
    if (op === "pack") return inputs as readonly number[];
    if (op === "unpack") return this.unpack(spec, inputs[0]!);
    const parts = inputs.find((place) => typeof place !== "number");
    if (parts === undefined) return this.push({ ...spec, inputs: inputs as readonly number[] });
    if (opNamed(op).lowering.kind !== "elementwise") throw new Error(`${op} of a pack`);
    return parts.map((part, i) => {
      const { shape } = this.nodes[part]!;
      const own = inputs.map((place) => this.operand(place, i, shape));
      const node = this.push({ ...spec, inputs: own, shape });
      this.unnamed.add(node);
      return node;
    });
  }

  /** Each part of a leaf as a leaf, which lies in the same binding behind the one before it. */
  private split(leaf: NodeSpec, shapes: readonly Shape[]): readonly number[] {
    let start = 0;
    return shapes.map((shape) => {
      const offset = start * BYTES[leaf.dtype];
      start += packedElements(shape);
      return this.push({ ...leaf, attributes: { ...leaf.attributes, offset }, shape });
    });
  }

  private wholeLeaf(leaf: number): number {
    let whole = this.wholes.get(leaf);
    if (whole === undefined) {
      whole = this.whole(this.places[leaf]!);
      this.wholes.set(leaf, whole);
    }
    return whole;
  }

  /** All parts of a pack, joined. */
  private whole(place: Place): number {
    if (typeof place === "number") return place;
    const pieces = place.flatMap((part) => {
      const { shape, dtype } = this.nodes[part]!;
      const count = elements(shape);
      const room = packedElements(shape) - count;
      const flat = { op: "reshape", inputs: [part], attributes: { shape: [count] }, shape: [count], dtype };
      const fill = { shape: [room], value: 0, dtype };
      const filling = { op: "full", inputs: [], attributes: fill, shape: [room], dtype };
      return [...(count > 0 ? [this.push(flat)] : []), ...(room > 0 ? [this.push(filling)] : [])];
    });
    return this.joined(pieces);
  }

  /** In groups, since each element of what is joined asks for each piece whether it lies in it. */
  private joined(pieces: readonly number[]): number {
    if (pieces.length === 1) return pieces[0]!;
    const groups: number[] = [];
    for (let i = 0; i < pieces.length; i += MOST_JOINED) {
      const inputs = pieces.slice(i, i + MOST_JOINED);
      const extent = inputs.reduce((sum, piece) => sum + this.nodes[piece]!.shape[0]!, 0);
      const { dtype } = this.nodes[inputs[0]!]!;
      groups.push(this.push({ op: "concat", inputs, attributes: { axis: 0 }, shape: [extent], dtype }));
    }
    return this.joined(groups);
  }

  private operand(place: Place, index: number, shape: readonly number[]): number {
    const node = typeof place === "number" ? place : place[index];
    const own = node === undefined ? undefined : this.nodes[node]!.shape;
    if (own?.join() === (typeof place === "number" ? "" : shape.join())) return node!;
    throw new Error(`a pack with a part of shape [${shape}] meets [${own}]`);
  }

  private unpack({ attributes, shape }: NodeSpec, parts: Place): number {
    const part = typeof parts === "number" ? undefined : parts[attributes.index as number];
    if (part === undefined) throw new Error(`unpack: there is no part ${attributes.index}`);
    if (this.nodes[part]!.shape.join() !== shape.join())
      throw new Error(`unpack: part ${attributes.index} has shape [${this.nodes[part]!.shape}]`);
    return this.named(part);
  }

  /** The value of `part` as a node that is nothing else. */
  private named(part: number): number {
    if (this.unnamed.delete(part)) return part;
    const { shape, dtype } = this.nodes[part]!;
    return this.push({ op: "identity", inputs: [part], attributes: {}, shape, dtype });
  }

  private push(spec: NodeSpec): number {
    return this.nodes.push(spec) - 1;
  }
}
