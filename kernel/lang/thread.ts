// The language thread: answers the wire thread's calls one by one.

import { parentPort, workerData } from "node:worker_threads";
import { keepCompiledCode, writeCompiledCode } from "../code-cache.js";
import type { LanguageCall, LanguageReply, LanguageState } from "../protocol/threads.js";

export interface LanguageThreadData {
  readonly paths: Record<string, string[]>;
  /** State of the thread before this one, if it had to be restarted. */
  readonly state: LanguageState | undefined;
}

keepCompiledCode();
const { LanguageService } = await import("./service.js");
const { paths, state } = workerData as LanguageThreadData;
const service = new LanguageService(paths, state);
service.warmUp();
writeCompiledCode();

parentPort?.on("message", ({ id, method, arguments: given }: LanguageCall) => {
  parentPort?.postMessage(answer(id, () => (service[method] as (...given: unknown[]) => unknown)(...given)));
});

function answer(id: number, call: () => unknown): LanguageReply {
  try {
    return { id, value: call(), state: service.state };
  } catch (error) {
    return { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
