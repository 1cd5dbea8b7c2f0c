// Every operation's values and gradients against PyTorch's, on every device; a table of what is covered is printed.

import { closeSession } from "gradbook/tensor/session";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callOperation } from "./calls.js";
import { decode, loadOperations, mismatch, type OperationCase, weightAt } from "./golden.js";
import { DEVICES, fromGolden, operand, useDevice } from "./library.js";
import { Coverage } from "./report.js";
import { weightedSum } from "./weighted.js";

const { ops, torch } = loadOperations();
const names = [...new Set(ops.map(({ op }) => op))];
const coverage = new Coverage(`operations: cases that agree with PyTorch ${torch}`, ops, ({ op }) => op);

afterAll(() => {
  closeSession();
  coverage.print();
});

/** What disagrees with the golden data, each in a line. */
function disagreements({ op, inputs, options, outputs, gradients }: OperationCase): string[] {
  const bases = inputs.map((input, i) => fromGolden(input, gradients?.[i] != null));
  const operands = inputs.map((input, i) => operand(bases[i]!, input));
  const results = callOperation(op, operands, options);
  const found: (string | undefined)[] = [];
  if (results.length !== outputs.length) return [`${results.length} outputs instead of ${outputs.length}`];
  // before the values are read, so that values and gradients come from one graph as they do in training
  if (gradients !== null) weightedSum(results).backward();
  outputs.forEach((expected, i) => {
    const actual = results[i]!;
    if (actual.dtype !== expected.dtype)
      found.push(`output ${i} is ${actual.dtype} instead of ${expected.dtype}`);
    if (`${actual.shape}` !== `${expected.shape}`)
      found.push(`output ${i} has shape [${actual.shape}] instead of [${expected.shape}]`);
    else found.push(mismatch(`output ${i}`, actual.toTypedArray(), decode(expected.data)));
  });
  gradients?.forEach((expected, i) => {
    if (expected === null) return;
    const { grad } = bases[i]!;
    if (grad === null) found.push(`input ${i} got no gradient`);
    else found.push(mismatch(`gradient ${i}`, grad.toTypedArray(), decode(expected)));
  });
  return found.filter((line) => line !== undefined);
}

test("the weights of the sums are those of the golden data", () => {
  expect([0, 1, 2, 10, 11].map(weightAt)).toEqual([-0.375, 1.375, 0.375, 0.625, -0.375]);
});

describe.each(DEVICES)("%s", (device) => {
  beforeAll(() => useDevice(device));

  test.each(names)("%s", (op) => {
    const wrong: string[] = [];
    for (const golden of ops.filter((candidate) => candidate.op === op)) {
      let lines: string[];
      try {
        lines = disagreements(golden);
      } catch (error) {
        lines = [`throws ${(error as Error).message}`];
      }
      coverage.count(device, golden, lines.length === 0);
      wrong.push(...lines.map((line) => `${golden.id}: ${line}`));
    }
    expect(wrong.join("\n")).toBe("");
  });
});
