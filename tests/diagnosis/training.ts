// Trains one network of the table, watched as in a notebook, and gives the record that its diagnosis is made from.

import * as gb from "gradbook";
import { installHost } from "gradbook/train/host";
import type { RunEvent, RunInfo } from "gradbook/train/run";
import type { Split } from "./data.js";

export type Network = gb.nn.Module & ((x: gb.Tensor) => gb.Tensor);

export interface Training {
  model: Network;
  optimizer: gb.optim.Optimizer<gb.optim.GroupOptions>;
  loss: (prediction: gb.Tensor, target: gb.Tensor) => gb.Tensor;
  batch: (step: number) => Split;
  steps: number;
  /** Learning rate of a step; the optimizer's own if absent. */
  rate?: (step: number) => number;
  /** Largest gradient norm. */
  clip?: number;
  /** Batches whose gradients are added up for one step (1). */
  gathered?: number;
  /** Without zeroGrad(). */
  kept?: boolean;
  validation?: Validation;
}

export interface Validation {
  on: Split;
  /** Steps between two validations. */
  every: number;
  /** Without model.eval(). */
  forgotten?: boolean;
}

export interface RunData {
  info: RunInfo;
  steps: Float32Array;
  samples: Float32Array;
}

/** The run's record as the kernel would have it. */
export function train(training: Training): RunData {
  const events: RunEvent[] = [];
  installHost({ publish: (event) => void events.push(event), display: () => undefined });
  try {
    loop(training);
  } finally {
    Reflect.deleteProperty(globalThis, Symbol.for("gradbook.host"));
  }
  const infos = events.flatMap((event) => (event.type === "run" ? [event.info] : []));
  const rows = events.flatMap((event) => (event.type === "rows" ? [event] : []));
  return {
    info: infos.at(-1)!,
    steps: joined(rows.map(({ steps }) => steps)),
    samples: joined(rows.map(({ samples }) => samples)),
  };
}

function loop(training: Training): void {
  const { model, optimizer, loss, batch, steps, rate, clip, gathered = 1, kept, validation } = training;
  const watcher = gb.watch(model);
  for (let step = 0; step < steps; step++) {
    if (rate !== undefined) for (const group of optimizer.paramGroups) group.lr = rate(step);
    const { inputs, labels } = batch(step);
    loss(model(inputs), labels).backward();
    if ((step + 1) % gathered !== 0) continue;
    if (clip !== undefined) gb.nn.utils.clipGradNorm_(model.parameters(), clip);
    optimizer.step();
    if (kept !== true) optimizer.zeroGrad();
    if (validation === undefined || (step + 1) % validation.every !== 0) continue;
    const { on, forgotten } = validation;
    if (forgotten !== true) model.eval();
    watcher.report({ validationLoss: gb.noGrad(() => loss(model(on.inputs), on.labels).item()) });
    if (forgotten !== true) model.train();
  }
  watcher.finish();
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
