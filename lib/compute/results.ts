// The results of a run: which nodes it computes, where each value goes, and what becomes of the nodes afterwards.

import { type Node, settle } from "../graph/node.js";
import { formatShape } from "../graph/shape.js";
import type { Buffer, Storage } from "./buffer.js";
import { callSite } from "./call-site.js";
import type { Origin } from "./live-buffers.js";

export interface Result {
  readonly node: Node;
  /** Set: the value goes into this storage's buffer, if it has one. */
  readonly storage: Storage | undefined;
  /** The leaf that lies in that buffer until then. */
  readonly overwrites: Node | undefined;
  /** The new buffer, where nothing is overwritten. */
  buffer: Buffer | undefined;
}

/** A result of the next run. */
export function resultOf(node: Node, storage?: Storage): Result {
  return { node, storage, overwrites: storage?.base, buffer: undefined };
}

/** The run is queued: the node is a leaf from now on, and what it overwrites is gone. */
export function settleResult({ node, storage, overwrites, buffer }: Result): void {
  settle(node, buffer ?? overwrites!.value!);
  if (storage === undefined) return;
  storage.base = node;
  storage.writes = 0;
  if (overwrites === undefined) return;
  overwrites.value = undefined;
  overwrites.owned = false;
  overwrites.overwritten = "a later in-place update (an optimizer's step, or a running statistic)";
}

/** What the new buffers of a run hold; asked once a plan, before the nodes are settled. */
export function originsOf(results: readonly Result[], plan: number): Origin[] {
  const where = callSite();
  return results
    .filter(({ overwrites }) => overwrites === undefined)
    .map(({ node }) => ({ what: `${producer(node)} ${formatShape(node.shape)}`, where, plan }));
}

/** The operation that a value comes from, behind those that only pass it on. */
function producer(node: Node): string {
  let at = node;
  while (at.op?.name === "identity" && at.inputs[0]?.op !== undefined) at = at.inputs[0];
  return at.op!.name;
}
