// The chapter's classifier, plain.

import * as gb from "gradbook";
import type { Workload } from "../workload.ts";
import { trainingSteps } from "./step.ts";

const { nn, optim } = gb;

export const mlpSgd: Workload = {
  title: "training step, 784-300-100-10, SGD, batch 32",
  iterations: 300,
  check: { iterations: 10, tolerance: 1e-4 },
  prepare: async () =>
    trainingSteps(() => {
      const model = nn.Sequential(
        nn.Linear(784, 300),
        nn.ReLU(),
        nn.Linear(300, 100),
        nn.ReLU(),
        nn.Linear(100, 10),
      );
      return { model, optimizer: new optim.SGD(model.parameters(), { lr: 0.05 }) };
    }),
};
