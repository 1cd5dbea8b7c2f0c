// The batch microscope: sums that add up as printed, gradients against autograd, the walk through the layers, tiles.

import { nn, type Tensor, tensor } from "gradbook";
import type { MicroscopeData } from "gradbook/train/microscope-data";
import { describe, expect, it } from "vitest";
import { activationCurve } from "../../../extension/dist/charts/activations.js";
import { tileGrid, unitOf } from "../../../extension/dist/charts/tiles.js";
import {
  activationLine,
  backwardLine,
  logitLine,
  number,
  slopeAt,
  sumLines,
  termsOf,
  updateLine,
  weightGradientLine,
} from "../../../extension/dist/panel/microscope/formulas.js";
import { Walk } from "../../../extension/dist/panel/microscope/walk.js";

/** The value of a line of LaTeX with plain numbers, as somebody with pencil and paper would compute it. */
function evaluated(latex: string): number {
  const plain = latex
    .replace(/\\,\{\\scriptstyle\\text\{[^}]*\}\}/g, "")
    .replaceAll("\\phantom{z} = ", "")
    .replace(/\\cdot10\^\{(-?\d+)\}/g, "*1e$1")
    .replaceAll("\\cdot ", "*");
  expect(plain).toMatch(/^[\d\s.+\-*()e]+$/);
  return Number(new Function(`return ${plain}`)());
}

const last = (line: string): string => line.split("=").at(-1)!.trim();

describe("a unit's sum", () => {
  const cases = [1, 2, 4, 5, 100].flatMap((inputs) =>
    [1, 3e-6, 2e5, 0.04].map((size) => [inputs, size] as const),
  );

  it.each(cases)("of %i inputs around %d adds up as printed, to the last digit", (inputs, size) => {
    const weights = tensor.randn(inputs).mul(size).toTypedArray() as Float32Array;
    const values = tensor.rand(inputs).toTypedArray() as Float32Array;
    const bias = 0.1 * size;
    const z = weights.reduce((sum, weight, j) => sum + weight * values[j]!, bias);
    const terms = termsOf("a", weights, values, bias);
    const [formula, numbers, result] = sumLines(terms, z, (count) => `(${count} more)`);
    expect(formula).toContain(`w_{${terms.order[0]}}a_{${terms.order[0]}}`);
    // four digits of the largest number in the line
    const largest = Math.max(
      Math.abs(z),
      Math.abs(bias),
      Math.abs(weights[terms.order[0]!]! * values[terms.order[0]!]!),
    );
    const place = 10 ** (Math.floor(Math.log10(largest)) - 3);
    expect(Math.abs(evaluated(numbers!) - z)).toBeLessThan(0.51 * place);
    expect(Math.abs(evaluated(result!) - z)).toBeLessThan(0.51 * place);
    if (inputs > 4) expect(numbers).toContain(`(${inputs - 3} more)`);
  });

  it("writes the largest terms first", () => {
    const { order } = termsOf("x", [0.1, -3, 2], [1, 1, 1], 0);
    expect(order).toEqual([1, 2, 0]);
  });
});

describe("the way back", () => {
  const modules = { Sigmoid: nn.Sigmoid(), Tanh: nn.Tanh(), ReLU: nn.ReLU(), SiLU: nn.SiLU(), ELU: nn.ELU() };

  it.each(Object.entries(modules))("through %s has the slope that autograd finds", (name, module) => {
    for (const z of [-2.3, -0.4, 0.7, 3.1]) {
      const x = tensor([z], { requiresGrad: true });
      (module as (x: Tensor) => Tensor)(x).sum().backward();
      const slope = x.grad!.item();
      expect(Math.abs(slopeAt(activationCurve({ name })!, z) - slope)).toBeLessThan(2e-5);
      const line = backwardLine({ name }, z, 0.5 * slope);
      if (slope !== 0) expect(evaluated(last(line))).toBeCloseTo(0.5 * slope, 3);
      else expect(line).toContain("\\cdot 0 = 0");
    }
  });

  it("gives products that agree with their factors", () => {
    const terms = termsOf("a", [0.47066, -0.2], [2.37, 0.1], 0);
    expect(weightGradientLine(terms, 0, 0.1396)).toContain("= 0.1396\\cdot 2.370 = 0.3309");
    expect(updateLine(0, 0.47066, 0.05, 0.01364)).toBe(
      "w_{0} \\leftarrow 0.47066 - 0.05\\cdot(0.01364) = 0.46998",
    );
    expect(updateLine(0, 0.378617, 0.05, 0.0066622)).toContain("0.37862 - 0.05\\cdot(0.006662) = 0.37829");
    expect(logitLine(0.0548, true)).toContain("p - y = 0.05480 - 1 = -0.9452");
    expect(activationLine({ activation: { name: "ReLU" } }, 3.865)).toBe("a = \\max(0, z) = 3.865");
    const normalised = { activation: { name: "Tanh" }, normalisation: { kind: "BatchNorm1d" } };
    expect(activationLine(normalised, 0.5)).toBe("a = \\tanh \\hat z = 0.5000");
  });
});

describe("numbers", () => {
  it("have four digits, and a power of ten where that is far from 1", () => {
    expect([0, 1, 3.86512, -0.05481, 12_345, 123_456, 3.2e-6].map((value) => number(value))).toEqual([
      "0",
      "1",
      "3.865",
      "-0.05481",
      "12345",
      "1.235\\cdot10^{5}",
      "3.200\\cdot10^{-6}",
    ]);
  });
});

describe("the walk", () => {
  const layer = { label: "", kind: "Linear", formula: "", gradientFormula: "", shape: [2] };
  const data: MicroscopeData = {
    step: 3,
    batchSize: 4,
    example: 1,
    loss: 1,
    layers: [0, 1, 2].map((index) => {
      const slice = { at: 2 * index, length: 2 };
      return { ...layer, path: String(index), input: slice, preactivation: slice, activation: slice };
    }),
  };
  const walk = (): Walk => new Walk({ data, numbers: Float32Array.of(0, 1, 5, 2, -1, -3) });

  it("goes forward through the layers, then back, and stays within its cards", () => {
    const w = walk();
    const places = Array.from({ length: 6 }, (_, card) => {
      w.go(card);
      return `${w.direction} ${w.layer}`;
    });
    expect(places).toEqual(["forward 0", "forward 1", "forward 2", "backward 2", "backward 1", "backward 0"]);
    w.go(9);
    expect(w.card).toBe(5);
    w.visit(1, "backward");
    expect([w.card, w.reached(2, "backward"), w.reached(0, "backward"), w.reached(2, "forward")]).toEqual([
      4,
      true,
      false,
      true,
    ]);
  });

  it("looks at the unit with the largest activation until another is chosen, also a step later", () => {
    const w = walk();
    expect([w.unit(0), w.unit(1), w.unit(2)]).toEqual([1, 0, 0]);
    w.choose(1, 1);
    w.go(4);
    const later = w.continued({ data, numbers: new Float32Array(6) });
    expect([later.unit(1), later.card]).toEqual([1, 4]);
  });
});

describe("tiles", () => {
  it("are squares of units, or the channels of a convolution side by side, every value once", () => {
    for (const shape of [[10], [100], [3, 4, 5], [4, 2, 2]]) {
      const grid = tileGrid(shape);
      const count = shape.reduce((a, b) => a * b, 1);
      const seen = new Set<number>();
      for (let y = 0; y < grid.height; y++) for (let x = 0; x < grid.width; x++) seen.add(grid.at(x, y));
      seen.delete(-1);
      expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
    }
    expect([unitOf(7, [10]), unitOf(19, [3, 4, 5]), unitOf(20, [3, 4, 5])]).toEqual([7, 0, 1]);
  });
});
