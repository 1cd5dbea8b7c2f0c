// Values in the hands of user code that are not computed yet: they must keep their meaning when a run overwrites what they read.

import type { Node } from "../graph/node.js";
import type { Storage } from "./buffer.js";
import type { Capture } from "./capture.js";
import { isDoomed, isOwned, isSafe, isSettled, reads, runsThatLeft } from "./pending.js";
import { type Result, resultOf } from "./results.js";
import type { Rider } from "./rider.js";

/** A value in the hands of user code that this many runs have left pending is computed, before its chain gets too long to plan:
 *  a count of hits that grows with each batch, and is read after an epoch. */
const MAX_LEFT = 16;

/** A value in the hands of user code. */
interface Held {
  readonly node: Node;
  readonly storage: Storage;
}

export class HeldValues {
  private readonly capture: Capture;
  /** Values user code was given since the last run. */
  private escaped: Held[] = [];
  /** Older ones that are not computed yet and read a value which may be overwritten. */
  private atRisk: { readonly node: Node; readonly handle: WeakRef<Storage> }[] = [];

  /** `capture` walks over what the next run needs. */
  constructor(capture: Capture) {
    this.capture = capture;
  }

  /** User code is given `storage`. */
  escape(storage: Storage): void {
    const { node } = storage;
    if (node.pending) this.escaped.push({ node, storage });
  }

  /** What user code was given since the last run. */
  get recent(): readonly Held[] {
    return this.escaped;
  }

  /** Adds what user code holds and this run computes on the way, or could not be computed after it. What rides and is held has its
   *  place among what is held: the plan is then that of a run in which it does not ride. */
  addTo(wanted: Result[], riders: readonly Rider[], superseded: Set<Node>): readonly Result[] {
    const { capture } = this;
    this.escaped = this.held();
    // few, where a step has hundreds of results
    const candidates = new Set(this.escaped.map(({ node }) => node));
    const both = new Set(riders.flatMap(({ node }) => (candidates.has(node) ? [node] : [])));
    const results =
      both.size === 0
        ? wanted
        : wanted.filter(({ node, storage }) => storage !== undefined || !both.has(node));
    let loses = superseded.size > 0;
    for (const { node, overwrites } of results) {
      candidates.delete(node);
      if (overwrites === undefined) continue;
      loses = true;
      overwrites.doomed = true;
    }
    for (const node of superseded) node.doomed = true;
    for (const { node, storage } of this.escaped) {
      if (!candidates.has(node)) continue;
      const onTheWay = capture.has(node) && (node.requiresGrad || reads(node, isOwned, isSafe));
      if (!onTheWay && !(loses && reads(node, isDoomed, isSettled))) continue;
      capture.visit(node);
      candidates.delete(node);
      // a parameter keeps its first value when the step that would change it fails
      if (node.slot !== undefined) node.owned = true;
      results.push(resultOf(node, node.slot === undefined ? undefined : storage));
    }
    for (const node of both) if (candidates.has(node)) results.push(resultOf(node));
    for (const node of superseded) node.doomed = false;
    superseded.clear();
    return results;
  }

  /** Values that are not computed and still in the hands of user code. */
  private held(): Held[] {
    const held: Held[] = [];
    for (const { node, handle } of this.atRisk) {
      const storage = handle.deref();
      if (storage !== undefined && node.pending && storage.node === node) held.push({ node, storage });
    }
    this.atRisk = [];
    for (const value of this.escaped)
      if (value.node.pending && value.storage.node === value.node) held.push(value);
    return held;
  }

  /** After a run: remembers, without keeping them alive, the held values that a later run could make impossible to compute.
   *  Gives those of the others that have been left pending for long enough. */
  leave(): Result[] {
    const overdue: Result[] = [];
    for (const { node, storage } of this.escaped) {
      if (!node.pending) continue;
      const left = runsThatLeft(node);
      if (left === undefined) this.atRisk.push({ node, handle: new WeakRef(storage) });
      else if (left > MAX_LEFT) overdue.push(resultOf(node));
      else node.left = left;
    }
    this.escaped = [];
    return overdue;
  }
}
