// Every operation's values and gradients against PyTorch's, on every device; a table of what is covered is printed.

import { closeSession } from "gradbook/tensor/session";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callOperation } from "./calls.js";
import { loadOperations, weightAt } from "./golden.js";
import { DEVICES, useDevice } from "./library.js";
import { operationDisagreements } from "./operation-case.js";
import { Coverage } from "./report.js";

const { ops, torch } = loadOperations();
const names = [...new Set(ops.map(({ op }) => op))];
const coverage = new Coverage(`operations: cases that agree with PyTorch ${torch}`, ops, ({ op }) => op);

afterAll(() => {
  closeSession();
  coverage.print();
});

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
        lines = operationDisagreements(callOperation, golden);
      } catch (error) {
        lines = [`throws ${(error as Error).message}`];
      }
      coverage.count(device, golden, lines.length === 0);
      wrong.push(...lines.map((line) => `${golden.id}: ${line}`));
    }
    expect(wrong.join("\n")).toBe("");
  });
});
