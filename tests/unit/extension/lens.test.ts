// What the Layer lens draws: activation functions against the library's own, histograms on other bins, health of layers.

import { nn, type Tensor, tensor } from "gradbook";
import { histogramEdges } from "gradbook/train/histograms";
import {
  LAYER_FIELDS,
  type LayerField,
  layerColumn,
  ROW_LENGTH,
  type RunInfo,
  sampleLength,
} from "gradbook/train/run";
import { describe, expect, it } from "vitest";
import { activationCurve, flatOutputs, isFlat } from "../../../extension/dist/charts/activations.js";
import { AxisMemory } from "../../../extension/dist/charts/axis.js";
import { layerHealth } from "../../../extension/dist/charts/health.js";
import { columnSamples, heatPixels, rampTable } from "../../../extension/dist/charts/heatmap.js";
import { mapped, niceReach, percentTop, reachOf, rebin } from "../../../extension/dist/charts/histogram.js";
import { lensScale } from "../../../extension/dist/charts/lens.js";
import { histogramOf, inputsOf, normalisedUnit, unitsOf } from "../../../extension/dist/charts/units.js";
import { RunRecord } from "../../../extension/dist/data/record.js";
import { flatParts } from "../../../lib/dist/train/watch/saturation.js";

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);

/** Shares of values in bins, counted one by one. */
function counted(values: readonly number[], edges: ArrayLike<number>): number[] {
  const bins = new Array<number>(edges.length - 1).fill(0);
  for (const value of values) {
    let bin = 0;
    while (bin < bins.length - 1 && value >= edges[bin + 1]!) bin++;
    bins[bin]! += 1 / values.length;
  }
  return bins;
}

describe("activation curves", () => {
  /** As a layer's description names them. */
  const described = {
    Sigmoid: [nn.Sigmoid(), {}],
    Tanh: [nn.Tanh(), {}],
    Softsign: [nn.Softsign(), {}],
    Hardsigmoid: [nn.Hardsigmoid(), {}],
    Hardtanh: [nn.Hardtanh(), {}],
    ReLU: [nn.ReLU(), {}],
    LeakyReLU: [nn.LeakyReLU({ negativeSlope: 0.2 }), { negativeSlope: 0.2 }],
    PReLU: [nn.PReLU(), {}],
    ReLU6: [nn.ReLU6(), {}],
    ELU: [nn.ELU({ alpha: 0.5 }), { alpha: 0.5 }],
    CELU: [nn.CELU({ alpha: 2 }), { alpha: 2 }],
    SELU: [nn.SELU(), {}],
    GELU: [nn.GELU(), {}],
    SiLU: [nn.SiLU(), {}],
    Mish: [nn.Mish(), {}],
    Hardswish: [nn.Hardswish(), {}],
    Softplus: [nn.Softplus(), {}],
  } as const;

  it.each(Object.entries(described))("%s is the library's", (name, [module, numbers]) => {
    const curve = activationCurve({ name, ...numbers })!;
    const z = Array.from({ length: 81 }, (_, i) => (i - 40) / 4);
    const expected = (module as (x: Tensor) => Tensor)(tensor(z)).toArray() as number[];
    z.forEach((value, i) => {
      expect(Math.abs(curve.value(value) - expected[i]!)).toBeLessThan(1e-5 * (1 + Math.abs(expected[i]!)));
    });
    // where it is called flat, its slope is at most a twelfth of its largest
    const slope = (at: number): number => Math.abs(curve.value(at + 1e-3) - curve.value(at - 1e-3)) / 2e-3;
    const steepest = Math.max(...z.map(slope));
    const flat = z.filter((value) => isFlat(curve, value - 0.01) && isFlat(curve, value + 0.01));
    for (const value of flat) expect(slope(value)).toBeLessThan(steepest / 12);
    if (curve.bounds) {
      expect(Math.min(...expected)).toBeGreaterThanOrEqual(curve.bounds[0]);
      expect(Math.max(...expected)).toBeLessThanOrEqual(curve.bounds[1]);
    }
  });

  it("calls a sigmoid flat under 0.02 and over 0.98, a tanh beyond 0.96", () => {
    const sigmoid = flatOutputs(activationCurve({ name: "Sigmoid" })!);
    expect(sigmoid[0]![1]).toBeCloseTo(0.02, 12);
    expect(sigmoid[1]![0]).toBeCloseTo(0.98, 12);
    expect(flatOutputs(activationCurve({ name: "Tanh" })!)[1]![0]).toBeCloseTo(0.96, 12);
  });

  it.each(["Sigmoid", "Tanh", "Softsign", "Hardtanh", "Hardsigmoid", "ELU", "CELU", "SELU"])(
    "tints of %s what the statistics count as saturated",
    (name) => {
      const counted = flatParts({ path: "", label: "", kind: name, activation: { name } })!;
      const [below, above] = flatOutputs(activationCurve({ name })!);
      expect(below![1]).toBeCloseTo(counted.low, 6);
      if (above) expect(above[0]).toBeCloseTo(counted.high, 6);
    },
  );

  it("draws no curve for what is no function of one number, and the identity for none", () => {
    expect(activationCurve({ name: "GLU" })).toBeUndefined();
    expect(activationCurve(undefined)!.value(3)).toBe(3);
  });
});

describe("histograms", () => {
  const edges = histogramEdges("input");
  const normal = tensor.randn(20_000).mul(3).toArray() as number[];
  const shares = counted(normal, edges);

  it("keep their sum on other bins, and what lies outside is in the outermost", () => {
    const narrow = rebin({ edges, shares }, -2, 2, 8);
    expect(sum(narrow)).toBeCloseTo(1, 9);
    const outside = normal.filter((value) => value >= 2).length / normal.length;
    expect(narrow[7]).toBeGreaterThan(outside);
    expect(narrow[0]! + narrow[7]!).toBeGreaterThan(0.4);
  });

  it("on coarser bins whose edges are among theirs are exact", () => {
    const even = { edges: [-8, -6, -4, -3, -2, -1, 0, 1, 2, 3, 4, 6, 8], shares: [] as number[] };
    even.shares = counted(normal, even.edges);
    expect([...rebin(even, -8, 8, 4)]).toEqual(
      counted(normal, [-8, -4, 0, 4, 8]).map((share) => expect.closeTo(share, 12)),
    );
  });

  it("put a bin without width where it belongs", () => {
    expect([...rebin({ edges: [0, 0, 1, 1], shares: [0.5, 0.25, 0.25] }, 0, 1, 2)]).toEqual([0.625, 0.375]);
  });

  it("of outputs come from those of inputs through a rising function", () => {
    const { value } = activationCurve({ name: "Sigmoid" })!;
    const history = { edges, steps: [0], shares: Float32Array.from(shares) };
    const taken = rebin({ edges: mapped(history, value).edges, shares }, 0, 1, 4);
    const direct = counted(normal.map(value), [0, 0.25, 0.5, 0.75, 1]);
    taken.forEach((share, i) => {
      expect(Math.abs(share - direct[i]!)).toBeLessThan(0.02);
    });
  });

  it("reach as far as the share asked for", () => {
    const reach = reachOf({ edges, shares }, 0.95);
    const within = normal.filter((value) => Math.abs(value) <= reach).length / normal.length;
    expect(within).toBeGreaterThanOrEqual(0.95);
    expect(reachOf({ edges, shares: shares.map(() => 0) }, 0.95)).toBe(0);
  });

  it("get axes that read well and only widen", () => {
    expect([0.3, 1, 5, 7, 9, 2e-6].map((value) => niceReach(value).toPrecision(6))).toEqual([
      "0.300000",
      "1.00000",
      "6.00000",
      "8.00000",
      "10.0000",
      "0.00000200000",
    ]);
    expect([0.03, 0.3, 0.99].map(percentTop)).toEqual([4, 40, 100]);
    const axes = new AxisMemory();
    const activation = activationCurve({ name: "Sigmoid" });
    const at = (factor: number): number =>
      lensScale(
        {
          key: "k",
          activation,
          inputs: {
            edges,
            shares: counted(
              normal.map((z) => factor * z),
              edges,
            ),
          },
          outputs: undefined,
        },
        axes,
      ).x;
    // the last one lies far beyond the bins, whose outermost end at 48
    expect([at(0.01), at(2), at(0.01), at(1e6)]).toEqual([6, 20, 20, 48]);
  });
});

describe("the map of outputs over time", () => {
  it("gives each column the nearest sample and each row its share's colour, the first row at the bottom", () => {
    const columns = columnSamples([0, 10, 40], 5, (step) => step / 40);
    expect([...columns]).toEqual([0, 1, 1, 2, 2]);
    const table = rampTable(["#ffffff", "#000000"]);
    const rows = { count: 2, at: (sample: number) => [sample === 0 ? 1 : 0.25, 0] };
    const pixels = heatPixels(rows, columns, 2, 1, table);
    const red = (x: number, y: number): number => pixels[4 * (y * 5 + x)]!;
    expect([red(0, 1), red(1, 1), red(0, 0)]).toEqual([0, 127, 255]);
  });
});

describe("single units", () => {
  const sums = tensor.randn(32, 10);
  const batch = { units: 10, sums: sums.toTypedArray() as Float32Array };

  it("are normalised as the library's batch norm does it", () => {
    const norm = nn.BatchNorm1d(10);
    norm.weight!.data.uniform_(0.5, 2);
    norm.bias!.data.uniform_(-1, 1);
    const expected = norm(sums).toArray() as number[][];
    const [weight, bias] = [norm.weight!, norm.bias!].map((values) => values.detach().toTypedArray());
    const with_ = { ...batch, normalisation: { epsilon: norm.eps, weight: weight!, bias: bias! } };
    for (const unit of [0, 7]) {
      const inputs = inputsOf(with_, unit);
      inputs.forEach((z, example) => {
        expect(Math.abs(z - expected[example]![unit]!)).toBeLessThan(1e-5);
      });
      const { x, mean, variance, normalised } = normalisedUnit(with_, unit, 3)!;
      expect(normalised).toBeCloseTo((x - mean) / Math.sqrt(variance + norm.eps), 9);
    }
    expect(normalisedUnit(batch, 0, 0)).toBeUndefined();
  });

  it("come in order of how flat they are, then how far from zero", () => {
    // unit 0 always flat and far, unit 1 always flat, unit 2 half, unit 3 never
    const four = { units: 4, sums: [9, -5, 4, 0, 8, -5, 0, 1] };
    const units = unitsOf(four, activationCurve({ name: "Sigmoid" }));
    expect(units.map(({ unit, flat }) => [unit, flat])).toEqual([
      [0, 1],
      [1, 1],
      [2, 0.5],
      [3, 0],
    ]);
    expect(units[0]).toMatchObject({ mean: 8.5, std: 0.5 });
    expect(Array.from(histogramOf([-3, 0.5, 9], [-1, 0, 1]).shares)).toEqual([
      expect.closeTo(1 / 3),
      expect.closeTo(2 / 3),
    ]);
  });
});

describe("the health of a layer", () => {
  const info: RunInfo = {
    id: "r",
    name: "r",
    startedAt: "",
    status: "running",
    device: "wasm",
    layers: ["Sigmoid", "ReLU", "Linear"].map((kind, i) => ({
      path: String(i),
      label: "",
      kind,
      ...(kind !== "Linear" && { activation: { name: kind } }),
    })),
  };
  const health = (values: Partial<Record<LayerField, number>>, layer = 0): unknown => {
    const record = new RunRecord(info);
    const sample = new Float32Array(sampleLength(3)).fill(Number.NaN);
    sample[0] = 0;
    for (const field of LAYER_FIELDS) sample[layerColumn(layer, field)] = values[field] ?? Number.NaN;
    record.append(new Float32Array(ROW_LENGTH), sample);
    const { measure, state } = layerHealth(record, 0, layer);
    return [measure, state];
  };

  it.each([
    ["a saturated sigmoid", { batchStd: 0.4, saturated: 0.58 }, ["saturated", "sick"]],
    ["a sigmoid that passes nothing on", { batchStd: 1e-5, saturated: 0 }, ["std", "sick"]],
    ["a sigmoid behind batch norm", { batchStd: 0.22, saturated: 0.001 }, ["saturated", "ok"]],
    ["a ReLU layer with some silent units", { batchStd: 0.6, silent: 0.3 }, ["silent", "watch"], 1],
    ["a sigmoid is never silent", { batchStd: 0.6, silent: 0.9 }, ["std", "ok"]],
    ["a linear layer that explodes", { batchStd: 300 }, ["std", "sick"]],
    ["a layer with NaN", { nans: 1, batchStd: 0.5 }, ["broken", "sick"]],
    ["a layer that was not measured", {}, ["std", "unknown"]],
  ] as const)("%s", (_, values, expected, layer?: number) => {
    expect(health(values, layer)).toEqual(expected);
  });

  it("expects no particular spread of the logits", () => {
    expect(health({ batchStd: 9 }, 2)).toEqual(["std", "ok"]);
  });
});
