// What it costs that a kernel waits until all threads are done with the one before: kernels that take much less than that, each
// cut into four chunks, on one thread for each core, beside the same kernels in one piece.

import { availableParallelism } from "node:os";
import type { Kernel, Plan } from "gradbook/compute/ir";
import { WasmDevice } from "gradbook/compute/wasm/device";
import type { Expr } from "gradbook/graph/expr";
import { median } from "../table.ts";
import type { Probe } from "../workload.ts";

const KERNELS = 200;
const RUNS = 400;
const EXTENT = 1024;
/** Fine enough that such a kernel falls into four chunks, and so coarse that none is cut. */
const [CUT, WHOLE] = [40, 1e9];

function addOne(from: number, to: number): Kernel {
  const view = { offset: 0, strides: [1] };
  const a: Expr = { kind: "load", dtype: "float32", buffer: from, view };
  const b: Expr = { kind: "const", dtype: "float32", value: 1 };
  const value: Expr = { kind: "binary", dtype: "float32", op: "add", a, b };
  return { kind: "loop", outer: [EXTENT], reduce: [], passes: [], outputs: [{ buffer: to, view, value }] };
}

const PLAN: Plan = {
  buffers: [0, 1].map((binding) => ({ kind: "binding", binding, bytes: 4 * EXTENT })),
  kernels: Array.from({ length: KERNELS }, (_, i) => addOne(i % 2, (i + 1) % 2)),
  arenaBytes: 0,
  commit: KERNELS,
  bindings: 2,
  args: 0,
  faults: [],
};

/** Microseconds that each kernel takes: the median of many runs. */
function perKernel(threads: number, grain: number): number {
  const device = new WasmDevice({ threads, grain, helpFrom: 1 });
  const executable = device.compile(PLAN);
  const bindings = [device.allocate(4 * EXTENT), device.allocate(4 * EXTENT)];
  const times = Array.from({ length: RUNS }, () => {
    const since = performance.now();
    device.run(executable, bindings, new Float64Array(0), () => false);
    return performance.now() - since;
  });
  device.close();
  return (1000 * median(times)) / KERNELS;
}

export const barrier: Probe = {
  title: "the barrier between two kernels that all threads work on",
  measure: async () => {
    const whole = perKernel(1, WHOLE);
    const together = perKernel(Math.max(2, availableParallelism()), CUT);
    return [{ name: "four chunks and a barrier", value: together - whole, unit: "us", limit: 2 }];
  },
};
