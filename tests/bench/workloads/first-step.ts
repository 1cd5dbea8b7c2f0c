// The first training step of a process, with everything that happens only then: planning, generating and compiling the code.

import type { Workload } from "../workload.ts";
import { trainingTask } from "./training.ts";

export const firstStep: Workload = {
  title: "the first training step of a process, 784-300-100-10, SGD, batch 32; the engine has been started",
  peers: ["pytorch"],
  twin: { module: "training", argument: "mlp-sgd-32" },
  check: { iterations: 1, tolerance: 1e-4 },
  queued: 1,
  once: true,
  prepare: async () => {
    const { session } = await import("gradbook/tensor/session");
    session().client.synchronize();
    return trainingTask("mlp-sgd-32");
  },
};
