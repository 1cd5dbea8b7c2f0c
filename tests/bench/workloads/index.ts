// The workloads, pairs and probes by name, in the order in which they run.

import type { Pair, Probe, Workload } from "../workload.ts";
import { activations } from "./activations.ts";
import { barrier } from "./barrier.ts";
import { bookEpoch } from "./book-epoch.ts";
import { firstStep } from "./first-step.ts";
import { GPU_WORKLOADS } from "./gpu.ts";
import { handOver } from "./hand-over.ts";
import { hostOverhead } from "./host-overhead.ts";
import { layerNorm } from "./layernorm.ts";
import { products } from "./matmul.ts";
import { steps100k } from "./steps-100k.ts";
import { training } from "./training.ts";
import { watchOverhead } from "./watch-overhead.ts";

export const WORKLOADS: { readonly [name: string]: Workload } = {
  ...training,
  "book-epoch": bookEpoch,
  "layernorm-32x3x100x200": layerNorm,
  ...products,
  ...activations,
  "first-step": firstStep,
};

export const PAIRS: { readonly [name: string]: Pair } = { "watch-overhead": watchOverhead };

/** By name, among those for the CPU and those for the GPU: both have some of the others' names, and other sizes. */
export const workloadsFor = (gpu: boolean): { readonly [name: string]: Workload } =>
  gpu ? GPU_WORKLOADS : WORKLOADS;

/** The same for probes. */
export const probesFor = (gpu: boolean): { readonly [name: string]: Probe } =>
  gpu ? { "hand-over": handOver } : { barrier, "host-overhead": hostOverhead, "steps-100k": steps100k };
