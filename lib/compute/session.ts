// The session: where the lazy graph meets the engine. It knows which plan a graph already has, runs it, turns computed
// nodes into leaves, and keeps lazy values true to what they meant when they were written.

import { BYTES, bytesOf } from "../graph/dtype.js";
import { type Node, newWalk, type Value } from "../graph/node.js";
import { elements } from "../graph/shape.js";
import { Buffer, goneMessage, type Storage } from "./buffer.js";
import { callSite } from "./call-site.js";
import { Capture, type Captured, inNewBuffers } from "./capture.js";
import { expectShortLives } from "./collector.js";
import type { EngineClient } from "./engine/client.js";
import { EngineError } from "./engine/errors.js";
import type { Explanation } from "./engine/explanation.js";
import type { Part } from "./engine/protocol.js";
import { HeldValues } from "./held.js";
import type { LiveBytes, Origin } from "./live-buffers.js";
import { computes, pendingBelow } from "./pending.js";
import { PlanTable } from "./plan-table.js";
import { PlanWatch } from "./plan-watch.js";
import { BufferPool } from "./pool.js";
import { originsOf, type Result, resultOf, settleResult } from "./results.js";
import { Rider } from "./rider.js";
import { type Asked, type Awaited, Speculation } from "./speculation.js";

/** Host data up to this size travels with each run that reads it; larger data is written to the device once. And values up to
 *  this size that are waited for come back with the run that computes them; larger ones are asked for. */
const INLINE_BYTES = 4096;

/** A storage that changes this often without being read is computed. */
const MAX_WRITES = 16;

/** A value that this many runs have computed on their way, for what is computed from it, is kept by the next one. */
const MAX_USES = 2;

export interface SessionStatistics {
  /** Runs so far, and plans compiled for them. */
  readonly runs: number;
  readonly compiles: number;
}

export class Session {
  readonly client: EngineClient;
  private readonly plans = new PlanTable();
  private readonly planWatch = new PlanWatch();
  private readonly capture: Capture;
  /** Values that the walk of the next run has found to be computed again and again. */
  private often: Node[] = [];
  private readonly pool: BufferPool;
  /** What the new results of each plan are, for people. */
  private readonly origins: (readonly Origin[])[] = [];
  private readonly held: HeldValues;
  /** Storages with a value newer than their buffer, each once. */
  private dirty: Storage[] = [];
  /** First values of storages that were replaced before they were computed. */
  private readonly superseded = new Set<Node>();
  /** Storages without a buffer whose newest value may fail to be computed, and the value from before. */
  private readonly newborn = new Map<Storage, Node>();
  /** Values to compute along with whatever is computed next (statistics of watched layers). */
  private riders: Rider[] = [];
  private readonly speculation: Speculation;
  /** A run that reports a loss which has not been waited for yet. */
  private reporting: Awaited | undefined;
  private runs = 0;
  private lastRun = -1;

  constructor(client: EngineClient) {
    expectShortLives();
    this.client = client;
    this.pool = new BufferPool(client);
    this.speculation = new Speculation({
      client,
      pool: this.pool,
      planInNewBuffers: (captured, results) => this.planFor(inNewBuffers(captured, results)),
    });
    this.capture = new Capture(
      (leaf) => this.inlineOrUpload(leaf),
      (node) => {
        if (++node.uses > MAX_USES && computes(node)) this.often.push(node);
      },
    );
    this.held = new HeldValues(this.capture);
  }

  /** Values in memory by what made them; what nobody can reach is freed first. */
  liveValues(): LiveBytes[] {
    this.pool.live.collect();
    return this.pool.live.byOrigin();
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

  /** Bytes of all values that are alive on the device, or have not been found to be dead yet. */
  get liveBytes(): number {
    return this.pool.live.bytes;
  }

  /** Says that user code holds `storage`: its value must keep its meaning when a value it reads is overwritten. */
  escape(storage: Storage): void {
    this.held.escape(storage);
  }

  /** Computes `node` together with whatever is computed next, and asks for its bytes then, also if it is computed already: an
   *  engine that is busy need not be woken. */
  ride(node: Node): Rider {
    const rider = new Rider(node);
    this.riders.push(rider);
    return rider;
  }

  /** Gives a storage a new value, which is not computed yet. */
  assign(storage: Storage, node: Node): void {
    if (storage.node !== storage.base) storage.node.owned = false;
    // what an engine held that is no more can be replaced, not overwritten
    if (storage.base?.value !== undefined && !this.pool.holds(storage.base.value)) storage.base = undefined;
    if (storage.base === undefined && storage.node.pending) {
      this.superseded.add(storage.node);
      // results of the first step in the order of later ones: then it needs no plan of its own
      if (storage.dirtyIn === this) {
        this.dirty.splice(this.dirty.lastIndexOf(storage), 1);
        storage.dirtyIn = undefined;
      }
      if (node.checked && !storage.node.checked) this.newborn.set(storage, storage.node);
    }
    storage.node = node;
    node.owned = true;
    if (storage.dirtyIn !== this) {
      storage.dirtyIn = this;
      this.dirty.push(storage);
    }
    // nobody reads it, as in a loop that only counts: keep the chain short
    if (++storage.writes >= MAX_WRITES) this.evaluate([]);
  }

  /** Computes `nodes`, all storages with new values, and the values that would lose their inputs by that: in one run. Gives
   *  the run's number if it reports the value of `report`. An interrupted cell can end here, before anything is taken. */
  evaluate(nodes: readonly Node[], report?: Node): number | undefined {
    this.client.awaitTurn();
    this.computeNewborn(nodes);
    const results = this.wanted(nodes);
    if (results.length === 0) {
      this.takeDirty();
      if (nodes.length === 0) this.settle(this.takeRiders());
      return undefined;
    }
    this.walk(results);
    const riders = this.takeRiders();
    this.takeDirty();
    const kept = this.worthKeeping(results);
    if (kept.length > 0) {
      // on their own: they must not be lost if the run fails
      this.walk(kept);
      this.run(kept);
      this.walk(results);
    }
    const all = this.held.addTo(results, riders, this.superseded);
    const reported = this.run(all, report) ? this.lastRun : undefined;
    const overdue = this.held.leave();
    this.settle(riders);
    if (overdue.length > 0) {
      this.walk(overdue);
      this.run(overdue);
    }
    return reported;
  }

  private takeRiders(): readonly Rider[] {
    const { riders } = this;
    this.riders = [];
    return riders;
  }

  /** The run that is about to start computes all storages with new values. */
  private takeDirty(): void {
    for (const storage of this.dirty) storage.dirtyIn = undefined;
    this.dirty = [];
  }

  private settle(riders: readonly Rider[]): void {
    Rider.settle(riders, this.client);
  }

  /** Computes first values in a run of their own when the next run may fail: a wrong label in the first step leaves a model
   *  with its initial values. */
  private computeNewborn(nodes: readonly Node[]): void {
    let risk = false;
    for (const node of nodes) risk ||= node.checked;
    for (const { node } of this.dirty) risk ||= node.checked;
    if (!risk) return;
    const add = (storage: Storage): void => {
      const { base, node } = storage;
      if (base === undefined && node.pending && !node.checked) this.newborn.set(storage, node);
    };
    for (const storage of this.dirty) add(storage);
    for (const { node, storage } of this.held.recent)
      if (node.slot !== undefined && storage.node === node) add(storage);
    if (this.newborn.size === 0) return;
    const results = [...this.newborn].map(([storage, node]) => resultOf(node, storage));
    this.walk(results);
    this.newborn.clear();
    this.run(results);
    for (const { node } of results) this.superseded.delete(node);
  }

  /** What is asked for, what is new in storages, and what rides along. */
  private wanted(nodes: readonly Node[]): Result[] {
    const results: Result[] = [];
    const walk = newWalk();
    const add = (node: Node, storage?: Storage): void => {
      if (!node.pending || node.walk === walk) return;
      node.walk = walk;
      results.push(resultOf(node, storage));
    };
    // first, so that a value that is also asked for goes into its storage
    for (const storage of this.dirty) add(storage.node, storage);
    for (const node of nodes) add(node);
    if (nodes.length > 0 && results.length === 0 && this.dirty.length === 0) return [];
    for (const { node } of this.riders) add(node);
    return results;
  }

  /** Takes in everything that `results` need. */
  private walk(results: readonly Result[]): void {
    const { capture } = this;
    this.often = [];
    capture.begin();
    for (const { node, overwrites } of results) {
      capture.visit(node);
      if (overwrites !== undefined) capture.visit(overwrites);
    }
  }

  /** What run after run computes on its way, and would compute again; of those, the last in each chain. */
  private worthKeeping(results: readonly Result[]): Result[] {
    if (this.often.length === 0) return [];
    const known = new Set(results.map(({ node }) => node));
    const often = this.often.filter((node) => !known.has(node));
    const below = pendingBelow(often);
    return often.filter((node) => !below.has(node)).map((node) => resultOf(node));
  }

  /** Runs what the walk has found, unless that is on its way already. Gives whether the run reports the value of `report`. */
  private run(results: readonly Result[], report?: Node): boolean {
    const captured = this.capture.finish(results);
    const plan = this.planFor(captured);
    const asked = { plan, captured, results };
    const ahead = this.speculation.take(asked);
    let reports = false;
    if (ahead === undefined) {
      reports = this.send(asked, report);
      this.speculation.learn(asked);
    } else {
      this.lastRun = ahead.sequence;
      for (let i = 0; i < results.length; i++) results[i]!.buffer = ahead.results[i];
    }
    this.runs++;
    for (const result of results) settleResult(result);
    return reports;
  }

  /** Queues a run. Gives whether it reports the value of `report`. */
  private send({ plan, captured, results }: Asked, report: Node | undefined): boolean {
    const origins = this.origins[plan] ?? originsOf(results, plan);
    this.origins[plan] = origins;
    const bindings: number[] = [];
    const inline: Part[] = [];
    for (const leaf of captured.inputs) {
      if (leaf.value === undefined) inline.push({ binding: bindings.length, data: leaf.data! });
      bindings.push(leaf.value === undefined ? this.pool.newId() : this.pool.here(leaf.value).id);
    }
    let fresh = 0;
    let reported: number | undefined;
    for (const result of results) {
      if (result.overwrites !== undefined) continue;
      const { node } = result;
      result.buffer = this.pool.newBuffer(elements(node.shape) * BYTES[node.dtype], origins[fresh++]!);
      if (node === report && result.buffer.bytes <= INLINE_BYTES) reported = bindings.length;
      bindings.push(result.buffer.id);
    }
    this.lastRun = this.client.run(plan, bindings, captured.args, inline, reported);
    if (inline.length > 0) this.client.free(inline.map(({ binding }) => bindings[binding]!));
    if (reported !== undefined && report!.requiresGrad) {
      const inputs = captured.inputs.map(({ value }) => value as Buffer | undefined);
      const made = results.flatMap(({ buffer }) => buffer ?? []);
      this.reporting = { plan, bindings: [...inputs, ...made] };
    }
    return reported !== undefined;
  }

  private planFor({ codes, length, spec }: Captured): number {
    const known = this.plans.find(codes, length);
    if (known !== undefined) return known;
    const plan = this.plans.add(codes, length);
    const graph = spec();
    const where = callSite();
    this.client.define(plan, graph, where);
    const warning = this.planWatch.made(where, graph, this.runs);
    if (warning !== undefined) console.warn(`Warning: ${warning}`);
    return plan;
  }

  /** What a result may overwrite has to be on the device, however small it is. */
  private inlineOrUpload(leaf: Node): void {
    if (leaf.value !== undefined || leaf.data === undefined) return;
    if (leaf.owned || leaf.data.byteLength > INLINE_BYTES) this.pool.upload(leaf);
  }

  /** Gives a value's memory back at once. For values that nothing else can reach. */
  release(node: Node): void {
    this.pool.release(node);
  }

  /** Lets go of values that nothing else can reach and that are likely to be computed anew, as gradients are in every step:
   *  their buffers take the next results of their size. */
  recycle(nodes: readonly Node[]): void {
    this.pool.recycle(nodes);
  }

  /** The bytes of a value, computing and waiting as needed. `keep` is computed along with it; `meanwhile` is called when everything
   *  is on its way. Throws what has gone wrong in any run before, too. */
  read(node: Node, keep: readonly Node[] = [], meanwhile?: () => void): Uint8Array {
    const run = node.pending ? this.evaluate([node, ...keep], node) : undefined;
    const ready = contentOf(node);
    if (ready instanceof Uint8Array) return ready;
    this.pool.here(ready);
    if (this.reporting !== undefined) this.speculation.awaits(this.reporting);
    this.reporting = undefined;
    meanwhile?.();
    try {
      const bytes = run === undefined ? this.client.read(ready.id) : this.client.reported(run);
      this.client.check();
      return bytes;
    } catch (error) {
      throw this.failed(error);
    }
  }

  /** The bytes of a computed value; undefined where its computation has failed, which is left to be thrown elsewhere. */
  tryRead(node: Node): Uint8Array | undefined {
    return node.value === undefined ? undefined : this.client.requested(this.client.request(node.value.id));
  }

  /** `read` without blocking. */
  async readAsync(node: Node, keep: readonly Node[] = []): Promise<Uint8Array> {
    if (node.pending) this.evaluate([node, ...keep]);
    const ready = contentOf(node);
    if (ready instanceof Uint8Array) return ready;
    this.pool.here(ready);
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

  /** What the plan does that computes those of `nodes` that are not computed; if all are, the one that computed the first, with
   *  its times. Undefined where the values were given. */
  explain(nodes: readonly Node[]): Explanation | undefined {
    const pending = nodes.filter((node) => node.pending);
    if (pending.length > 0) {
      const capture = new Capture((leaf) => this.inlineOrUpload(leaf));
      return this.client.explain(this.planFor(capture.capture(pending.map((node) => resultOf(node)))));
    }
    const [value] = nodes.flatMap((node) => (node.value instanceof Buffer ? [node.value] : []));
    const plan = value && this.pool.live.originOf(value)?.plan;
    return plan === undefined ? undefined : this.client.explain(plan, true);
  }
}

/** The bytes of a value that is known here, or the device's buffer it is in. */
function contentOf(node: Node): Uint8Array | Value {
  if (node.data !== undefined) return node.data;
  if (node.scalar !== undefined) return bytesOf([node.scalar], node.dtype);
  if (node.value === undefined) throw new Error(goneMessage(node));
  return node.value;
}
