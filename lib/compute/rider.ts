// Values that are computed along with whatever is computed next. Their bytes are asked for in the same breath, all of a run at once:
// they come back behind it, and nobody waits for them.

import type { Node } from "../graph/node.js";
import type { Buffer } from "./buffer.js";
import type { EngineClient } from "./engine/client.js";
import { padded } from "./engine/ring.js";

/** The bytes of several values, on their way. */
class Delivery {
  readonly #client: EngineClient;
  readonly #request: number;
  #bytes: Uint8Array | undefined;
  #taken = false;

  constructor(client: EngineClient, values: readonly number[]) {
    this.#client = client;
    this.#request = client.requestAll(values);
  }

  get arrived(): boolean {
    return this.#taken || this.#client.completed(this.#request);
  }

  /** Waited for; undefined where one of them could not be computed. */
  take(): Uint8Array | undefined {
    if (!this.#taken) this.#bytes = this.#client.requested(this.#request);
    this.#taken = true;
    return this.#bytes;
  }
}

export class Rider {
  readonly node: Node;
  #settled = false;
  #delivery: Delivery | undefined;
  /** Where its bytes lie in there. */
  #offset = 0;
  #length = 0;
  #dropped = false;

  constructor(node: Node) {
    this.node = node;
  }

  /** The run that computes `riders` is queued. */
  static settle(riders: readonly Rider[], client: EngineClient): void {
    const values: number[] = [];
    const coming: Rider[] = [];
    let offset = 0;
    for (const rider of riders) {
      rider.#settled = true;
      const buffer = rider.node.value as Buffer | undefined;
      if (buffer === undefined || rider.#dropped) continue;
      rider.#offset = offset;
      rider.#length = buffer.bytes;
      offset += padded(buffer.bytes);
      values.push(buffer.id);
      coming.push(rider);
    }
    if (values.length === 0) return;
    const delivery = new Delivery(client, values);
    for (const rider of coming) rider.#delivery = delivery;
  }

  /** Whether it has been computed, well or badly. Never waits. */
  get arrived(): boolean {
    return this.#settled && (this.#delivery?.arrived ?? true);
  }

  /** Its bytes, waited for; undefined where the computation has failed, which is left to be thrown elsewhere, or is not queued
   *  yet. To be called once. */
  take(): Uint8Array | undefined {
    if (!this.#settled) return undefined;
    const delivery = this.#delivery;
    this.#delivery = undefined;
    if (delivery === undefined) return this.node.data;
    return delivery.take()?.subarray(this.#offset, this.#offset + this.#length);
  }

  /** Nobody will take it. */
  drop(): void {
    this.take();
    this.#dropped = true;
  }
}
