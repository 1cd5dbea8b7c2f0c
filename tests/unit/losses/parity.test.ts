// Every loss against PyTorch's values and gradients, as function and as layer; bilinear layers and embeddings likewise.

import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  disagreement,
  type JsonNumber,
  load,
  type ModuleCase,
  type OperationCase,
} from "../parity/golden.js";
import { DEVICES, useDevice } from "../parity/library.js";
import { moduleDisagreements } from "../parity/module-case.js";
import { type OperationCall, operationDisagreements } from "../parity/operation-case.js";
import { Coverage } from "../parity/report.js";

interface LossesFile {
  readonly torch: string;
  /** How many inputs a loss has; tensors after them are options. */
  readonly inputs: { readonly [op: string]: number };
  /** The names of those options. */
  readonly tensors: { readonly [op: string]: readonly string[] };
  readonly ops: readonly OperationCase[];
  readonly modules: readonly ModuleCase[];
  readonly seeded: { readonly [layer: string]: { readonly [parameter: string]: readonly number[] } };
}

const { nn, F } = gb;
const golden = load<LossesFile>("losses");
const names = Object.keys(golden.inputs);
const functions = new Coverage(`loss functions as PyTorch ${golden.torch}`, golden.ops, ({ op }) => op);
const layers = new Coverage(`loss layers as PyTorch ${golden.torch}`, golden.ops, ({ op }) => op);

afterAll(() => {
  closeSession();
  functions.print();
  layers.print();
});

const LAYERS: { readonly [op: string]: keyof typeof nn } = {
  mseLoss: "MSELoss",
  l1Loss: "L1Loss",
  smoothL1Loss: "SmoothL1Loss",
  huberLoss: "HuberLoss",
  binaryCrossEntropy: "BCELoss",
  binaryCrossEntropyWithLogits: "BCEWithLogitsLoss",
  nllLoss: "NLLLoss",
  klDiv: "KLDivLoss",
  poissonNllLoss: "PoissonNLLLoss",
  gaussianNllLoss: "GaussianNLLLoss",
  hingeEmbeddingLoss: "HingeEmbeddingLoss",
  marginRankingLoss: "MarginRankingLoss",
  softMarginLoss: "SoftMarginLoss",
  cosineEmbeddingLoss: "CosineEmbeddingLoss",
  tripletMarginLoss: "TripletMarginLoss",
  multiMarginLoss: "MultiMarginLoss",
  multilabelMarginLoss: "MultiLabelMarginLoss",
  multilabelSoftMarginLoss: "MultiLabelSoftMarginLoss",
  tripletMarginWithDistanceLoss: "TripletMarginWithDistanceLoss",
};

type Loss = (...args: unknown[]) => gb.Tensor;
type Layer = (options: object) => Loss;

/** A case's call, with the tensors after the inputs under their names in the options. */
const calling =
  (call: (op: string, inputs: readonly gb.Tensor[], options: object) => gb.Tensor): OperationCall =>
  (op, inputs, options) => {
    const { tensors = golden.tensors[op] ?? [], ...plain } = options as { tensors?: readonly string[] };
    const count = golden.inputs[op]!;
    const given = inputs.slice(count).map((tensor, i) => [tensors[i]!, tensor]);
    return [call(op, inputs.slice(0, count), { ...plain, ...Object.fromEntries(given) })];
  };

const asFunction = calling((op, inputs, options) =>
  (F[op as keyof typeof F] as unknown as Loss)(...inputs, options),
);
const asLayer = calling((op, inputs, options) => (nn[LAYERS[op]!] as unknown as Layer)(options)(...inputs));

describe.each(DEVICES)("%s", (device) => {
  beforeAll(() => useDevice(device));

  test.each(names)("%s", (op) => {
    const wrong: string[] = [];
    for (const one of golden.ops.filter((candidate) => candidate.op === op)) {
      const asked = [
        { coverage: functions, call: asFunction, what: "function" },
        { coverage: layers, call: asLayer, what: "layer" },
      ];
      for (const { coverage, call, what } of asked) {
        const lines = operationDisagreements(call, one);
        coverage.count(device, one, lines.length === 0);
        wrong.push(...lines.map((line) => `${one.id} (${what}): ${line}`));
      }
    }
    expect(wrong.join("\n")).toBe("");
  });

  test.each(golden.modules)("nn.$id", (one) => {
    const Layer = nn[one.module as "Bilinear"] as unknown as (...args: unknown[]) => gb.nn.Module;
    const build = (args: readonly number[], options: object): gb.nn.Module => Layer(...args, options);
    const plain = (args: readonly number[]): gb.nn.Module => Layer(...args);
    const bare = Object.keys(one.options).length === 0;
    expect(moduleDisagreements(bare ? plain : build, one).join("\n")).toBe("");
  });

  test("weights for a seed are PyTorch's", () => {
    const makers: { readonly [layer: string]: () => gb.nn.Module } = {
      Bilinear: () => nn.Bilinear(3, 4, 2),
      Embedding: () => nn.Embedding(6, 3),
      EmbeddingPadding: () => nn.Embedding(6, 3, { paddingIdx: -2 }),
    };
    for (const [name, make] of Object.entries(makers)) {
      gb.manualSeed(42);
      const state: Record<string, gb.Tensor> = make().stateDict();
      const { following, ...expected } = golden.seeded[name]!;
      expect(Object.keys(state)).toEqual(Object.keys(expected));
      for (const [key, values] of Object.entries<readonly JsonNumber[]>(expected)) {
        expect(disagreement(state[key]!.toTypedArray(), values as number[])).toBeLessThan(1e-7);
      }
      expect(gb.tensor.rand(1).item()).toBeCloseTo(following![0]!, 7);
    }
  });
});
