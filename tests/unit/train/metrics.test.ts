// Metrics over batches of unequal size, against counting one example after the other.

import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, describe, expect, test } from "vitest";
import { count } from "../library/support.js";

const { tensor, train, manualSeed } = gb;

afterAll(closeSession);

const CLASSES = 4;
const COUNT = 61;
manualSeed(11);
/** Rounded, so that some logits are equal; the last class is never right. */
const logits = tensor.randn(COUNT, CLASSES).mul(2).round();
const labels = tensor.randint(0, CLASSES - 1, [COUNT]);
const rows = logits.toArray() as number[][];
const truth = labels.toArray() as number[];
const said = rows.map((row) => row.indexOf(Math.max(...row)));

/** What the metric gives for the examples in batches of 16, 16, 16 and 13. */
function overBatches<V>(metric: gb.train.Metric<V>, output = logits, target = labels): V {
  for (let start = 0; start < COUNT; start += 16) {
    metric.update(
      output.slice(start, Math.min(COUNT, start + 16)),
      target.slice(start, Math.min(COUNT, start + 16)),
    );
  }
  return metric.compute();
}
const close = (found: number, wanted: number): void => expect(Math.abs(found - wanted)).toBeLessThan(1e-6);
const share = (is: (i: number) => boolean): number => rows.filter((_, i) => is(i)).length / COUNT;

test("accuracy, and the label among the k largest", () => {
  close(
    overBatches(new train.Accuracy()),
    share((i) => said[i] === truth[i]),
  );
  for (const k of [1, 2, 3]) {
    const among = (i: number): boolean =>
      rows[i]!.filter((value) => value >= rows[i]![truth[i]!]!).length <= k;
    close(overBatches(new train.TopKAccuracy(k)), share(among));
  }
  expect(overBatches(new train.TopKAccuracy(CLASSES))).toBe(1);
  expect(() => new train.TopKAccuracy(0)).toThrow("k must be a whole number from 1");
});

test("accuracy of pixels, and of one logit", () => {
  const pixels = new train.Accuracy();
  pixels.update(
    tensor([
      [
        [1, 0],
        [0, 3],
      ],
      [
        [2, 5],
        [4, 1],
      ],
    ]),
    tensor(
      [
        [0, 1],
        [1, 1],
      ],
      { dtype: "int32" },
    ),
  );
  expect(pixels.compute()).toBe(0.75);
  const output = logits.select(1, 0);
  const target = labels.eq(0).float();
  const binary = (threshold: number): number =>
    share((i) => Number(rows[i]![0]! > threshold) === Number(truth[i] === 0));
  close(overBatches(new train.BinaryAccuracy(), output, target), binary(0));
  close(overBatches(new train.BinaryAccuracy({ threshold: 0.5 }), output.unsqueeze(1), target), binary(0.5));
});

describe("what is taken for what", () => {
  const cell = (i: number, j: number): number =>
    truth.filter((label, n) => label === i && said[n] === j).length;
  const classes = [0, 1, 2, 3];
  const perClass = classes.map((c) => {
    const right = cell(c, c);
    const predicted = said.filter((value) => value === c).length;
    const labelled = truth.filter((value) => value === c).length;
    const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
    const [precision, recall] = [ratio(right, predicted), ratio(right, labelled)];
    return { precision, recall, f1: ratio(2 * precision * recall, precision + recall) };
  });
  const macro = (name: "precision" | "recall" | "f1"): number =>
    perClass.reduce((sum, values) => sum + values[name], 0) / CLASSES;

  test("the confusion matrix counts pairs", () => {
    const matrix = overBatches(new train.ConfusionMatrix(CLASSES));
    expect(matrix).toEqual(classes.map((i) => classes.map((j) => cell(i, j))));
    expect(matrix.flat().reduce((sum, n) => sum + n, 0)).toBe(COUNT);
  });

  test("precision, recall and F1 are ratios of each class, averaged; micro averages are the accuracy", () => {
    close(overBatches(new train.Precision(CLASSES)), macro("precision"));
    close(overBatches(new train.Recall(CLASSES)), macro("recall"));
    close(overBatches(new train.F1Score(CLASSES)), macro("f1"));
    const accuracy = share((i) => said[i] === truth[i]);
    for (const Ratio of [train.Precision, train.Recall, train.F1Score]) {
      close(overBatches(new Ratio(CLASSES, { average: "micro" })), accuracy);
    }
  });
});

test("errors of a regression", () => {
  const target = logits.add(tensor.randn(COUNT, CLASSES));
  const differences = Array.from(target.sub(logits).toTypedArray());
  const mean = (of: (d: number) => number): number =>
    differences.reduce((sum, d) => sum + of(d), 0) / differences.length;
  close(
    overBatches(new train.MeanSquaredError(), logits, target),
    mean((d) => d * d),
  );
  close(overBatches(new train.RootMeanSquaredError(), logits, target), Math.sqrt(mean((d) => d * d)));
  close(overBatches(new train.MeanAbsoluteError(), logits, target), mean(Math.abs));
  expect(new train.MeanSquaredError().better).toBe("lower");
});

test("a reset forgets, a state goes on, and nothing is read on the way", () => {
  const metric = new train.Accuracy();
  overBatches(metric);
  const state = metric.stateDict();
  const other = new train.Accuracy();
  other.loadStateDict(state);
  expect(other.compute()).toBe(metric.compute());
  metric.reset();
  expect(metric.compute()).toBeNaN();
  const { runs } = count(() => {
    for (let i = 0; i < 5; i++) metric.update(logits, labels);
  });
  expect(runs).toBe(0);
});

test("what does not fit is refused with the remedy", () => {
  expect(() => new train.Accuracy().update(logits, labels.float())).toThrow("of type int32");
  expect(() => new train.Accuracy().update(logits.select(1, 0), labels)).toThrow("use BinaryAccuracy");
  expect(() => new train.ConfusionMatrix(3).update(logits, labels)).toThrow("needs logits [N, 3]");
  expect(() => new train.ConfusionMatrix(1)).toThrow("at least 2");
  expect(() => new train.MeanSquaredError().update(tensor([[1]]), tensor([1]))).toThrow(".unsqueeze(1)");
  expect(() => new train.BinaryAccuracy().update(logits, labels)).toThrow("as many outputs as targets");
});
