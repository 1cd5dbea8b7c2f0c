// What a GPU is measured by: first what the card can do at best, then products, element-wise work and layer norm as fractions of
// that, then training steps and the cost of handing over a step that computes next to nothing.

import * as gb from "gradbook";
import { session } from "gradbook/tensor/session";
import type { Yardsticks } from "../kernels.ts";
import { TINY } from "../tiny.ts";
import type { Task, Workload } from "../workload.ts";
import { layerNorm } from "./layernorm.ts";
import { training } from "./training.ts";

const { F, manualSeed, nn, optim, tensor } = gb;

const twin = (argument: string): Workload["twin"] => ({ module: "gpu", argument });

/** Whole numbers from -8 to 8, times `scale`: the same on both sides without PyTorch's generator. */
function numbers(shape: readonly number[], step: number, scale: number): gb.Tensor {
  const count = shape.reduce((product, extent) => product * extent, 1);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = (((i * step) % 17) - 8) * scale;
  return tensor(values).reshape(shape).realize();
}

/** Runs `f`, whose result is looked at once. */
function repeated(f: () => gb.Tensor): Task {
  let kept: gb.Tensor | undefined;
  return {
    run(iterations) {
      for (let i = 0; i < iterations; i++) {
        kept?.dispose();
        kept = f().realize();
      }
      session().client.synchronize();
    },
    value: () => kept!.float().abs().mean().item(),
  };
}

const check = { iterations: 1, tolerance: 1e-3 };

/** Points, and products and additions for each, few enough to be one kernel. */
const [POINTS, CHAIN] = [TINY ? 2 ** 10 : 2 ** 18, 70];
const ROW = 64;

const peak: Workload = {
  title: `multiplications and additions in registers: ${CHAIN} for each of ${POINTS} x ${ROW} points`,
  peers: [],
  twin: twin(""),
  check,
  work: { unit: "FLOP", amount: POINTS * ROW * (2 * CHAIN + 2), sets: true },
  queued: TINY ? 1 : 20,
  prepare: async () => {
    const [x, row] = [numbers([POINTS, 1], 5, 1 / 8), numbers([1, ROW], 7, 1 / 8)];
    return repeated(() => {
      let y = x.mul(row);
      for (let i = 0; i < CHAIN; i++) y = y.mul(0.999).add(0.001);
      return y.sum(1);
    });
  },
};

const COPY = "copy-f32";
const PEAK = "peak-fma";

const MAPS: Readonly<Record<string, (x: gb.Tensor) => gb.Tensor>> = {
  add: (x) => x.add(1),
  gelu: (x) => F.gelu(x),
};
const ELEMENTS = TINY ? 2 ** 16 : 2 ** 26;

function elementwise(name: string, dtype: "float32" | "float16", sets = false): Workload {
  return {
    title: `${name} of ${ELEMENTS} elements of ${dtype}`,
    peers: ["pytorch"],
    twin: twin(`map ${name} ${ELEMENTS} ${dtype}`),
    check,
    work: { unit: "B", amount: 2 * ELEMENTS * (dtype === "float16" ? 2 : 4), sets },
    queued: TINY ? 1 : 10,
    prepare: async () => {
      const values = numbers([ELEMENTS], 5, 1 / 4);
      const x = dtype === "float16" ? values.half().realize() : values;
      return repeated(() => MAPS[name]!(x));
    },
  };
}

const [ROWS, COLUMNS] = TINY ? [64, 256] : [65_536, 1024];

const layerNormForward: Workload = {
  title: `LayerNorm(${COLUMNS}) of ${ROWS} rows, forward`,
  peers: ["pytorch"],
  twin: twin(`layernorm ${ROWS} ${COLUMNS}`),
  check,
  work: { unit: "B", amount: 2 * 4 * ROWS * COLUMNS },
  queued: TINY ? 1 : 10,
  prepare: async () => {
    const x = numbers([ROWS, COLUMNS], 5, 1 / 4);
    const layer = nn.LayerNorm(COLUMNS);
    return repeated(() => gb.noGrad(() => layer(x) as gb.Tensor));
  },
};

/** Extents, and how many products are queued at a time: on a large card some hundredths of a second. */
const PRODUCTS = TINY
  ? ([
      [64, 2],
      [132, 1],
    ] as const)
  : ([
      [1024, 100],
      [2048, 50],
      [4096, 10],
      [8192, 3],
    ] as const);

const products = Object.fromEntries(
  (["float32", "float16"] as const).flatMap((dtype) =>
    PRODUCTS.map(([extent, queued]): [string, Workload] => [
      `matmul-${extent}${dtype === "float16" ? "-f16" : ""}`,
      {
        title: `matrix product ${extent} x ${extent} x ${extent} of ${dtype}, ${queued} queued at a time`,
        peers: ["pytorch"],
        twin: twin(`matmul ${extent} ${extent} ${extent} ${dtype}`),
        check,
        work: { unit: "FLOP", amount: 2 * extent ** 3 },
        queued,
        prepare: async () => {
          const scale = dtype === "float16" ? 1 / 64 : 1;
          const [a, b] = [5, 7].map((step) => {
            const values = numbers([extent, extent], step, scale);
            return dtype === "float16" ? values.half().realize() : values;
          }) as [gb.Tensor, gb.Tensor];
          return repeated(() => a.matmul(b));
        },
      },
    ]),
  ),
);

const tinyStep: Workload = {
  title: "a training step of Linear(4, 4) at batch 4: what handing it over costs (goal: below 0.06 ms)",
  peers: ["pytorch"],
  twin: twin("tiny-step"),
  check: { iterations: 3, tolerance: 1e-4 },
  prepare: async () => {
    manualSeed(42);
    const layer = nn.Linear(4, 4);
    const optimizer = new optim.SGD(layer.parameters(), { lr: 0.01 });
    const x = tensor.randn(4, 4);
    let loss = tensor(0);
    return {
      run(iterations) {
        for (let i = 0; i < iterations; i++) {
          loss = (layer(x) as gb.Tensor).pow(2).mean();
          loss.backward();
          optimizer.step();
          optimizer.zeroGrad();
        }
      },
      value: () => loss.item(),
    };
  },
};

/** A GPU in software compiles for minutes at the others. */
const STEPS = TINY
  ? ["mlp-sgd-32"]
  : ["mlp-sgd-32", "mlp-sgd-512", "mlp-sgd-8192", "mlp-bn-adam-32", "deep20-nadam-32", "deep20-ln-nadam-32"];

/** With --device webgpu, instead of the others. */
export const GPU_WORKLOADS: { readonly [name: string]: Workload } = {
  [PEAK]: peak,
  [COPY]: elementwise("add", "float32", true),
  ...products,
  "copy-f16": elementwise("add", "float16"),
  "gelu-f32": elementwise("gelu", "float32"),
  "layernorm-forward": layerNormForward,
  ...(TINY ? {} : { "layernorm-32x3x100x200": layerNorm }),
  "tiny-step": tinyStep,
  ...Object.fromEntries(STEPS.map((name) => [name, { ...training[name]!, watchable: false }])),
};

const yardstick = (workload: string): Yardsticks["operations"] => {
  const { work, queued } = GPU_WORKLOADS[workload]!;
  return { workload, amount: work!.amount, iterations: queued! };
};

/** What kernels are measured against. */
export const GPU_YARDSTICKS: Yardsticks = { operations: yardstick(PEAK), bytes: yardstick(COPY) };
