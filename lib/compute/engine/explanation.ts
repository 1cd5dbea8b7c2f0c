// What a plan does, as data: its graph in short, its kernels with their work, and how long each takes on this machine.

import type { GraphSpec } from "../../graph/spec.js";
import type { Device, DeviceBuffer, Executable, Traffic } from "../device.js";
import { expressionsOf, type Kernel, type Plan } from "../ir.js";
import { bytesOf, operationsOf, shapeOf } from "../wasm/describe.js";

export interface KernelExplanation {
  /** The loops: "matmul 32 x 784 x 300". */
  readonly shape: string;
  /** What it computes, in names of operations. */
  readonly name: string;
  /** How the device computes it. */
  readonly how: string;
  /** Floating-point operations, counting every function as one, and bytes of the buffers that it reads or writes. */
  readonly operations: number;
  readonly bytes: number;
  /** Seconds it takes alone, its data in the cache as far as they fit; where it was asked for. */
  readonly seconds?: number;
}

export interface Explanation {
  /** How often the graph has each operation, inputs and arguments among them. */
  readonly graph: Readonly<Record<string, number>>;
  readonly kernels: readonly KernelExplanation[];
  readonly arenaBytes: number;
  /** Bytes that its runs had to move between memories so far; see lib/compute/wasm/memories.ts. */
  readonly movedBytes: number;
  /** What a run asks of the GPU, where the device is one. */
  readonly traffic?: Traffic;
  /** Seconds of a whole run, where it was asked for. */
  readonly seconds?: number;
}

/** Counts of the operations of a graph, in the order of their first use. */
export function operationCounts(graph: GraphSpec): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { op } of graph.nodes) counts[op] = (counts[op] ?? 0) + 1;
  return counts;
}

/** What is known without running. */
export function explain(executable: Executable, graph: Explanation["graph"]): Explanation {
  const { kernels, buffers, arenaBytes } = executable.plan;
  const ways = executable.describe();
  return {
    graph,
    arenaBytes,
    movedBytes: executable.movedBytes ?? 0,
    ...(executable.traffic === undefined ? {} : { traffic: executable.traffic }),
    kernels: kernels.map((kernel, i) => ({
      shape: shapeOf(kernel),
      name: nameOf(kernel),
      how: ways[i]!,
      operations: operationsOf(kernel),
      bytes: bytesOf(kernel, buffers),
    })),
  };
}

/** The nodes that a kernel stores or reduces, and after a colon what else is computed for each element: "sum: mul exp". */
function nameOf(kernel: Kernel): string {
  if (kernel.kind === "group") return kernel.members.map(nameOf).join("; ");
  const name = kernel.name ?? kernel.kind;
  const known = name.split(" ");
  const scalar = new Set(expressionsOf(kernel).flatMap((expr) => ("op" in expr ? [expr.op] : [])));
  const more = [...scalar].filter((op) => !known.includes(op));
  return more.length === 0 ? name : `${name}: ${more.join(" ")}`;
}

/** Adds how long the plan and each of its kernels take, on zeros: the plan's real data are left alone. */
export function timed(device: Device, plan: Plan, explanation: Explanation): Explanation {
  const bindings = scratchBindings(device, plan);
  try {
    const seconds = (kernels: readonly Kernel[]): number => timeOf(device, { ...plan, kernels }, bindings);
    return {
      ...explanation,
      seconds: seconds(plan.kernels),
      kernels: explanation.kernels.map((kernel, i) => ({ ...kernel, seconds: seconds([plan.kernels[i]!]) })),
    };
  } finally {
    for (const buffer of bindings) device.free(buffer);
  }
}

function scratchBindings(device: Device, plan: Plan): DeviceBuffer[] {
  const sizes = new Array<number>(plan.bindings).fill(0);
  for (const buffer of plan.buffers)
    if (buffer.kind === "binding") sizes[buffer.binding] = Math.max(sizes[buffer.binding]!, buffer.bytes);
  return sizes.map((bytes) => {
    const buffer = device.allocate(bytes);
    device.write(buffer, 0, new Uint8Array(bytes));
    return buffer;
  });
}

/** A run that takes longer than this is timed alone; shorter ones several in a row, so that starting a run counts little. */
const LONG_SECONDS = 2e-3;
const IN_A_ROW = 16;
const ROUNDS = 9;

function timeOf(device: Device, plan: Plan, bindings: readonly DeviceBuffer[]): number {
  const once = fastest(device, plan, 1, bindings, 3);
  return once > LONG_SECONDS ? once : fastest(device, plan, IN_A_ROW, bindings, ROUNDS);
}

function fastest(
  device: Device,
  plan: Plan,
  inARow: number,
  bindings: readonly DeviceBuffer[],
  rounds: number,
): number {
  const kernels = Array.from({ length: inARow }, () => plan.kernels).flat();
  const executable = device.compile({ ...plan, kernels, commit: kernels.length });
  const args = new Float64Array(plan.args);
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const since = performance.now();
    device.run(executable, bindings, args, () => false);
    device.finish?.();
    best = Math.min(best, (performance.now() - since) / 1000 / inARow);
  }
  executable.release();
  return best;
}
