// From pending nodes to a structure with a key: two steps that do the same work have the same key, whatever their values,
// learning rates or batches are. The key is compared exactly; there are no hash collisions.

import type { DType } from "../graph/dtype.js";
import type { Node, Op } from "../graph/node.js";
import type { Attributes, GraphSpec, NodeSpec } from "../graph/spec.js";
import { type Buffer, goneMessage } from "./buffer.js";

export interface CaptureResult {
  readonly node: Node;
  /** The leaf whose buffer takes the result. */
  readonly overwrites: Node | undefined;
}

export interface Captured {
  readonly key: string;
  /** Leaves with data, in binding order. */
  readonly inputs: readonly Node[];
  readonly args: Float64Array;
  /** The graph as plain data; only needed at the first sight of a key. Call it before the next capture. */
  spec(): GraphSpec;
}

const DTYPE_CODE: Readonly<Record<DType, number>> = { float32: 0, int32: 1, bool: 2 };
const INPUT = 0xffff;
const ARG = 0xfffe;

/** Small numbers for operations and for attributes that have been seen. */
const opCodes = new Map<Op, number>();
const attributeCodes = new Map<string, number>();

function codeOf<K>(codes: Map<K, number>, key: K): number {
  let code = codes.get(key);
  if (code === undefined) {
    code = codes.size;
    codes.set(key, code);
  }
  return code;
}

/** Shapes of movements are in the node's own shape, so only what is left needs a text. */
function attributeCode(attributes: Attributes): number {
  let text = "";
  for (const name in attributes) if (name !== "shape") text += `${name}=${attributes[name]};`;
  return text === "" ? 0 : codeOf(attributeCodes, text) + 1;
}

let walks = 0;

export class Capture {
  private codes = new Uint16Array(4096);
  private length = 0;
  private order: Node[] = [];
  private inputs: Node[] = [];
  private args: number[] = [];
  private walk = 0;
  private prepare: (leaf: Node) => void = () => {};

  /** Walks everything the results need. `prepare` is called with each leaf before it is bound. */
  capture(results: readonly CaptureResult[], prepare: (leaf: Node) => void): Captured {
    this.walk = ++walks;
    this.length = 0;
    this.order = [];
    this.inputs = [];
    this.args = [];
    this.prepare = prepare;
    for (const { node, overwrites } of results) {
      this.visit(node);
      if (overwrites !== undefined) this.visit(overwrites);
    }
    for (const { node, overwrites } of results) {
      this.push(node.position);
      this.push(overwrites === undefined ? 0 : overwrites.position + 1);
    }
    const { order, inputs, args } = this;
    return {
      key: this.text(),
      inputs,
      args: Float64Array.from(args),
      spec: () => specOf(order, inputs, args, results),
    };
  }

  private push(code: number): void {
    if (code < 0xff00) {
      this.push16(code);
      return;
    }
    // extents and positions past 16 bits take three places, the first of which no other code uses
    this.push16(0xff00 + Math.floor(code / 0x1000000));
    this.push16(Math.floor(code / 0x1000) & 0xfff);
    this.push16(code & 0xfff);
  }

  private push16(code: number): void {
    if (this.length === this.codes.length) {
      const larger = new Uint16Array(this.codes.length * 2);
      larger.set(this.codes);
      this.codes = larger;
    }
    this.codes[this.length++] = code;
  }

  private text(): string {
    let key = "";
    for (let i = 0; i < this.length; i += 4096) {
      key += String.fromCharCode(...this.codes.subarray(i, Math.min(i + 4096, this.length)));
    }
    return key;
  }

  /** Nodes in the order in which they can be computed, without recursion: chains can be long. */
  private visit(root: Node): void {
    if (root.walk === this.walk) return;
    const stack: Node[] = [root];
    while (stack.length > 0) {
      const node = stack[stack.length - 1]!;
      if (node.walk === this.walk) {
        stack.pop();
        continue;
      }
      let ready = true;
      for (const input of node.inputs) {
        if (input.walk !== this.walk) {
          stack.push(input);
          ready = false;
        }
      }
      if (!ready) continue;
      stack.pop();
      this.enter(node);
    }
  }

  private enter(node: Node): void {
    node.walk = this.walk;
    if (node.op === undefined) {
      this.enterLeaf(node);
      return;
    }
    node.position = this.order.push(node) - 1;
    this.push(codeOf(opCodes, node.op));
    this.describe(node);
    this.push(attributeCode(node.attributes));
    this.push(node.inputs.length);
    for (const input of node.inputs) this.push(input.position);
  }

  private enterLeaf(node: Node): void {
    if (node.scalar !== undefined) {
      node.position = this.order.push(node) - 1;
      this.args.push(node.scalar);
      this.push16(ARG);
      this.describe(node);
      return;
    }
    this.prepare(node);
    if (node.value === undefined && node.data === undefined) throw new Error(goneMessage(node));
    const buffer = node.value as Buffer | undefined;
    if (buffer !== undefined && buffer.walk === this.walk) {
      node.position = buffer.position;
      return;
    }
    node.position = this.order.push(node) - 1;
    if (buffer !== undefined) {
      buffer.walk = this.walk;
      buffer.position = node.position;
    }
    this.inputs.push(node);
    this.push16(INPUT);
    this.describe(node);
  }

  private describe(node: Node): void {
    this.push(DTYPE_CODE[node.dtype] * 16 + node.shape.length);
    for (const extent of node.shape) this.push(extent);
  }
}

function specOf(
  order: readonly Node[],
  inputs: readonly Node[],
  args: readonly number[],
  results: readonly CaptureResult[],
): GraphSpec {
  const positionOf = (node: Node): number => node.position;
  let binding = 0;
  let index = 0;
  const nodes = order.map((node): NodeSpec => {
    const { shape, dtype } = node;
    if (node.op !== undefined) {
      return {
        op: node.op.name,
        inputs: node.inputs.map(positionOf),
        attributes: node.attributes,
        shape,
        dtype,
      };
    }
    return node.scalar !== undefined
      ? { op: "arg", inputs: [], attributes: { index: index++ }, shape, dtype }
      : { op: "input", inputs: [], attributes: { binding: binding++ }, shape, dtype };
  });
  return {
    nodes,
    results: results.map(({ node, overwrites }) =>
      overwrites === undefined
        ? { node: positionOf(node) }
        : { node: positionOf(node), overwrites: positionOf(overwrites) },
    ),
    inputs: inputs.length,
    args: args.length,
  };
}
