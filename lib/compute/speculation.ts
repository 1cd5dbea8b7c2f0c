// Speculative execution. A loop that reads its loss in every step asks for the update of its parameters only once it has the loss,
// and while the host records that, the device would have nothing to do. Such a loop repeats itself: so the update is started
// right behind the loss, before it is asked for. It writes into buffers of its own, never over a value that is there. When the
// host then asks for the same computation of the same values, these buffers are its results and nothing is sent; when it asks
// for anything else, they are given back, and nobody has seen them.

import type { Node } from "../graph/node.js";
import type { Buffer } from "./buffer.js";
import type { Captured } from "./capture.js";
import type { EngineClient } from "./engine/client.js";
import type { Origin } from "./live-buffers.js";
import type { BufferPool } from "./pool.js";
import type { Result } from "./results.js";
import { REPEATS_BEFORE_SPECULATION, SPECULATION_BYTES } from "./settings.js";

/** Runs after which patterns are remembered: a loop's own, and that with an epoch's last, smaller batch. */
const MOST_PATTERNS = 4;

/** Where an input of the update comes from: a binding of the run whose value is waited for, a result of the update before, or
 *  always the same buffer. */
type Source = { readonly from: "awaited" | "before"; readonly index: number } | Buffer;

/** How the update is started before it is asked for. */
interface Ready {
  /** The plan that overwrites nothing. */
  readonly plan: number;
  readonly sources: readonly Source[];
  /** What its results are, for people. */
  readonly origins: readonly Origin[];
}

/** What has followed the runs of one plan. */
interface Pattern {
  readonly plan: number;
  readonly args: readonly number[];
  /** Times in a row that it has followed, and after how many that is relied on. */
  times: number;
  needed: number;
  /** Where the results of the last time lie, in order; and where the values lay that they have replaced, which is where the next
   *  ones will be written. */
  results: readonly Buffer[];
  replaced: readonly (Buffer | undefined)[];
  ready: Ready | undefined;
}

/** A run that was started before it was asked for. */
export interface Ahead {
  readonly pattern: Pattern;
  readonly sequence: number;
  readonly inputs: readonly Buffer[];
  readonly results: readonly Buffer[];
}

/** A run as the session is about to send it. */
export interface Asked {
  readonly plan: number;
  readonly captured: Captured;
  readonly results: readonly Result[];
}

/** A run whose value the host is about to wait for: its plan, and what it binds; undefined for data that came with it. */
export interface Awaited {
  readonly plan: number;
  readonly bindings: readonly (Buffer | undefined)[];
}

/** What of the session is needed. */
interface Means {
  readonly client: EngineClient;
  readonly pool: BufferPool;
  /** The plan of the same computation that writes all its results into new buffers. */
  planInNewBuffers(captured: Captured, results: number): number;
}

export class Speculation {
  readonly #means: Means;
  /** By the plan of the run that is waited for, the oldest first. */
  readonly #patterns = new Map<number, Pattern>();
  /** The run that is waited for, until the next one is asked for. */
  #awaited: Awaited | undefined;
  #ahead: Ahead | undefined;

  constructor(means: Means) {
    this.#means = means;
  }

  /** The host is about to wait for a value of `awaited`: starts what has followed such runs lately. */
  awaits(awaited: Awaited): void {
    this.#awaited = awaited;
    const { bindings } = awaited;
    const pattern = this.#patterns.get(awaited.plan);
    if (pattern?.ready === undefined) return;
    const { sources, origins, plan: inNewBuffers } = pattern.ready;
    const before = pattern.results;
    const inputs = sources.map((source) =>
      "from" in source ? (source.from === "awaited" ? bindings : before)[source.index]! : source,
    );
    const results = before.map(
      ({ bytes }, i) => pattern.replaced[i] ?? this.#means.pool.newBuffer(bytes, origins[i]!),
    );
    pattern.replaced = [];
    const ids = [...inputs, ...results].map(({ id }) => id);
    const sequence = this.#means.client.speculate(inNewBuffers, ids, pattern.args);
    this.#ahead = { pattern, sequence, inputs, results };
  }

  /** Gives the run that was started already, if it is the one that is asked for. If not, it is given up. */
  take({ plan, captured, results }: Asked): Ahead | undefined {
    const ahead = this.#ahead;
    if (ahead === undefined) return undefined;
    this.#ahead = undefined;
    const { pattern, inputs } = ahead;
    const asked =
      plan === pattern.plan &&
      same(captured.args, pattern.args) &&
      captured.inputs.every(({ value }, i) => value === inputs[i]);
    const nodes = results.map(({ node }) => node);
    const replaced = results.map(({ overwrites }) => overwrites?.value as Buffer | undefined);
    const undo = (): void => this.#undo(ahead, nodes, replaced);
    if (!asked || !this.#means.client.confirm(ahead.sequence, undo)) {
      for (const buffer of ahead.results) this.#means.pool.live.release(buffer);
      distrust(pattern);
      return undefined;
    }
    this.#awaited = undefined;
    pattern.times++;
    pattern.results = ahead.results;
    pattern.replaced = replaced;
    return ahead;
  }

  /** A run has failed after it was asked for: as when it had overwritten nothing, the old values are still there. */
  #undo(
    { pattern, results }: Ahead,
    nodes: readonly Node[],
    replaced: readonly (Buffer | undefined)[],
  ): void {
    for (let i = 0; i < nodes.length; i++)
      if (replaced[i] !== undefined && nodes[i]!.value === results[i]) nodes[i]!.value = replaced[i];
    pattern.replaced = [];
    distrust(pattern);
    this.#ahead = undefined;
  }

  /** A run was sent when it was asked for: learns what follows what. To be told before its results are settled. */
  learn({ plan, captured, results }: Asked): void {
    const awaited = this.#awaited;
    this.#awaited = undefined;
    if (awaited === undefined) return;
    const { args, inputs } = captured;
    const known = this.#patterns.get(awaited.plan);
    if (known?.plan !== plan || !same(known.args, args)) {
      const needed = known?.needed ?? REPEATS_BEFORE_SPECULATION;
      this.#remember(awaited.plan, { plan, args, times: 1, needed, ...UNKNOWN });
      return;
    }
    if (++known.times < known.needed) return;
    const before = known.results;
    known.results = results.map(({ buffer, overwrites }) => buffer ?? (overwrites!.value as Buffer));
    // the time before, the results were not noted yet
    if (known.times === known.needed || !replacesLittle(results)) return;
    const sources = inputs.map(({ value }) =>
      sourceOf(value as Buffer | undefined, awaited.bindings, before),
    );
    if (sources.includes(undefined)) return;
    const origins = known.results.map((buffer) => this.#means.pool.live.originOf(buffer)!);
    known.ready = {
      plan: this.#means.planInNewBuffers(captured, results.length),
      sources: sources as Source[],
      origins,
    };
  }

  #remember(plan: number, pattern: Pattern): void {
    const patterns = this.#patterns;
    patterns.delete(plan);
    patterns.set(plan, pattern);
    if (patterns.size <= MOST_PATTERNS) return;
    const [[oldest, { replaced }]] = patterns as unknown as [[number, Pattern]];
    patterns.delete(oldest);
    for (const buffer of replaced) if (buffer !== undefined) this.#means.pool.live.release(buffer);
  }
}

const UNKNOWN = { results: [], replaced: [], ready: undefined } as const;

/** It has been wrong. If that was soon, it is not relied on for longer. */
function distrust(pattern: Pattern): void {
  const { times, needed } = pattern;
  pattern.needed = times < 2 * needed ? 2 * needed : REPEATS_BEFORE_SPECULATION;
  pattern.times = 0;
  pattern.ready = undefined;
}

/** Whether there are values that are replaced, and they are small enough to have them twice. */
function replacesLittle(results: readonly Result[]): boolean {
  const replaced = results.map(({ overwrites }) => (overwrites?.value as Buffer | undefined)?.bytes ?? 0);
  const bytes = replaced.reduce((sum, each) => sum + each, 0);
  return 0 < bytes && bytes <= SPECULATION_BYTES;
}

/** Undefined where the data came with the run. */
function sourceOf(
  buffer: Buffer | undefined,
  awaited: readonly (Buffer | undefined)[],
  before: readonly Buffer[],
): Source | undefined {
  if (buffer === undefined) return undefined;
  const [bound, result] = [awaited.indexOf(buffer), before.indexOf(buffer)];
  if (bound >= 0) return { from: "awaited", index: bound };
  return result >= 0 ? { from: "before", index: result } : buffer;
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
}
