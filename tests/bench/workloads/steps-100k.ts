// A hundred thousand training steps: memory stays flat, and the last ones are as fast as the first.

import v8 from "node:v8";
import vm from "node:vm";
import { session } from "gradbook/tensor/session";
import type { Probe } from "../workload.ts";
import { trainingTask } from "./training.ts";

const STEPS = 100_000;
const BETWEEN_LOOKS = 10_000;
/** Until V8 has compiled everything for good and its heaps have their sizes: the memory for young objects is doubled, to its
 *  largest, after about 22,000 steps. */
const WARM_UP_STEPS = 30_000;
/** A cell's loop lets other work through about this often. */
const BETWEEN_TURNS = 500;

export const steps100k: Probe = {
  title: `${STEPS} training steps, 784-300-100-10, SGD, batch 32, as a loop of a cell`,
  async measure() {
    v8.setFlagsFromString("--expose-gc");
    const collect = vm.runInNewContext("gc") as () => void;
    const task = trainingTask("mlp-sgd-32");
    for (let i = 0; i < WARM_UP_STEPS; i += BETWEEN_TURNS) {
      task.run(BETWEEN_TURNS);
      await new Promise(setImmediate);
    }
    const seconds: number[] = [];
    const resident: number[] = [];
    const onDevice: number[] = [];
    for (let step = 0; step < STEPS; step += BETWEEN_LOOKS) {
      const since = performance.now();
      for (let i = 0; i < BETWEEN_LOOKS; i += BETWEEN_TURNS) {
        task.run(BETWEEN_TURNS);
        await new Promise(setImmediate);
      }
      seconds.push((performance.now() - since) / 1000);
      collect();
      await new Promise(setImmediate);
      resident.push(process.memoryUsage().rss);
      // frees the values of the last steps that wait to be collected: some, or some hundred, by where the count stands
      session().liveValues();
      onDevice.push(session().client.memory().allocatedBytes);
    }
    const growth = (values: readonly number[]): number => Math.max(...values.slice(1)) / values[0]!;
    const half = seconds.length / 2;
    const fastest = (values: readonly number[]): number => Math.min(...values);
    return [
      { name: "memory of the process", value: growth(resident), unit: "x", limit: 1.05 },
      { name: "memory of the engine", value: growth(onDevice), unit: "x", limit: 1.05 },
      {
        name: "time a step, second half to first",
        value: fastest(seconds.slice(half)) / fastest(seconds.slice(0, half)),
        unit: "x",
        limit: 1.05,
      },
    ];
  },
};
