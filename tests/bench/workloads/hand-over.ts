// What handing a training step to a GPU costs the processor: writing its parameters, encoding its dispatches, submitting them, and
// hearing that it is done. Measured without a GPU, on a backend of Dawn that takes everything and computes nothing: a driver's own
// work comes on top.

import { buildPlan } from "gradbook/compute/plan/index";
import { WEBGPU_RUNS_IN_FLIGHT } from "gradbook/compute/settings";
import { WebGpuDevice } from "gradbook/compute/webgpu/device";
import { usualTile } from "gradbook/compute/webgpu/tiles";
import type { GraphSpec } from "gradbook/graph/spec";
import { closeSession } from "gradbook/tensor/session";
import { graphRunMost } from "../most-run.ts";
import { median } from "../table.ts";
import type { Probe } from "../workload.ts";
import { trainingTask } from "./training.ts";

const STEPS = ["mlp-sgd-32", "deep20-nadam-32"];
/** Steps of a round, of which the first only warms up. */
const [RUNS, ROUNDS] = [1000, 8];
const LIMIT_US = 60;

/** Milliseconds that the notebook takes for the rest of a step, where each step's loss is read. */
const ELSEWHERE = 0.5;

/** Microseconds of a step, when one follows the other; and of waiting for one, when something else is done in between. */
function perStep(graph: GraphSpec): { throughput: number; alone: number } {
  const device = new WebGpuDevice({ tileFor: usualTile });
  try {
    const plan = buildPlan(graph, device);
    const sizes = new Array<number>(plan.bindings).fill(0);
    for (const buffer of plan.buffers)
      if (buffer.kind === "binding") sizes[buffer.binding] = Math.max(sizes[buffer.binding]!, buffer.bytes);
    const bound = sizes.map((bytes) => device.allocate(bytes));
    const executable = device.compile(plan);
    const args = new Float64Array(plan.args);
    const times = Array.from({ length: ROUNDS }, () => {
      const since = performance.now();
      for (let i = 0; i < RUNS; i++) {
        device.runAhead(executable, bound, args, () => false);
        if (i >= WEBGPU_RUNS_IN_FLIGHT) device.outcome(true);
      }
      for (let i = 0; i < WEBGPU_RUNS_IN_FLIGHT; i++) device.outcome(true);
      return ((performance.now() - since) * 1000) / RUNS;
    });
    const waits = Array.from({ length: RUNS }, () => {
      const begin = performance.now() + ELSEWHERE;
      while (performance.now() < begin);
      const since = performance.now();
      device.runAhead(executable, bound, args, () => false);
      device.outcome(true);
      return (performance.now() - since) * 1000;
    });
    return { throughput: median(times.slice(1)), alone: median(waits) };
  } finally {
    device.close();
  }
}

export const handOver: Probe = {
  title: "handing a step over, without a GPU",
  async measure() {
    closeSession();
    process.env.GRADBOOK_WEBGPU_BACKEND = "null";
    process.env.GRADBOOK_WEBGPU_TUNE = "0";
    const readings = STEPS.flatMap((name) => {
      const task = trainingTask(name);
      const { throughput, alone } = perStep(graphRunMost(() => task.run(10)));
      const row = { unit: "us", limit: LIMIT_US };
      return [
        { ...row, name, value: throughput },
        { ...row, name: `${name}, waited for`, value: alone },
      ];
    });
    closeSession();
    return readings;
  },
};
