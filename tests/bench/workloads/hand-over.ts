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

/** Microseconds of a step, when one follows the other. */
function perStep(graph: GraphSpec): number {
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
    return median(times.slice(1));
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
    const readings = STEPS.map((name) => {
      const task = trainingTask(name);
      const value = perStep(graphRunMost(() => task.run(10)));
      return { name, value, unit: "us", limit: LIMIT_US };
    });
    closeSession();
    return readings;
  },
};
