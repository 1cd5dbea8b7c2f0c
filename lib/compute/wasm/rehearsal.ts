// A small plan with all kinds of statistics, run before any is needed: the library of statistics is then written and optimised,
// and the code that plans for it has been through once. Else the first step of a watched model pays for that.

import { dataNode } from "../../graph/node.js";
import { type SummaryPart, summary } from "../../graph/ops/summary.js";
import type { Device, DeviceBuffer } from "../device.js";
import type { Plan, RoutineOperand } from "../ir.js";
import { optimisedAtOnce } from "./flags.js";

const EXTENTS = [4, 4] as const;
const BYTES = 64;

function rehearsalPlan(): Plan {
  const x = dataNode(new Uint8Array(BYTES), EXTENTS, "float32");
  const parts: SummaryPart[] = [
    { kind: "values", inputs: [x], exponent: 0 },
    { kind: "units", inputs: [x], axis: 1 },
    { kind: "beyond", inputs: [x], low: 0, high: 1 },
    { kind: "squares", inputs: [x] },
  ];
  const { attributes, shape, inputs } = summary(parts);
  const operands = inputs.map((): RoutineOperand => ({ buffer: 0, dtype: "float32", shape: EXTENTS }));
  const output: RoutineOperand = { buffer: 1, dtype: "int32", shape };
  return {
    buffers: [BYTES, 4 * shape[0]!].map((bytes, binding) => ({ kind: "binding", binding, bytes })),
    kernels: [{ kind: "routine", name: "summary", attributes, inputs: operands, outputs: [output] }],
    arenaBytes: 0,
    commit: 1,
    bindings: 2,
    args: 0,
    faults: [],
  };
}

/** For a moment in which there is nothing else to do: takes some 15 ms. */
export function rehearseStatistics(device: Device): void {
  const plan = rehearsalPlan();
  const buffers: DeviceBuffer[] = [];
  try {
    for (const { bytes } of plan.buffers) buffers.push(device.allocate(bytes));
    device.write(buffers[0]!, 0, new Uint8Array(BYTES));
    optimisedAtOnce(() => {
      const executable = device.compile(plan);
      device.run(executable, buffers, new Float64Array(0), () => false);
      executable.release();
    });
  } catch (error) {
    // without room for it there is no rehearsal; whoever asks for statistics is told
    if (!(error instanceof RangeError)) throw error;
  } finally {
    for (const buffer of buffers) device.free(buffer);
  }
}
