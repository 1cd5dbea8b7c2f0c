// Functions and layers that are neither activations, losses nor convolutions, against PyTorch's values and gradients.

import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { disagreement, load, type ModuleCase, type OperationCase } from "../parity/golden.js";
import { DEVICES, useDevice } from "../parity/library.js";
import { moduleDisagreements } from "../parity/module-case.js";
import { type OperationCall, operationDisagreements } from "../parity/operation-case.js";
import { Coverage } from "../parity/report.js";

interface FunctionsFile {
  readonly torch: string;
  readonly ops: readonly OperationCase[];
  readonly modules: readonly ModuleCase[];
  /** The weights of MultiheadAttention(4, 2) for seed 42. */
  readonly seeded: { readonly [parameter: string]: readonly number[] };
}

const { nn, F, tensor } = gb;
const golden = load<FunctionsFile>("functions");
const coverage = new Coverage(`other functions as PyTorch ${golden.torch}`, golden.ops, ({ op }) => op);

afterAll(() => {
  closeSession();
  coverage.print();
});

type Function = (...args: unknown[]) => gb.Tensor;
type Options = { readonly [name: string]: unknown };

/** Running statistics of three channels: means 0, 1/4, 1/2, variances 1, 3/2, 2. */
const statistics = (): { runningMean: gb.Tensor; runningVar: gb.Tensor } => ({
  runningMean: tensor([0, 0.25, 0.5]),
  runningVar: tensor([1, 1.5, 2]),
});

/** Functions whose first option is positional. */
const FIRST: { readonly [op: string]: string } = {
  channelShuffle: "groups",
  pixelShuffle: "upscaleFactor",
  pixelUnshuffle: "downscaleFactor",
  localResponseNorm: "size",
};

const NORMS: { readonly [op: string]: OperationCall } = {
  batchNorm: (_, [x, weight = null, bias = null], options) => {
    const { runningMean, runningVar } = statistics();
    const y = F.batchNorm(x!, runningMean, runningVar, { weight, bias, ...options });
    return [y, runningMean, runningVar];
  },
  instanceNorm: (_, [x, weight = null, bias = null], options) => {
    const { runningMean, runningVar } = statistics();
    const y = F.instanceNorm(x!, { runningMean, runningVar, weight, bias, ...options });
    return [y, runningMean, runningVar];
  },
};

/** Multi-head attention with one output: its own, or the weights plus the sum of its own. */
class Attention extends nn.MultiheadAttention {
  private readonly shown: Options;
  constructor(embedDim: number, numHeads: number, options: Options = {}) {
    const { weights, padding, mask, averageAttnWeights, ...rest } = options;
    super(embedDim, numHeads, rest);
    this.shown = { weights, padding, mask, averageAttnWeights };
  }
  override forward(q: gb.Tensor, k: gb.Tensor, v: gb.Tensor, last?: gb.Tensor | object): never {
    const mask = last instanceof gb.Tensor ? last : null;
    const { weights, padding, averageAttnWeights } = this.shown;
    const given = padding ? { keyPaddingMask: mask!.bool() } : { attnMask: mask };
    const average =
      averageAttnWeights === undefined ? {} : { averageAttnWeights: averageAttnWeights as boolean };
    const [output, all] = super.forward(q, k, v, { ...given, ...average });
    return (weights ? all!.add(output.sum()) : output) as never;
  }
}

const call: OperationCall = (op, inputs, options) => {
  if (op === "scaledDotProductAttention") {
    const [q, k, v, mask] = inputs as [gb.Tensor, gb.Tensor, gb.Tensor, gb.Tensor?];
    const { bool, ...rest } = options as Options;
    return [
      F.scaledDotProductAttention(q, k, v, { attnMask: (bool ? mask?.bool() : mask) ?? null, ...rest }),
    ];
  }
  const norm = NORMS[op];
  if (norm !== undefined) return norm(op, inputs, options);
  const apply = F[op as keyof typeof F] as unknown as Function;
  const { [FIRST[op] ?? ""]: first, ...rest } = options as Options;
  return [first === undefined ? apply(...inputs, rest) : apply(...inputs, first, rest)];
};

describe.each(DEVICES)("%s", (device) => {
  beforeAll(() => useDevice(device));

  test.each([...new Set(golden.ops.map(({ op }) => op))])("F.%s", (op) => {
    const wrong: string[] = [];
    for (const one of golden.ops.filter((candidate) => candidate.op === op)) {
      const lines = operationDisagreements(call, one);
      coverage.count(device, one, lines.length === 0);
      wrong.push(...lines.map((line) => `${one.id}: ${line}`));
    }
    expect(wrong.join("\n")).toBe("");
  });

  test.each(golden.modules)("nn.$id", (one) => {
    const Layer = { ...nn, MultiheadAttention: Attention }[one.module as "PixelShuffle"] as unknown as new (
      ...args: unknown[]
    ) => gb.nn.Module;
    const bare = Object.keys(one.options).length === 0;
    const build = (args: readonly number[], options: object): gb.nn.Module =>
      bare ? new Layer(...args) : new Layer(...args, options);
    expect(moduleDisagreements(build, one).join("\n")).toBe("");
  });
});

test("the weights of MultiheadAttention for a seed are PyTorch's", () => {
  gb.manualSeed(42);
  const state = nn.MultiheadAttention(4, 2).stateDict();
  expect(Object.keys(state)).toEqual(Object.keys(golden.seeded));
  for (const [key, expected] of Object.entries(golden.seeded)) {
    expect(disagreement(state[key]!.toTypedArray(), expected)).toBeLessThan(1e-7);
  }
});

describe("misuse says what to do", () => {
  test.each([
    [() => F.channelShuffle(tensor.zeros(1, 5, 2), 2), /C a multiple of 2, got \[1, 5, 2\]/],
    [() => F.pixelShuffle(tensor.zeros(1, 6, 2, 2), 2), /C a multiple of 4, got \[1, 6, 2, 2\]/],
    [() => F.pixelUnshuffle(tensor.zeros(1, 1, 3, 4), 2), /H and W multiples of 2/],
    [() => nn.PixelShuffle(0), /upscaleFactor must be a whole number from 1, got 0/],
    [() => F.batchNorm(tensor.zeros(4, 3), tensor.zeros(2), null), /runningMean must be \[3\], got \[2\]/],
    [
      () => F.batchNorm(tensor.zeros(1, 3), null, null, { training: true }),
      /more than one value for each channel/,
    ],
    [
      () => F.instanceNorm(tensor.zeros(1, 3, 2), { useInputStats: false }),
      /needs runningMean and runningVar/,
    ],
    [() => F.localResponseNorm(tensor.zeros(2, 3), 2), /needs \[N, C, \.\.\.\]/],
    [() => nn.MultiheadAttention(5, 2), /embedDim must be a multiple of numHeads, got 5 and 2/],
    [
      () => nn.MultiheadAttention(4, 2)(tensor.zeros(3, 5), tensor.zeros(3, 5), tensor.zeros(3, 5)),
      /needs a query .* with E = 4/,
    ],
    [
      () => F.scaledDotProductAttention(tensor.zeros(2, 3), tensor.zeros(2, 4), tensor.zeros(2, 4)),
      /got \[2, 3\], \[2, 4\]/,
    ],
    [() => F.pdist(tensor.zeros(3)), /needs vectors \[N, D\], got \[3\]/],
  ])("%#", (body, message) => {
    expect(body).toThrow(message);
  });
});
