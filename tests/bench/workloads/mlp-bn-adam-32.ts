// The chapter's classifier with batch normalisation, trained by Adam.

import * as gb from "gradbook";
import type { Workload } from "../workload.ts";
import { trainingSteps } from "./step.ts";

const { nn, optim } = gb;

export const mlpBatchNormAdam: Workload = {
  title: "training step, 784-300-100-10 with batch norm, Adam, batch 32",
  iterations: 150,
  check: { iterations: 10, tolerance: 1e-3 },
  prepare: async () =>
    trainingSteps(() => {
      const model = nn.Sequential(
        nn.Linear(784, 300, { bias: false }),
        nn.BatchNorm1d(300),
        nn.ReLU(),
        nn.Linear(300, 100, { bias: false }),
        nn.BatchNorm1d(100),
        nn.ReLU(),
        nn.Linear(100, 10),
      );
      return { model, optimizer: new optim.Adam(model.parameters()) };
    }),
};
