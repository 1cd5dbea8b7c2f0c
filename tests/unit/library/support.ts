// What the tests of the library share: counting what the engine does, small networks, numbers of their own.

import * as gb from "gradbook";
import { session } from "gradbook/tensor/session";

const { nn, init, manualSeed, tensor } = gb;

/** Runs and compiled plans that `body` causes, and the matrix products of those runs. */
export function count(body: () => void): { runs: number; compiles: number; matmuls: number } {
  const { client } = session();
  const before = session().statistics();
  const plans: number[] = [];
  const run = client.run.bind(client);
  client.run = (plan, ...rest) => {
    plans.push(plan);
    return run(plan, ...rest);
  };
  try {
    body();
  } finally {
    client.run = run;
  }
  const after = session().statistics();
  const products = (plan: number): number =>
    client.explain(plan).kernels.filter(({ shape }) => shape.startsWith("matmul ")).length;
  return {
    runs: after.runs - before.runs,
    compiles: after.compiles - before.compiles,
    matmuls: plans.reduce((sum, plan) => sum + products(plan), 0),
  };
}

/** Numbers from 0 to 1, the same ones for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The values of a tensor as plain numbers. */
export const valuesOf = (x: gb.Tensor): number[] => Array.from(x.toTypedArray());

/** Largest absolute difference. */
export function difference(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);
}

/** 64 images of [3, 4] in 4 classes. */
export function smallData(): gb.data.TensorDataset<[gb.Tensor, gb.Tensor]> {
  manualSeed(1);
  return new gb.data.TensorDataset(tensor.randn(64, 3, 4), tensor.randint(0, 4, [64]));
}

/** The book's classifier, small: Flatten, Linear, BatchNorm1d, ReLU, Linear. */
export function smallClassifier(): gb.nn.Sequential {
  manualSeed(42);
  const model = nn.Sequential(
    nn.Flatten(),
    nn.Linear(12, 8, { bias: false }),
    nn.BatchNorm1d(8),
    nn.ReLU(),
    nn.Linear(8, 4),
  );
  model.apply((module) => {
    if (!(module instanceof nn.Linear)) return;
    init.kaimingUniform_(module.weight);
    init.zeros_(module.bias);
  });
  return model;
}
