// Functions forward and backward: the result, and the gradients of the input and of the parameters, written in every iteration.

import * as gb from "gradbook";
import { session } from "gradbook/tensor/session";
import type { Task } from "../workload.ts";

const { manualSeed, tensor } = gb;

/** Seed 42, then a random input of `shape`, then a random gradient for the result of `f`. */
export function derivativeTask(
  shape: readonly number[],
  build: () => { f: (x: gb.Tensor) => gb.Tensor; parameters: readonly gb.Tensor[] },
): Task {
  manualSeed(42);
  const x = tensor.randn(shape).requiresGrad_();
  const { f, parameters } = build();
  const gradient = tensor.randn(f(x).shape);
  const leaves = [x, ...parameters];
  let kept: gb.Tensor[] = [];
  return {
    run(iterations) {
      for (let i = 0; i < iterations; i++) {
        for (const old of kept) old.dispose();
        const y = f(x);
        y.backward(gradient);
        y.realize();
        kept = [y, ...leaves.map((leaf) => leaf.grad!)];
        for (const leaf of leaves) leaf.grad = null;
      }
      session().client.synchronize();
    },
    value: () => kept.reduce((sum, result) => sum + result.abs().mean().item(), 0),
  };
}
