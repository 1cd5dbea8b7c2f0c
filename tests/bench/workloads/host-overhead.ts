// What a step costs the thread that records it: its processor time, which leaves out waiting for the engine.

import type { Probe, Task } from "../workload.ts";
import { bookEpoch } from "./book-epoch.ts";
import { trainingTask } from "./training.ts";

/** Steps in an epoch of the book's loop. */
const EPOCH = Math.ceil(55_000 / 32);

interface Measured {
  readonly name: string;
  readonly limit: number;
  /** Steps in an iteration of the task, iterations to warm up and to measure. */
  readonly steps: number;
  readonly iterations: readonly [number, number];
  prepare(): Promise<Task>;
}

const step = (name: string, limit: number): Measured => ({
  name,
  limit,
  steps: 1,
  iterations: [500, 1000],
  prepare: async () => trainingTask(name),
});

const MEASURED: readonly Measured[] = [
  step("mlp-sgd-32", 60),
  step("deep20-nadam-32", 100),
  {
    name: "book-epoch",
    limit: 60,
    steps: EPOCH,
    iterations: [1, 1],
    prepare: () => bookEpoch.prepare("plain"),
  },
];

export const hostOverhead: Probe = {
  title: "processor time of the main thread, a step",
  async measure() {
    const readings = [];
    for (const { name, limit, steps, iterations, prepare } of MEASURED) {
      if (name === "book-epoch" && (await bookEpoch.unavailable!()) !== undefined) continue;
      const task = await prepare();
      task.run(iterations[0]);
      const before = process.threadCpuUsage();
      task.run(iterations[1]);
      const { user, system } = process.threadCpuUsage(before);
      readings.push({ name, value: (user + system) / (iterations[1] * steps), unit: "us", limit });
    }
    return readings;
  },
};
