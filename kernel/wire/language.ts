// The wire thread's view of the language thread: calls that give promises, and a new thread with the old state when it dies.

import { Worker } from "node:worker_threads";
import type { LanguageThreadData } from "../lang/thread.js";
import { LIMITS } from "../limits.js";
import type { Language, LanguageReply, LanguageState } from "../protocol/threads.js";

type Call = { resolve: (value: never) => void; reject: (error: Error) => void };

export class LanguageClient {
  readonly #paths: Record<string, string[]>;
  readonly #calls = new Map<number, Call>();
  #worker: Worker | undefined;
  #state: LanguageState | undefined;
  #next = 0;

  constructor(paths: Record<string, string[]>) {
    this.#paths = paths;
  }

  /** Starts the thread, which takes about a second, before it is needed. */
  start(): void {
    this.#worker ??= this.#newWorker();
  }

  call<M extends keyof Language>(
    method: M,
    ...given: Parameters<Language[M]>
  ): Promise<ReturnType<Language[M]>> {
    this.start();
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.#worker?.postMessage({ id, method, arguments: given });
    });
  }

  /** Gives up whatever the thread is doing. */
  abort(): void {
    const worker = this.#worker;
    this.#ended(worker, new Error("stopped"));
    void worker?.terminate();
  }

  #newWorker(): Worker {
    const data: LanguageThreadData = { paths: this.#paths, state: this.#state };
    const worker = new Worker(new URL("../lang/thread.js", import.meta.url), {
      workerData: data,
      resourceLimits: { maxOldGenerationSizeMb: LIMITS.languageHeap },
    });
    worker.on("message", (reply: LanguageReply) => {
      const call = this.#calls.get(reply.id);
      this.#calls.delete(reply.id);
      if ("error" in reply) {
        call?.reject(new Error(reply.error));
      } else {
        this.#state = reply.state;
        call?.resolve(reply.value as never);
      }
    });
    worker.on("error", (error: Error) => this.#ended(worker, error));
    worker.on("exit", () => this.#ended(worker, new Error("The language service stopped.")));
    return worker;
  }

  #ended(worker: Worker | undefined, error: Error): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    for (const { reject } of this.#calls.values()) reject(error);
    this.#calls.clear();
  }
}
