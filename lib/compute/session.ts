// The session: where the lazy graph meets the engine. It knows which plan a graph already has, runs it, turns computed
// nodes into leaves, and keeps lazy values true to what they meant when they were written.

import { BYTES } from "../graph/dtype.js";
import { type Node, opNamed, settle, type Value } from "../graph/node.js";
import { elements } from "../graph/shape.js";
import { Buffer, DISPOSED, goneMessage, type Storage } from "./buffer.js";
import { Capture, type Captured } from "./capture.js";
import type { EngineClient } from "./engine/client.js";
import { EngineError } from "./engine/errors.js";

/** Host data up to this size travels with each run that reads it; larger data is written to the device once. */
const INLINE_BYTES = 4096;

/** A storage that changes this often without being read is computed. */
const MAX_WRITES = 16;

/** A value that this many runs have computed on their way, for what is computed from it, is kept by the next one. */
const MAX_USES = 2;

interface Result {
  readonly node: Node;
  /** Set: the value goes into this storage's buffer, if it has one. */
  readonly storage?: Storage;
}

/** A value in the hands of user code. */
interface Held {
  readonly node: Node;
  readonly storage: Storage;
}

export interface SessionStatistics {
  /** Runs so far, and plans compiled for them. */
  readonly runs: number;
  readonly compiles: number;
}

export class Session {
  readonly client: EngineClient;
  private readonly plans = new Map<string, number>();
  private readonly capture = new Capture();
  private readonly finalizer: FinalizationRegistry<number>;
  /** Values user code was given since the last run. */
  private escaped: Held[] = [];
  /** Older ones that are not computed yet and read a value which may be overwritten. */
  private atRisk: { readonly node: Node; readonly handle: WeakRef<Storage> }[] = [];
  /** Storages with a value newer than their buffer. */
  private readonly dirty = new Set<Storage>();
  /** First values of storages that were replaced before they were computed. */
  private readonly superseded = new Set<Node>();
  /** Storages without a buffer whose newest value may fail to be computed, and the value from before. */
  private readonly newborn = new Map<Storage, Node>();
  /** Values to compute along with whatever is computed next (statistics of watched layers). */
  private riders: { node: Node; settled: () => void }[] = [];
  private nextBuffer = 1;
  private runs = 0;
  private lastRun = -1;

  constructor(client: EngineClient) {
    this.client = client;
    this.finalizer = new FinalizationRegistry((id) => client.free([id]));
  }

  statistics(): SessionStatistics {
    return { runs: this.runs, compiles: this.plans.size };
  }

  /** Number of the last run, to ask `isDone` about. */
  get latest(): number {
    return this.lastRun;
  }

  /** True once the run with this number has finished. Never waits. */
  isDone(run: number): boolean {
    return this.client.completed(run);
  }

  /** Says that user code holds `storage`: its value must keep its meaning when a value it reads is overwritten. */
  escape(storage: Storage): void {
    const { node } = storage;
    if (node.pending) this.escaped.push({ node, storage });
  }

  /** Computes `node` together with whatever is computed next, then calls `settled`. */
  ride(node: Node, settled: () => void): void {
    this.riders.push({ node, settled });
  }

  /** Gives a storage a new value, which is not computed yet. */
  assign(storage: Storage, node: Node): void {
    if (storage.node !== storage.base) storage.node.owned = false;
    if (storage.base === undefined && storage.node.pending) {
      this.superseded.add(storage.node);
      if (node.checked && !storage.node.checked) this.newborn.set(storage, storage.node);
    }
    storage.node = node;
    node.owned = true;
    this.dirty.add(storage);
    // nobody reads it, as in a loop that only counts: keep the chain short
    if (++storage.writes >= MAX_WRITES) this.evaluate([]);
  }

  /** Computes `nodes`, all storages with new values, and the values that would lose their inputs by that: in one run. */
  evaluate(nodes: readonly Node[]): void {
    this.computeNewborn(nodes);
    const results = this.collect(nodes);
    const riders = this.riders;
    if (results.length === 0) return;
    this.riders = [];
    this.run(results);
    this.keepAtRisk();
    for (const rider of riders) rider.settled();
  }

  /** Gives storages without a buffer one, in a run of their own, when the next run may fail: a wrong label in the first step
   *  leaves a model with its initial values. */
  private computeNewborn(nodes: readonly Node[]): void {
    const risk = nodes.some(({ checked }) => checked) || [...this.dirty].some(({ node }) => node.checked);
    if (!risk) return;
    for (const storage of this.dirty) {
      const { base, node } = storage;
      if (base === undefined && node.pending && !node.checked) this.newborn.set(storage, node);
    }
    const results = [...this.newborn].map(([storage, node]) => ({ node, storage }));
    this.newborn.clear();
    if (results.length > 0) this.run(results);
    for (const { node } of results) this.superseded.delete(node);
  }

  private collect(nodes: readonly Node[]): Result[] {
    const results = new Map<Node, Result>();
    const stores: Result[] = [];
    for (const node of nodes) if (node.pending) results.set(node, { node });
    if (nodes.length > 0 && results.size === 0 && this.dirty.size === 0) return [];
    for (const { node } of this.riders) if (node.pending) results.set(node, { node });
    const doomed = new Set<Node>(this.superseded);
    this.superseded.clear();
    for (const storage of this.dirty) {
      if (!storage.node.pending) continue;
      if (storage.base !== undefined) doomed.add(storage.base);
      results.delete(storage.node);
      stores.push({ node: storage.node, storage });
    }
    this.dirty.clear();
    const stored = new Set(stores.map(({ node }) => node));
    // what user code holds and this run computes on the way, or could not be computed after it, comes out of it
    this.escaped = this.held();
    const shared = pendingBelow([...results.keys(), ...stored], (node) => results.set(node, { node }));
    const settles = (node: Node): boolean => node.safe || stored.has(node);
    const reads = finder((node) => doomed.has(node), settles);
    const risky = finder(isOwned, settles);
    for (const { node } of this.escaped) {
      if (stored.has(node)) continue;
      const onTheWay = shared.has(node) && (node.requiresGrad || risky(node));
      if (onTheWay || (doomed.size > 0 && reads(node))) results.set(node, { node });
    }
    return [...results.values(), ...stores];
  }

  /** Values that are not computed and still in the hands of user code. */
  private held(): Held[] {
    const older = this.atRisk.flatMap(({ node, handle }) => {
      const storage = handle.deref();
      return storage === undefined ? [] : [{ node, storage }];
    });
    this.atRisk = [];
    return [...older, ...this.escaped].filter(({ node, storage }) => node.pending && storage.node === node);
  }

  /** After a run: remembers, without keeping them alive, the held values that a later run could make impossible to compute. */
  private keepAtRisk(): void {
    const risky = finder(isOwned, (node) => node.safe);
    for (const { node, storage } of this.escaped) {
      if (!node.pending) continue;
      if (risky(node)) this.atRisk.push({ node, handle: new WeakRef(storage) });
      else node.safe = true;
    }
    this.escaped = [];
  }

  private run(results: readonly Result[]): void {
    const captured = this.capture.capture(
      results.map(({ node, storage }) => ({ node, overwrites: storage?.base })),
      (leaf) => this.inlineOrUpload(leaf),
    );
    const plan = this.planFor(captured);
    const bindings = captured.inputs.map((leaf) =>
      leaf.value === undefined ? this.nextBuffer++ : leaf.value.id,
    );
    const inline = captured.inputs.flatMap((leaf, i) =>
      leaf.value === undefined ? [{ binding: i, data: leaf.data! }] : [],
    );
    const fresh = new Map<Result, Buffer>();
    for (const result of results) {
      if (result.storage?.base !== undefined) continue;
      const buffer = this.newBuffer(elements(result.node.shape) * BYTES[result.node.dtype]);
      fresh.set(result, buffer);
      bindings.push(buffer.id);
    }
    this.lastRun = this.client.run(plan, bindings, captured.args, inline);
    this.runs++;
    const transient = inline.map(({ binding }) => bindings[binding]!);
    if (transient.length > 0) this.client.free(transient);
    for (const result of results) this.settleResult(result, fresh.get(result));
  }

  private settleResult({ node, storage }: Result, buffer: Buffer | undefined): void {
    const base = storage?.base;
    settle(node, buffer ?? base!.value!);
    if (storage === undefined) return;
    storage.base = node;
    storage.writes = 0;
    if (base === undefined) return;
    base.value = undefined;
    base.owned = false;
    base.overwritten = "a later in-place update (an optimizer's step, or a running statistic)";
  }

  private planFor(captured: Captured): number {
    let plan = this.plans.get(captured.key);
    if (plan === undefined) {
      plan = this.plans.size + 1;
      this.plans.set(captured.key, plan);
      this.client.define(plan, captured.spec());
    }
    return plan;
  }

  private newBuffer(bytes: number): Buffer {
    const buffer = new Buffer(this.nextBuffer++, bytes);
    this.finalizer.register(buffer, buffer.id, buffer);
    return buffer;
  }

  private inlineOrUpload(leaf: Node): void {
    if (leaf.value === undefined && leaf.data !== undefined && leaf.data.byteLength > INLINE_BYTES)
      this.upload(leaf);
  }

  /** Writes a leaf's host data to the device. */
  upload(leaf: Node): void {
    const data = leaf.data;
    if (data === undefined) throw new Error("upload: the node has no host data");
    const buffer = this.newBuffer(data.byteLength);
    this.client.write(buffer.id, data);
    leaf.value = buffer;
    leaf.data = undefined;
  }

  /** Gives a value's memory back at once. For values that nothing else can reach. */
  release(node: Node): void {
    const { value } = node;
    if (!(value instanceof Buffer)) return;
    this.finalizer.unregister(value);
    this.client.free([value.id]);
    node.value = undefined;
    node.overwritten = DISPOSED;
  }

  /** The bytes of a value, computing and waiting as needed. Throws what has gone wrong in any run before, too. */
  read(node: Node, keep: readonly Node[] = []): Uint8Array {
    const ready = this.prepare(node, keep);
    if (ready instanceof Uint8Array) return ready;
    try {
      const bytes = this.client.read(ready.id);
      this.client.check();
      return bytes;
    } catch (error) {
      throw this.failed(error);
    }
  }

  /** The bytes of a computed value; undefined where its computation has failed, which is left to be thrown elsewhere. */
  tryRead(node: Node): Uint8Array | undefined {
    return node.value === undefined ? undefined : this.client.tryRead(node.value.id);
  }

  /** `read` without blocking. */
  async readAsync(node: Node, keep: readonly Node[] = []): Promise<Uint8Array> {
    const ready = this.prepare(node, keep);
    if (ready instanceof Uint8Array) return ready;
    try {
      const bytes = await this.client.readAsync(ready.id);
      this.client.check();
      return bytes;
    } catch (error) {
      throw this.failed(error);
    }
  }

  /** Throws what has gone wrong in runs that are done by now. */
  check(): void {
    try {
      this.client.check();
    } catch (error) {
      throw this.failed(error);
    }
  }

  /** The error itself. Runs on their way may fail for the same reason: told once is enough. */
  private failed(error: unknown): unknown {
    try {
      if (error instanceof EngineError && error.kind === "fault") this.client.synchronize();
    } catch (later) {
      if (!(later instanceof EngineError)) return later;
    }
    return error;
  }

  private prepare(node: Node, keep: readonly Node[]): Uint8Array | Value {
    if (node.pending) this.evaluate([node, ...keep]);
    if (node.data !== undefined) return node.data;
    if (node.scalar !== undefined) {
      const array =
        node.dtype === "float32" ? new Float32Array([node.scalar]) : new Int32Array([node.scalar]);
      return node.dtype === "bool" ? new Uint8Array([node.scalar]) : new Uint8Array(array.buffer);
    }
    if (node.value === undefined) throw new Error(goneMessage(node));
    return node.value;
  }

  /** What the plan that computes `nodes` would do, in words. */
  explain(nodes: readonly Node[]): string {
    const captured = this.capture.capture(
      nodes.filter((node) => node.pending).map((node) => ({ node, overwrites: undefined })),
      (leaf) => this.inlineOrUpload(leaf),
    );
    return this.client.explain(this.planFor(captured));
  }
}

/** All pending nodes that `roots` are computed from. `often` is told of those that are worth keeping, because run after run
 *  computes them again (a data set that was scaled and never read); not of those below them. */
function pendingBelow(roots: readonly Node[], often: (node: Node) => void): Set<Node> {
  const seen = new Set<Node>(roots);
  const stack = roots.flatMap((root) => root.inputs);
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (!node.pending || seen.has(node)) continue;
    seen.add(node);
    if (node.inputs.length > 0 && ++node.uses > MAX_USES && computes(node)) often(node);
    else stack.push(...node.inputs);
  }
  return seen;
}

const computes = (node: Node): boolean => {
  const { kind } = opNamed(node.op!.name).lowering;
  return kind === "elementwise" || kind === "reduce" || kind === "matmul" || kind === "routine";
};

const isOwned = (node: Node): boolean => node.owned;

/** A test whether a node is, or is computed from, one that `is` holds for; it does not look below nodes for which `ends` holds,
 *  and remembers what it found. */
function finder(is: (node: Node) => boolean, ends: (node: Node) => boolean): (node: Node) => boolean {
  const known = new Map<Node, boolean>();
  // without recursion: chains can be long
  return (root) => {
    const stack = [root];
    while (stack.length > 0) {
      const node = stack[stack.length - 1]!;
      const found = is(node);
      const end = found || ends(node);
      const open = end ? undefined : node.inputs.find((input) => !known.has(input));
      if (open !== undefined) {
        stack.push(open);
        continue;
      }
      stack.pop();
      known.set(node, found || (!end && node.inputs.some((input) => known.get(input)!)));
    }
    return known.get(root)!;
  };
}

/** True for nodes whose recomputation would cost more than elementwise work. */
export function isExpensive(node: Node): boolean {
  if (node.op === undefined) return false;
  const { kind } = opNamed(node.op.name).lowering;
  return kind === "reduce" || kind === "matmul" || kind === "routine";
}
