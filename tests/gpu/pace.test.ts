// While something is on its way on the GPU, looking whether it is done leaves the processor to others, and a request ends the wait.

import { paceLooks } from "gradbook/compute/webgpu/pace";
import { afterEach, expect, it } from "vitest";

const immediately = globalThis.setImmediate;
afterEach(() => {
  globalThis.setImmediate = immediately;
});

/** Milliseconds of looking. */
const WAIT = 40;

/** How often is looked in that time, by the callbacks that `setImmediate` is given. */
function looks(): Promise<number> {
  const end = performance.now() + WAIT;
  return new Promise((resolve) => {
    let count = 0;
    const look = (): void => {
      count++;
      if (performance.now() > end) resolve(count);
      else globalThis.setImmediate(look);
    };
    look();
  });
}

it("looks are put off the longer the wait has lasted", async () => {
  const control = new Int32Array(new SharedArrayBuffer(4));
  paceLooks(control, 0, () => 0);
  // 1/16 of the time so far, at most 1 ms: some 130 in 40 ms after the first 0.1 ms, in which there are no waits
  expect(await looks()).toBeLessThan(1000);
});
