// Layer normalisation of the chapter's example, forward and backward.

import * as gb from "gradbook";
import type { Workload } from "../workload.ts";
import { derivativeTask } from "./derivatives.ts";

export const layerNorm: Workload = {
  title: "LayerNorm([100, 200]) of 32 x 3 x 100 x 200, forward and backward",
  peers: ["pytorch"],
  twin: { module: "layernorm", argument: "" },
  check: { iterations: 1, tolerance: 1e-4 },
  prepare: async () =>
    derivativeTask([32, 3, 100, 200], () => {
      const layer = gb.nn.LayerNorm([100, 200]);
      return { f: (x) => layer(x) as gb.Tensor, parameters: layer.parameters() };
    }),
};
