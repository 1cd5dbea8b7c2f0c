// Ending a thread while it loads koffi aborts the process: whoever ends threads waits for that.

import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { guardLoading, waitForLoading } from "gradbook/compute/wasm/koffi";
import { expect, test } from "vitest";

test("threads that load koffi are waited for before they are ended", async () => {
  guardLoading();
  const words = new Int32Array(new SharedArrayBuffer(8));
  const code = `
    import { parentPort, workerData as words } from "node:worker_threads";
    const { whileLoading } = await import(${JSON.stringify(import.meta.resolve("gradbook/compute/wasm/koffi"))});
    whileLoading(() => {
      parentPort.postMessage("loading");
      Atomics.wait(words, 0, 0, 100);
      Atomics.store(words, 1, 1);
    });
  `;
  const url = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
  const worker = new Worker(url, { workerData: words });
  await once(worker, "message");
  expect(Atomics.load(words, 1)).toBe(0);
  waitForLoading();
  expect(Atomics.load(words, 1)).toBe(1);
  await worker.terminate();
});
