// Gradients of every differentiable operation against central differences of its own values: no other library involved.

import { closeSession } from "gradbook/tensor/session";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callOperation } from "./calls.js";
import { decode, loadOperations, type OperationCase } from "./golden.js";
import { DEVICES, fromValues, operand, useDevice } from "./library.js";
import { Coverage } from "./report.js";
import { weightedSum, weightedSumOf } from "./weighted.js";

// In float32 a step h costs about h^2 by curvature and 1e-7 / h by rounding: equal near the cube root of 1e-7.
const STEP = 2 ** -8;
// Of the sum of |gradient * direction|; measured: the worst case is at a third of its limit.
const RELATIVE = 2e-4;
const ABSOLUTE = 4e-5;

const smooth = loadOperations().ops.filter((golden) => golden.smooth);
const names = [...new Set(smooth.map(({ op }) => op))];
const coverage = new Coverage("finite differences: cases whose gradients agree", smooth, ({ op }) => op);

afterAll(() => {
  closeSession();
  coverage.print();
});

/** A fixed direction of +1 and -1: the top bit of a multiplicative hash. */
const directionAt = (i: number): number => (Math.imul(i + 1, 0x9e3779b1) < 0 ? -1 : 1);

function outputsAt(golden: OperationCase, values: readonly (readonly number[])[], requiresGrad: boolean) {
  const bases = golden.inputs.map((input, i) =>
    fromValues(values[i]!, input, requiresGrad && golden.gradients![i] !== null),
  );
  return {
    bases,
    outputs: callOperation(
      golden.op,
      golden.inputs.map((input, i) => operand(bases[i]!, input)),
      golden.options,
    ),
  };
}

function disagreements(golden: OperationCase): string[] {
  const values = golden.inputs.map(({ data }) => decode(data));
  const { bases, outputs } = outputsAt(golden, values, true);
  weightedSum(outputs).backward();
  return bases.flatMap((base, position) => {
    if (golden.gradients![position] === null || base.numel() === 0) return [];
    const gradient = base.grad!.toTypedArray();
    const end = (side: number): { at: number; sum: number } => {
      const moved = values.map((list, k) =>
        k === position ? list.map((x, i) => Math.fround(x + side * STEP * directionAt(i))) : list,
      );
      return { at: side, sum: weightedSumOf(outputsAt(golden, moved, false).outputs) };
    };
    const numeric = (end(1).sum - end(-1).sum) / (2 * STEP);
    let exact = 0;
    let size = 0;
    gradient.forEach((g, i) => {
      exact += g * directionAt(i);
      size += Math.abs(g);
    });
    const error = Math.abs(numeric - exact);
    if (error <= RELATIVE * size + ABSOLUTE) return [];
    return [`${golden.id}: input ${position}: ${numeric} by differences, ${exact} by backward()`];
  });
}

describe.each(DEVICES)("%s", (device) => {
  beforeAll(() => useDevice(device));

  test.each(names)("%s", (op) => {
    const wrong: string[] = [];
    for (const golden of smooth.filter((candidate) => candidate.op === op)) {
      let lines: string[];
      try {
        lines = disagreements(golden);
      } catch (error) {
        lines = [`${golden.id}: throws ${(error as Error).message}`];
      }
      coverage.count(device, golden, lines.length === 0);
      wrong.push(...lines);
    }
    expect(wrong.join("\n")).toBe("");
  });
});
