// What it costs to watch a run from its first step to its last: all layers, in the first hundred steps every one.

import type { Task, Workload } from "../workload.ts";
import { trainingTask } from "./training.ts";

const STEPS = 10_000;

export const watchOverhead: Workload = {
  title: `${STEPS} steps of a new 784-300-100-10, SGD, batch 32; PyTorch with hooks for the same statistics`,
  peers: ["pytorch"],
  twin: { module: "watch_overhead", argument: String(STEPS) },
  // a network that has learnt its one batch by heart: what is left of the loss is small, and the same within rounding
  check: { iterations: 1, tolerance: 0.05 },
  queued: 1,
  watchable: true,
  prepare: async (variant) => {
    let task: Task | undefined;
    const run = (iterations: number): void => {
      for (let i = 0; i < iterations; i++) {
        task = trainingTask("mlp-sgd-32", variant);
        task.run(STEPS);
      }
    };
    return { run, value: () => task?.value() ?? Number.NaN };
  },
};
