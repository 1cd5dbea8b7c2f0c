// The workloads by name.

import type { Workload } from "../workload.ts";
import { bookEpoch } from "./book-epoch.ts";
import { mlpBatchNormAdam } from "./mlp-bn-adam-32.ts";
import { mlpSgd } from "./mlp-sgd-32.ts";

export const WORKLOADS: { readonly [name: string]: Workload } = {
  "mlp-sgd-32": mlpSgd,
  "mlp-bn-adam-32": mlpBatchNormAdam,
  "book-epoch": bookEpoch,
};
