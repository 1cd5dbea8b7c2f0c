// A value that is computed along with whatever is computed next. Its bytes are asked for in the same breath: they come back
// behind the run, and nobody waits for them.

import type { Node } from "../graph/node.js";
import type { EngineClient } from "./engine/client.js";

export class Rider {
  readonly node: Node;
  #client: EngineClient | undefined;
  #request: number | undefined;
  #dropped = false;

  constructor(node: Node) {
    this.node = node;
  }

  /** The run that computes it is queued. */
  settled(client: EngineClient): void {
    this.#client = client;
    if (this.node.value !== undefined && !this.#dropped) this.#request = client.request(this.node.value.id);
  }

  /** Whether it has been computed, well or badly. Never waits. */
  get arrived(): boolean {
    if (this.#client === undefined) return false;
    return this.#request === undefined || this.#client.completed(this.#request);
  }

  /** Its bytes, waited for; undefined where the computation has failed, which is left to be thrown elsewhere, or is not queued
   *  yet. To be called once. */
  take(): Uint8Array | undefined {
    if (this.#client === undefined) return undefined;
    const request = this.#request;
    this.#request = undefined;
    return request === undefined ? this.node.data : this.#client.requested(request);
  }

  /** Nobody will take it. */
  drop(): void {
    this.take();
    this.#dropped = true;
  }
}
