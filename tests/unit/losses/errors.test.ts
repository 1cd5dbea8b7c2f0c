// Misuse of losses and of the small layers: what the errors say. And what losses do at the ends of their domains.

import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, expect, test } from "vitest";

const { nn, F, tensor } = gb;
const { zeros } = tensor;

afterAll(closeSession);

const labels = (...values: number[]): gb.Tensor => tensor(values, { dtype: "int32" });

test.each([
  ["mseLoss", F.mseLoss],
  ["l1Loss", F.l1Loss],
  ["smoothL1Loss", F.smoothL1Loss],
  ["huberLoss", F.huberLoss],
  ["binaryCrossEntropy", F.binaryCrossEntropy],
  ["binaryCrossEntropyWithLogits", F.binaryCrossEntropyWithLogits],
  ["poissonNllLoss", F.poissonNllLoss],
  ["klDiv", F.klDiv],
  ["softMarginLoss", F.softMarginLoss],
  ["hingeEmbeddingLoss", F.hingeEmbeddingLoss],
])("%s refuses to broadcast and says how to align", (name, loss) => {
  expect(() => loss(zeros(32, 1), zeros(32))).toThrow(
    `${name}: input [32, 1] and target [32] must have the same shape: losses do not broadcast; write target.reshape(32, 1)`,
  );
  expect(() => loss(zeros(4, 3), zeros(3))).toThrow(/give both one shape/);
});

test("other pairs and triplets do not broadcast either", () => {
  expect(() => F.marginRankingLoss(zeros(4), zeros(4), zeros(4, 1))).toThrow(/target\.reshape\(4\)/);
  expect(() => F.tripletMarginLoss(zeros(4, 2), zeros(4, 2), zeros(1, 2))).toThrow(/negative \[1, 2\]/);
  expect(() => F.cosineEmbeddingLoss(zeros(4, 2), zeros(4, 2), zeros(4, 1))).toThrow(/targets \[N\]/);
  expect(() => F.gaussianNllLoss(zeros(4, 2), zeros(4, 2), zeros(2))).toThrow(
    /variance \[2\].*\[4, 1\] or \[4\]/,
  );
  expect(() => F.binaryCrossEntropy(zeros(4), zeros(4), { weight: zeros(2, 4) })).toThrow(/weight \[2, 4\]/);
});

test("types and options", () => {
  expect(() => F.mseLoss(zeros(2), labels(1, 2))).toThrow(
    "mseLoss: target: needs a float32 tensor, got int32; convert with .float()",
  );
  expect(() => F.mseLoss(zeros(2), zeros(2), { reduction: "avg" as "mean" })).toThrow(
    'mseLoss: reduction must be "mean", "sum" or "none", got "avg"',
  );
  expect(() => F.klDiv(zeros(2), zeros(2), { reduction: "avg" as "mean" })).toThrow(/"batchmean", "mean"/);
  expect(() => F.huberLoss(zeros(2), zeros(2), { delta: 0 })).toThrow(/delta must be greater than 0/);
  expect(() => F.smoothL1Loss(zeros(2), zeros(2), { beta: -1 })).toThrow(/beta must be at least 0/);
  expect(() => nn.HuberLoss({ beta: 2 } as object)).toThrow(/HuberLoss: has no option "beta"/);
});

test("class indices: shape, type, number of weights, and range with value and class count", () => {
  expect(() => F.nllLoss(zeros(2, 3), zeros(2))).toThrow(
    /int32 class indices, got float32; convert with \.int\(\)/,
  );
  expect(() => F.nllLoss(zeros(2, 3), labels(1, 2, 0))).toThrow(/class indices must have shape \[2\]/);
  expect(() => F.nllLoss(zeros(2, 3), labels(1, 2), { weight: zeros(2) })).toThrow(/each of the 3 classes/);
  expect(() => F.nllLoss(zeros(2, 3), labels(1, 7)).item()).toThrow(
    "nllLoss: target 7 is out of range for 3 classes (0 to 2)",
  );
});

test("tensors among a loss's options are its buffers", () => {
  const loss = nn.BCEWithLogitsLoss({ posWeight: tensor([2, 3]) });
  expect(Object.keys(loss.stateDict())).toEqual(["pos_weight"]);
  expect(String(nn.MSELoss())).toBe("MSELoss()");
  expect(nn.TripletMarginLoss({ p: 1 }).p).toBe(1);
});

test("a target probability of 0 costs nothing and gives the input no gradient", () => {
  const input = tensor([[-1, -2]], { requiresGrad: true });
  const loss = F.klDiv(input, tensor([[0, 1]]), { reduction: "none" });
  loss.sum().backward();
  expect(loss.toArray()).toEqual([[0, 2]]);
  expect(input.grad!.neg().toArray()).toEqual([[0, 1]]);
});

test("confident correct logits keep a gradient", () => {
  const logit = tensor([-40], { requiresGrad: true });
  F.binaryCrossEntropyWithLogits(logit, tensor([0])).backward();
  expect(logit.grad!.item() / Math.exp(-40)).toBeCloseTo(1, 5);
});

test("embeddings, bilinear layers and unflattening", () => {
  const table = nn.Embedding(5, 2);
  expect(() => table(labels(1, 5)).toArray()).toThrow(
    "embedding: index 5 is out of range for 5 rows (0 to 4)",
  );
  expect(() => table(zeros(2))).toThrow(/needs int32 indices, got float32; convert with \.int\(\)/);
  expect(() => nn.Embedding(5, 2, { paddingIdx: 5 })).toThrow(/paddingIdx must be one of the 5 rows, got 5/);
  expect(() => nn.Bilinear(2, 3, 1)(zeros(4, 2), zeros(5, 3))).toThrow(/\[\.\.\., 2\] and \[\.\.\., 3\]/);
  expect(() => nn.Unflatten(1, [2, 4])(zeros(3, 6))).toThrow(/has 6 elements, which do not make \[2, 4\]/);
  expect(() => nn.Unflatten(1, [-1, 4])(zeros(3, 6))).toThrow(/do not make \[-1, 4\]/);
});
