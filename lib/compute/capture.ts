// From pending nodes to a structure with a key: two steps that do the same work have the same key, whatever their values,
// learning rates or batches are. Keys are compared exactly; a hash only says where to look.

import type { DType } from "../graph/dtype.js";
import { specOf } from "../graph/expand.js";
import { NO_ATTRIBUTES, type Node, newWalk } from "../graph/node.js";
import type { Attributes, GraphSpec } from "../graph/spec.js";
import { type Buffer, goneMessage } from "./buffer.js";

export interface CaptureResult {
  readonly node: Node;
  /** The leaf whose buffer takes the result. */
  readonly overwrites: Node | undefined;
}

/** What one walk has found. The arrays are only good until the next walk. */
export interface Captured {
  /** The structure as numbers; only the first `length` count. */
  readonly codes: Int32Array;
  readonly length: number;
  /** Leaves with data, in binding order. */
  readonly inputs: readonly Node[];
  readonly args: readonly number[];
  /** The graph as plain data; only needed at the first sight of a key. */
  spec(): GraphSpec;
}

// The key is a sequence of numbers that tells the graph apart from every other one. For each node in order:
//   a leaf with data: INPUT, its dtype and rank, its extents
//   a scalar argument: ARG, its dtype
//   an operation: its code with the number of inputs, the inputs' positions, its attributes
// Shapes and types of computed values follow from those of the leaves. After the nodes: RESULTS, and for each result its
// position and, plus 1, that of the leaf it overwrites.
const INPUT = -1;
const ARG = -2;
const RESULTS = -3;
/** An attribute starts with a number from here downwards, which tells its name and what kind of value follows. */
const ATTRIBUTES = -8;
const WHOLE = 0;
const LIST = 1;
const OTHER = 2;

const DTYPE_CODE: Readonly<Record<DType, number>> = { float32: 0, int32: 1, bool: 2, float16: 3, uint8: 4 };

/** Small numbers for names of attributes, and for values of attributes that are no whole numbers. */
const nameCodes = new Map<string, number>();
const valueCodes = new Map<unknown, number>();

function codeOf<K>(codes: Map<K, number>, key: K): number {
  let code = codes.get(key);
  if (code === undefined) {
    code = codes.size;
    codes.set(key, code);
  }
  return code;
}

/** Whole numbers of 32 bits, but not -0. */
const isWhole = (value: unknown): boolean =>
  typeof value === "number" && (value | 0) === value && (value !== 0 || 1 / value > 0);

const NEGATIVE_ZERO = Symbol("-0");

/** What stands for a value that is no whole number in a map, which takes 0 and -0 for the same. */
const exactly = (value: unknown): unknown =>
  typeof value === "object" ? String(value) : Object.is(value, -0) ? NEGATIVE_ZERO : value;

export class Capture {
  private codes = new Int32Array(4096);
  private length = 0;
  private order: Node[] = [];
  private inputs: Node[] = [];
  private args: number[] = [];
  private walk = 0;
  /** From a root to the node that is looked at, and for each of them which input is next. */
  private readonly path: Node[] = [];
  private readonly next: number[] = [];
  private readonly prepare: (leaf: Node) => void;
  private readonly entered: (node: Node) => void;

  /** `prepare` is called with each leaf with data before it is bound, `entered` with each node that is to be computed. */
  constructor(prepare: (leaf: Node) => void = () => {}, entered: (node: Node) => void = () => {}) {
    this.prepare = prepare;
    this.entered = entered;
  }

  /** Starts a new walk, which finds nothing yet. */
  begin(): void {
    this.walk = newWalk();
    // a walk that met a value that is gone has ended early
    this.path.length = 0;
    this.next.length = 0;
    this.length = 0;
    this.order = [];
    this.inputs = [];
    this.args = [];
  }

  /** True for nodes that this walk has met. */
  has(node: Node): boolean {
    return node.walk === this.walk;
  }

  /** Takes in everything that `root` is computed from: nodes in the order in which they can be computed, without recursion,
   *  since chains can be long. */
  visit(root: Node): void {
    const { walk, path, next } = this;
    if (root.walk === walk) return;
    path.push(root);
    next.push(0);
    while (path.length > 0) {
      const last = path.length - 1;
      const node = path[last]!;
      const { inputs } = node;
      let i = next[last]!;
      while (i < inputs.length && inputs[i]!.walk === walk) i++;
      if (i < inputs.length) {
        next[last] = i + 1;
        path.push(inputs[i]!);
        next.push(0);
      } else {
        path.pop();
        next.pop();
        this.enter(node);
      }
    }
  }

  /** The structure of what has been visited, with these results. */
  finish(results: readonly CaptureResult[]): Captured {
    this.room(2 * results.length + 1);
    const { codes } = this;
    let at = this.length;
    codes[at++] = RESULTS;
    for (const { node, overwrites } of results) {
      codes[at++] = node.position;
      codes[at++] = overwrites === undefined ? 0 : overwrites.position + 1;
    }
    this.length = at;
    const { order, inputs, args } = this;
    // handed over: kept here they would keep the run's values alive until the next one
    this.order = [];
    this.inputs = [];
    return { codes, length: at, inputs, args, spec: () => specOf({ order, results }) };
  }

  /** All of it at once. */
  capture(results: readonly CaptureResult[]): Captured {
    this.begin();
    for (const { node, overwrites } of results) {
      this.visit(node);
      if (overwrites !== undefined) this.visit(overwrites);
    }
    return this.finish(results);
  }

  /** Makes sure that `count` more codes fit. */
  private room(count: number): void {
    if (this.length + count <= this.codes.length) return;
    const larger = new Int32Array(2 * this.codes.length + count);
    larger.set(this.codes);
    this.codes = larger;
  }

  private enter(node: Node): void {
    node.walk = this.walk;
    if (node.op === undefined) {
      this.enterLeaf(node);
      return;
    }
    this.entered(node);
    node.position = this.order.push(node) - 1;
    const { inputs, attributes } = node;
    this.room(inputs.length + 1);
    const { codes } = this;
    let at = this.length;
    codes[at++] = node.op.code * 0x10000 + inputs.length;
    for (let i = 0; i < inputs.length; i++) codes[at++] = inputs[i]!.position;
    this.length = at;
    if (attributes !== NO_ATTRIBUTES) this.describe(attributes);
  }

  private describe(attributes: Attributes): void {
    for (const name in attributes) {
      const value = attributes[name]!;
      const tag = ATTRIBUTES - 4 * codeOf(nameCodes, name);
      if (isWhole(value)) {
        this.room(2);
        this.codes[this.length++] = tag - WHOLE;
        this.codes[this.length++] = value as number;
      } else if (typeof value === "object" && value.every(isWhole)) {
        this.room(2 + value.length);
        this.codes[this.length++] = tag - LIST;
        this.codes[this.length++] = value.length;
        for (let i = 0; i < value.length; i++) this.codes[this.length++] = value[i]!;
      } else {
        this.room(2);
        this.codes[this.length++] = tag - OTHER;
        this.codes[this.length++] = codeOf(valueCodes, exactly(value));
      }
    }
  }

  private enterLeaf(node: Node): void {
    if (node.scalar !== undefined) {
      node.position = this.order.push(node) - 1;
      this.args.push(node.scalar);
      this.room(2);
      this.codes[this.length++] = ARG;
      this.codes[this.length++] = DTYPE_CODE[node.dtype];
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
    const { shape } = node;
    this.room(2 + shape.length);
    this.codes[this.length++] = INPUT;
    this.codes[this.length++] = DTYPE_CODE[node.dtype] * 16 + shape.length;
    for (let i = 0; i < shape.length; i++) this.codes[this.length++] = shape[i]!;
  }
}

/** The same computation, with new buffers for all its results. */
export function inNewBuffers(captured: Captured, results: number): Captured {
  const codes = captured.codes.slice(0, captured.length);
  for (let i = 0; i < results; i++) codes[captured.length - 1 - 2 * i] = 0;
  const spec = (): GraphSpec => {
    const graph = captured.spec();
    return { ...graph, results: graph.results.map(({ node }) => ({ node })) };
  };
  return { ...captured, codes, spec };
}
