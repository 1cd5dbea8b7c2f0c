// What every tensor has: a storage, a shape, ways to read the value, a gradient. Its operations are in methods/.

import { DISPOSED, Storage } from "../compute/buffer.js";
import { type DType, isFloat, typedArray } from "../graph/dtype.js";
import { isGradEnabled, Node } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { elements, formatShape, normalizeAxis, sameShape } from "../graph/shape.js";
import { backward, type GradientSlot, pendingGradients } from "./autograd.js";
import { tensorDisplay } from "./display.js";
import { formatTensor, nested } from "./format.js";
import { expensiveBelow, keepForBackward, prepareBackward } from "./forward-values.js";
import { addHook, setLastHook } from "./hooks.js";
import { madeInScope } from "./memory.js";
import { displaysAs, printsAs } from "./printing.js";
import { isInsideModule } from "./scope.js";
import { session } from "./session.js";
import { allowSubscripts } from "./subscript.js";
import type { NestedArray } from "./types.js";
import { warnOnce } from "./warn.js";

/** Takes a hook off again. */
export interface HookHandle {
  remove(): void;
}

export interface BackwardOptions {
  /** Keep the graph for another backward(). */
  retainGraph?: boolean;
  /** Record the backward pass too, for derivatives of derivatives. */
  createGraph?: boolean;
}

/** Where computed tensors that were asked to keep their gradients have them. */
const retained = new WeakMap<object, GradientSlot>();

/** Operations whose results are views in PyTorch. */
const MOVES: ReadonlySet<string | undefined> = new Set(["reshape", "permute", "expand", "slice"]);

/** Everything about a tensor but its operations. */
export abstract class TensorBase<T extends TensorBase<T>> {
  /** `x[0]`, `x[-1]`: `x.at(0)`, `x.at(-1)` (lib/tensor/subscript.ts). */
  readonly [index: number]: T;
  /** Where the value is; detached tensors share it. */
  storage: Storage;
  private cut: boolean;

  /** Use `tensor(...)` and the creation functions; this wraps what they made. */
  constructor(storage: Storage, cut = false) {
    if (!(storage instanceof Storage)) {
      throw new TypeError("new Tensor: make tensors with tensor([1, 2, 3]), tensor.zeros(2, 3) and the like");
    }
    this.storage = storage;
    this.cut = cut;
    if (storage.node.pending && !isInsideModule()) session().escape(storage);
  }

  /** The node to record operations on. */
  get node(): Node {
    return this.cut ? ops.detached(this.storage.node) : this.storage.node;
  }

  /** The extents: rows, columns, ... */
  get shape(): readonly number[] {
    return this.storage.node.shape;
  }
  /** The type of the elements: "float32", "float16", "int32", "uint8" or "bool". */
  get dtype(): DType {
    return this.storage.node.dtype;
  }
  /** Number of dimensions. */
  get ndim(): number {
    return this.shape.length;
  }
  /** The extents, or the extent of one dimension.
   *  @example tensor.zeros(2, 3).size(-1) // -> 3 */
  size(): readonly number[];
  size(dim: number): number;
  size(dim?: number): readonly number[] | number {
    return dim === undefined ? this.shape : this.shape[normalizeAxis(dim, this.ndim, "size")]!;
  }
  /** Number of elements.
   *  @example tensor.zeros(2, 3).numel() // -> 6 */
  numel(): number {
    return elements(this.shape);
  }

  // --- reading -------------------------------------------------------------------------------------------------------

  /** What is to be computed along with the value. */
  private keep(): Node[] {
    const { node } = this.storage;
    if (!node.pending) return [];
    const gradients = pendingGradients();
    if (!node.requiresGrad || !isGradEnabled()) return gradients;
    return [...gradients, ...(node.shape.length === 0 ? keepForBackward(node) : expensiveBelow(node))];
  }

  /** The values, row-major, as a typed array: Float32Array for floats, Int32Array for int32, Uint8Array for uint8 and bool. Waits.
   *  @example tensor([[1, 2], [3, 4]]).toTypedArray()[2] // -> 3 */
  toTypedArray(): Float32Array | Int32Array | Uint8Array {
    const { node } = this.storage;
    const meanwhile = node.pending && isGradEnabled() ? () => prepareBackward(node) : undefined;
    return typedArray(this.dtype, session().read(node, this.keep(), meanwhile).slice());
  }
  /** `toTypedArray` without waiting: for code that must not block.
   *  @example (await tensor([1, 2]).toTypedArrayAsync())[1] // -> 2 */
  async toTypedArrayAsync(): Promise<Float32Array | Int32Array | Uint8Array> {
    return typedArray(this.dtype, (await session().readAsync(this.storage.node, this.keep())).slice());
  }
  /** The values as nested arrays; a number for a 0-d tensor. Waits.
   *  @example tensor([[1, 2], [3, 4]]).toArray() // -> [[1, 2], [3, 4]] */
  toArray(): NestedArray {
    return nested(this.toTypedArray(), this.shape, this.dtype);
  }
  /** `toArray` without waiting: for code that must not block.
   *  @example await tensor([1, 2]).toArrayAsync() // -> [1, 2] */
  async toArrayAsync(): Promise<NestedArray> {
    return nested(await this.toTypedArrayAsync(), this.shape, this.dtype);
  }
  /** The only element as a number. Waits.
   *  @example tensor([1, 2]).sum().item() // -> 3 */
  item(): number {
    this.requireSingle("item");
    return this.toTypedArray()[0]!;
  }
  /** `item` without waiting: for code that must not block.
   *  @example await tensor([1, 2]).sum().itemAsync() // -> 3 */
  async itemAsync(): Promise<number> {
    this.requireSingle("itemAsync");
    return (await this.toTypedArrayAsync())[0]!;
  }
  private requireSingle(what: string): void {
    if (this.numel() !== 1) {
      throw new RangeError(
        `${what}(): needs a single element, got shape ${formatShape(this.shape)}; use .toArray()`,
      );
    }
  }
  /** Starts computing the value without waiting for it.
   *  @example tensor([1, 2]).add(1).realize() // -> [2, 3] */
  realize(): this {
    if (this.storage.node.pending) session().evaluate([this.storage.node, ...this.keep()]);
    return this;
  }
  toString(): string {
    return formatTensor(this);
  }
  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string") return this.toString();
    throw new TypeError(
      "tensors have no operators in TypeScript: write a.add(b), a.sub(b), a.mul(b), a.div(b), a.gt(b), or .item() for a number",
    );
  }

  // --- gradients -----------------------------------------------------------------------------------------------------

  /** Whether backward() looks at this tensor. Settable for leaves. */
  get requiresGrad(): boolean {
    return !this.cut && this.storage.node.requiresGrad;
  }
  set requiresGrad(requiresGrad: boolean) {
    this.requiresGrad_(requiresGrad);
  }
  /** Whether it was made, and not computed from a tensor that requires a gradient. */
  get isLeaf(): boolean {
    return this.cut || this.storage.node.tape === undefined;
  }
  /** Makes this leaf collect gradients in `grad` (or stops it).
   *  @example tensor([1, 2]).requiresGrad_().requiresGrad // -> true */
  requiresGrad_(requiresGrad = true): this {
    if (requiresGrad === this.requiresGrad) return this;
    if (this.cut) {
      // a leaf of its own: what it was cut off from must not start to collect gradients
      this.storage = new Storage(ops.identity(this.node));
      this.cut = false;
    }
    const { node } = this.storage;
    if (node.tape !== undefined) {
      throw new Error(
        "requiresGrad_(): only leaf tensors can be changed; use .detach() to cut a computed one off",
      );
    }
    if (!isFloat(this.dtype))
      throw new TypeError(`requiresGrad_(): only float32 and float16 have gradients, got ${this.dtype}`);
    // an own node: the value may be shared with tensors that need no gradient
    if (requiresGrad && node.pending) {
      this.storage.node = ops.identity(node);
      if (!isInsideModule()) session().escape(this.storage);
    }
    this.storage.node.requiresGrad = requiresGrad;
    this.storage.node.slot = requiresGrad
      ? ({ gradient: undefined, exposed: undefined } satisfies GradientSlot)
      : undefined;
    return this;
  }
  private get slot(): GradientSlot | undefined {
    return (this.storage.node.slot as GradientSlot | undefined) ?? retained.get(this);
  }
  /** The gradient that backward() has added up, if any. */
  get grad(): T | null {
    const { slot } = this;
    if (this.cut || slot?.gradient === undefined) return null;
    slot.exposed ??= this.like(slot.gradient, false);
    return slot.exposed as T;
  }
  set grad(gradient: T | null) {
    const { slot } = this;
    if (slot === undefined)
      throw new Error("grad: this tensor does not collect gradients; call .requiresGrad_() first");
    if (gradient !== null && !sameShape(gradient.shape, this.shape)) {
      throw new RangeError(
        `grad: shape ${formatShape(gradient.shape)} for a tensor ${formatShape(this.shape)}`,
      );
    }
    slot.gradient = gradient?.storage;
    slot.exposed = gradient ?? undefined;
  }
  /** Adds the gradients of this number (or of the sum of `this * gradient`) to the leaves it was computed from.
   *
   *  @example
   *  const w = tensor([1, 2], { requiresGrad: true });
   *  w.square().sum().backward();
   *  w.grad // -> [2, 4] */
  backward(gradient?: T, options: BackwardOptions = {}): void {
    const { createGraph = false } = options;
    backward(this.node, gradient?.node, options.retainGraph ?? createGraph, createGraph);
  }
  /** Calls `hook` with this tensor's gradient in each backward pass, once all of it is there. A tensor that it returns takes the
   *  gradient's place for everything that comes after.
   *
   *  @example
   *  const w = tensor([1, 2], { requiresGrad: true });
   *  w.registerHook((gradient) => gradient.clamp({ max: 1 }));
   *  w.square().sum().backward();
   *  w.grad // [1, 1] */
  registerHook(hook: (gradient: T) => unknown): HookHandle {
    this.requireGradient("registerHook");
    const own = (node: Node): Node | undefined => {
      const result = hook(this.like(new Storage(node), false));
      return result instanceof TensorBase ? (result as T).node : undefined;
    };
    return { remove: addHook(this.storage.node, own) };
  }
  /** Lets a computed tensor keep its gradient in `grad`, as leaves do.
   *
   *  @example
   *  const a = tensor([1, 2], { requiresGrad: true });
   *  const b = a.mul(3);
   *  b.retainGrad();
   *  b.square().sum().backward();
   *  b.grad // [6, 12] */
  retainGrad(): void {
    this.requireGradient("retainGrad");
    if (this.isLeaf || retained.has(this)) return;
    const slot: GradientSlot = { gradient: undefined, exposed: undefined };
    retained.set(this, slot);
    setLastHook(this.storage.node, (gradient) => {
      if (slot.gradient === undefined) slot.gradient = new Storage(gradient);
      else slot.gradient.node = ops.add(slot.gradient.node, gradient);
      return undefined;
    });
  }
  private requireGradient(what: string): void {
    if (this.requiresGrad) return;
    throw new Error(
      `${what}(): this tensor requires no gradient, so that none will come; call .requiresGrad_() on it or on what it is ` +
        "computed from",
    );
  }
  /** The same storage, seen without a history.
   *  @example tensor([1, 2], { requiresGrad: true }).mul(2).detach().requiresGrad // -> false */
  detach(): T {
    return this.like(this.storage, true);
  }
  /** A plain tensor on a storage. */
  protected abstract like(storage: Storage, cut: boolean): T;
  /** A tensor for a recorded node. */
  protected wrap(node: Node): T {
    const tensor = this.like(new Storage(node), false);
    madeInScope(tensor);
    return tensor;
  }
  /** The values without gradients, as a tensor that shares the storage. Assigning replaces the value. */
  get data(): T {
    return this.detach();
  }
  set data(value: T) {
    if (!sameShape(value.shape, this.shape)) {
      throw new RangeError(`data: shape ${formatShape(value.shape)} for a tensor ${formatShape(this.shape)}`);
    }
    this.assign(ops.detached(value.node), false);
  }
  /** A copy of the value, with its history.
   *
   *  @example
   *  const a = tensor([1, 2]);
   *  const b = a.clone();
   *  a.zero_();
   *  b // -> [1, 2] */
  clone(): T {
    return this.wrap(ops.identity(this.node));
  }

  /** Gives the storage a new value: the base of all operations that end in "_". */
  protected assign(node: Node, checkLeaf = true): this {
    const current = this.storage.node;
    if (checkLeaf && this.requiresGrad && this.isLeaf && isGradEnabled()) {
      throw new Error(
        "in-place change of a leaf that requires a gradient: wrap it in noGrad(() => ...) or change its .data, " +
          "so that it is clear that backward() must not look at it",
      );
    }
    if (MOVES.has(current.op?.name) && !isInsideModule()) {
      warnOnce(
        "in-place change of a slice, or of a reshaped, transposed or expanded tensor: unlike PyTorch's views it is a copy, and " +
          'the tensor it was made from stays as it is. To change a part of x, write x.indexPut_([0, ":"], values)',
      );
    }
    const value = ops.cast(node, this.dtype);
    if (!sameShape(value.shape, this.shape)) {
      throw new RangeError(
        `in-place result ${formatShape(value.shape)} does not fit the tensor ${formatShape(this.shape)}`,
      );
    }
    const next = ops.identity(value);
    if (current.slot !== undefined) {
      next.tape = undefined;
      next.requiresGrad = true;
      next.slot = current.slot;
    }
    session().assign(this.storage, next);
    return this;
  }
  /** Gives the memory back now. Reading the tensor afterwards is an error.
   *  @example tensor.zeros(1000, 1000).dispose() */
  dispose(): void {
    const { storage } = this;
    const { node } = storage;
    session().release(node);
    // what is computed from the value later still can be, unless it needs the memory: only this handle forgets it
    storage.node = new Node(undefined, [], node.attributes, node.shape, node.dtype);
    storage.node.overwritten = DISPOSED;
  }
  [Symbol.dispose](): void {
    this.dispose();
  }
}

allowSubscripts(TensorBase);

// console.log and the notebook show values
printsAs(TensorBase);
displaysAs(TensorBase, tensorDisplay);
