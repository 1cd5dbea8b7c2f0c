// The helpers of a device as its engine's thread sees them: started when there is work, told of plans and runs, ended.

import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { waitForLoading } from "./koffi.js";
import type { Libraries } from "./link.js";
import { TEAM } from "./team.js";
import type { Memory, Module } from "./webassembly.js";

/** What a helper is started with. */
export interface HelperData {
  readonly thread: number;
  readonly memory: Memory;
  readonly library: Module;
  readonly port: MessagePort;
}

/** What a helper is told: a new plan and what it calls, or one that is no longer used. */
export interface HelperMessage {
  readonly plan: number;
  readonly module: Module | undefined;
  readonly libraries?: Libraries;
}

export class Helpers {
  readonly #count: number;
  readonly #memory: Memory;
  readonly #library: Module;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #team: { readonly worker: Worker; readonly port: MessagePort }[] = [];
  #started = false;
  #base = 0;
  #sequence = 0;
  #failures = 0;

  /** `count` of them. */
  constructor(count: number, memory: Memory, library: Module) {
    this.#count = count;
    this.#memory = memory;
    this.#library = library;
    // The memory may grow, but these words stay where they are.
    this.#words = new Int32Array(memory.buffer);
  }

  /** A plan with work for several. */
  learn(plan: number, module: Module, libraries: Libraries): void {
    if (!this.#started) this.#start();
    this.#tell({ plan, module, libraries });
  }

  forget(plan: number): void {
    this.#tell({ plan, module: undefined });
  }

  /** Calls `lead` with the count from which a run of so many chunks starts, while the helpers help, unless it is to be `alone`. */
  run(plan: number, block: number, chunks: number, alone: boolean, lead: (base: number) => number): number {
    const words = this.#words;
    const base = this.#base;
    Atomics.store(words, TEAM.alone / 4, alone ? 1 : 0);
    if (!alone && this.#team.length > 0) {
      Atomics.store(words, TEAM.sequence / 4, ++this.#sequence);
      Atomics.store(words, TEAM.plan / 4, plan);
      Atomics.store(words, TEAM.block / 4, block);
      Atomics.store(words, TEAM.base / 4, base);
      Atomics.store(words, TEAM.sequence / 4, ++this.#sequence);
    }
    this.#base = (base + chunks) | 0;
    let stopped: number;
    try {
      stopped = lead(base);
    } catch (error) {
      // A defect of generated code. What helpers are at cannot be known any more; go on without them.
      this.close();
      Atomics.store(words, TEAM.limit / 4, this.#base);
      throw error;
    }
    const failures = Atomics.load(words, TEAM.failed / 4);
    if (failures !== this.#failures) {
      this.#failures = failures;
      throw new Error("A helper thread failed within a kernel. Please report this.");
    }
    return stopped;
  }

  close(): void {
    this.#started = true;
    if (this.#team.length > 0) waitForLoading();
    for (const { worker, port } of this.#team.splice(0)) {
      port.close();
      void worker.terminate();
    }
  }

  #start(): void {
    this.#started = true;
    for (let thread = 1; thread <= this.#count; thread++) {
      const { port1, port2 } = new MessageChannel();
      const data: HelperData = { thread, memory: this.#memory, library: this.#library, port: port2 };
      const worker = new Worker(new URL("./helper.js", import.meta.url), {
        workerData: data,
        transferList: [port2],
        execArgv: [],
      });
      worker.unref();
      port1.unref();
      this.#team.push({ worker, port: port1 });
    }
  }

  #tell(message: HelperMessage): void {
    for (const { port } of this.#team) port.postMessage(message);
    // Those asleep look for messages when they wake.
    Atomics.notify(this.#words, TEAM.limit / 4);
  }
}
