// The chapter's activations, forward and backward, on a million elements.

import * as gb from "gradbook";
import type { Workload } from "../workload.ts";
import { derivativeTask } from "./derivatives.ts";

const { F, tensor } = gb;

type Activation = (x: gb.Tensor) => gb.Tensor;

const PLAIN: { readonly [name: string]: Activation } = {
  sigmoid: F.sigmoid,
  tanh: F.tanh,
  softmax: (x) => F.softmax(x, { dim: 1 }),
  relu: F.relu,
  "leaky-relu": (x) => F.leakyRelu(x, { negativeSlope: 0.2 }),
  elu: (x) => F.elu(x),
  selu: (x) => F.selu(x),
  celu: (x) => F.celu(x),
  gelu: (x) => F.gelu(x),
  "gelu-tanh": (x) => F.gelu(x, { approximate: "tanh" }),
  silu: F.silu,
  swish: (x) => F.swish(x, { beta: 0.6 }),
  mish: F.mish,
  relu2: F.relu2,
  softplus: (x) => F.softplus(x),
  softsign: F.softsign,
  hardswish: F.hardswish,
  hardsigmoid: F.hardsigmoid,
  hardtanh: (x) => F.hardtanh(x),
  relu6: F.relu6,
  logsigmoid: F.logsigmoid,
  rrelu: (x) => F.rrelu(x, { training: true }),
  glu: (x) => F.glu(x),
  geglu: (x) => F.geglu(x),
  swiglu: (x) => F.swiglu(x),
};

const ACTIVATIONS: { readonly [name: string]: () => { f: Activation; parameters: readonly gb.Tensor[] } } = {
  ...Object.fromEntries(Object.entries(PLAIN).map(([name, f]) => [name, () => ({ f, parameters: [] })])),
  prelu: () => {
    const slope = tensor([0.25]).requiresGrad_();
    return { f: (x) => F.prelu(x, slope), parameters: [slope] };
  },
};

export const activations: Record<string, Workload> = Object.fromEntries(
  Object.entries(ACTIVATIONS).map(([name, build]): [string, Workload] => [
    `act-${name}`,
    {
      title: `${name}, forward and backward, 1000 x 1000`,
      peers: ["pytorch"],
      twin: { module: "activations", argument: name },
      // slopes that are drawn are other ones in PyTorch
      check: { iterations: 1, tolerance: name === "rrelu" ? Number.POSITIVE_INFINITY : 1e-4 },
      prepare: async () => derivativeTask([1000, 1000], build),
    },
  ]),
);
