// The arithmetic behind the monitor's charts: smoothing, decimation, axes, labels, the slider's scale, formats.

import { nullTranslator } from "@jupyterlab/translation";
import { ROW_LENGTH, type RunInfo, stepColumn } from "gradbook/train/run";
import { describe, expect, it, vi } from "vitest";
import { AxisMemory, decades, decadeTicks, linearTicks } from "../../../extension/dist/charts/axis.js";
import {
  formatDecade,
  formatLoss,
  formatSideTick,
  formatValue,
} from "../../../extension/dist/charts/format.js";
import { newMemories } from "../../../extension/dist/charts/frame.js";
import { type LabelMemory, placeLabels } from "../../../extension/dist/charts/labels.js";
import { lossFigure } from "../../../extension/dist/charts/learning.js";
import type { Tokens } from "../../../extension/dist/charts/tokens.js";
import { RunRecord } from "../../../extension/dist/data/record.js";
import { decimate, medianLine, quantile, smooth } from "../../../extension/dist/data/series.js";
import { nearest, share, stepAt } from "../../../extension/dist/panel/scrub.js";

const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

describe("smooth", () => {
  it("leaves a constant alone from the first value on", () => {
    expect([...smooth(range(50), new Array(50).fill(3), 10)].every((y) => Math.abs(y - 3) < 1e-12)).toBe(
      true,
    );
  });

  it("answers a step with 1 - exp(-t / window)", () => {
    const y = [...new Array(500).fill(0), ...new Array(30).fill(1)];
    const smoothed = smooth(range(530), y, 10);
    expect(smoothed[499 + 10]).toBeCloseTo(1 - Math.exp(-1), 6);
  });

  it("weighs by distance: a series thinned to every fourth step follows the full one", () => {
    const x = range(2000);
    const y = x.map((step) => Math.exp(-step / 300));
    const full = smooth(x, y, 50);
    const some = x.filter((step) => step % 4 === 0);
    const thinned = smooth(
      some,
      some.map((step) => y[step]!),
      50,
    );
    expect(thinned.at(-1)).toBeCloseTo(full[some.at(-1)!]!, 2);
  });

  it("halves the noise of values that are further apart than the window", () => {
    const x = range(400).map((i) => 100 * i);
    const noise = range(400).map((i) => Math.sqrt(2) * Math.sin(i * i));
    const size = (values: ArrayLike<number>): number =>
      Math.sqrt(Array.from(values).reduce((sum, y) => sum + y * y, 0) / values.length);
    // an average that keeps a share k of what was before has (1 - k) / (1 + k) of one value's variance
    expect(size(smooth(x, noise, 10)) / size(noise)).toBeCloseTo(Math.sqrt(1 / 5), 1);
  });

  it("skips what was not measured", () => {
    const smoothed = smooth([0, 1, 2], [4, Number.NaN, 4], 5);
    expect(smoothed[1]).toBeNaN();
    expect(smoothed[2]).toBeCloseTo(4, 12);
  });
});

describe("decimate", () => {
  it("keeps every peak and trough of its bucket within the limit", () => {
    const y = range(10_000).map(() => 0);
    y[1234] = 50;
    y[7777] = -50;
    const line = decimate(range(10_000), y, 800);
    expect(line.x.length).toBeLessThanOrEqual(800);
    expect(line.y[line.x.indexOf(1234)]).toBe(50);
    expect(line.y[line.x.indexOf(7777)]).toBe(-50);
    expect(line.x.every((x, index) => index === 0 || x > line.x[index - 1]!)).toBe(true);
  });

  it("keeps short series as they are, and leaves out what was not measured in short and long ones", () => {
    expect(decimate([1, 2, 3], [5, Number.NaN, 4], 10)).toEqual({ x: [1, 3], y: [5, 4] });
    const y = range(1000).map((i) => (i >= 400 && i < 600 ? Number.NaN : 1));
    const { x } = decimate(range(1000), y, 100);
    expect(x.filter((at) => at >= 400 && at < 600)).toEqual([]);
    expect(x.some((at) => at < 400) && x.some((at) => at >= 600)).toBe(true);
  });
});

describe("lossFigure", () => {
  /** The figure of a run with these losses. */
  const figureOf = (losses: readonly number[]) => {
    // texts are measured on a canvas, where there is one
    vi.stubGlobal("document", { createElement: () => ({ getContext: () => null }) });
    const record = new RunRecord({ id: "a", name: "a", layers: [], status: "running" } as unknown as RunInfo);
    const rows = losses.flatMap((loss, row) => {
      const values = new Array(ROW_LENGTH).fill(Number.NaN);
      values[stepColumn("step")] = row;
      values[stepColumn("loss")] = loss;
      return values;
    });
    record.append(Float32Array.from(rows), new Float32Array(0));
    const tokens = { tickSize: 11, noteSize: 12 } as Tokens;
    const look = { tokens, trans: nullTranslator.load("gradbook"), ...newMemories() };
    const { data, layout } = lossFigure(record, "step", look, { width: 400, height: 200 });
    vi.unstubAllGlobals();
    return { lines: data.slice(0, 2) as { x: number[]; y: number[] }[], layout };
  };

  it("goes on over rows without a loss, as those of a validation are", () => {
    const { lines, layout } = figureOf(range(12).map((row) => (row % 3 === 2 ? Number.NaN : 2 - row / 10)));
    expect(layout.yaxis!.type).not.toBe("log");
    for (const line of lines) {
      expect(line.y.every(Number.isFinite)).toBe(true);
      expect(line.x).toEqual([0, 1, 3, 4, 6, 7, 9, 10]);
    }
  });

  it("of a loss that has exploded has a logarithmic axis, and follows when it comes back", () => {
    const { lines, layout } = figureOf(range(60).map((row) => (row === 5 ? 1e20 : 2)));
    expect(layout.yaxis!.type).toBe("log");
    expect(lines[1]!.y.at(-1)).toBeLessThan(3);
  });
});

describe("medianLine", () => {
  it("is the median at each place that all lines reach, between their points, too", () => {
    const lines = [
      { x: [0, 2, 4, 6, 8], y: [0, 2, 4, 6, 8] },
      { x: [1, 7], y: [10, 16] },
      { x: [0, 10], y: [5, 5] },
    ];
    expect(medianLine(lines)).toEqual({ x: [2, 4, 6], y: [5, 5, 6] });
    expect(medianLine(lines.slice(0, 2))).toEqual({ x: [2, 4, 6], y: [6.5, 8.5, 10.5] });
    expect(medianLine([...lines, { x: [], y: [] }])).toEqual({ x: [], y: [] });
  });
});

describe("quantile", () => {
  it("ignores what was not measured", () => {
    expect(quantile([Number.NaN, 3, 1, 2, Number.NaN], 0.5)).toBe(2);
    expect(quantile([], 0.5)).toBeNaN();
  });
});

describe("axes", () => {
  it.each([
    [2.53, 5, [0, 1, 2, 3]],
    [0.34, 5, [0, 0.1, 0.2, 0.3, 0.4]],
    [1001, 5, [0, 250, 500, 750, 1000, 1250]],
    [1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]],
  ])("hold 0 to %d with at most %d intervals", (max, count, values) => {
    const ticks = linearTicks(max, count);
    expect(ticks.values.map((value) => Number(value.toPrecision(12)))).toEqual(values);
    expect(ticks.range[1]).toBeGreaterThanOrEqual(max);
  });

  it("label steps with integers only", () => {
    for (const max of [1, 2, 3, 7, 11, 12.6, 23]) {
      expect(linearTicks(max, 5, true).values.every(Number.isInteger)).toBe(true);
    }
  });

  it("only widen, and cover every value they have seen", () => {
    const memory = new AxisMemory();
    expect(memory.widen("loss", 0, 3)).toEqual([0, 3]);
    expect(memory.widen("loss", 0, 2)).toEqual([0, 3]);
    expect(memory.widen("loss", -1, 4)).toEqual([-1, 4]);
    expect(memory.widen("other", 0, 1)).toEqual([0, 1]);
  });

  it("show whole decades around all positive values", () => {
    expect(decades([3e-12, 0.5, 0, Number.NaN, Number.POSITIVE_INFINITY], 3, [0, 1])).toEqual([-12, 0]);
    expect(decades(Float32Array.of(0.05, 0.01), 3, [0, 1])).toEqual([-3, 0]);
    expect(decades([], 3, [-2, 1])).toEqual([-2, 1]);
  });

  it("label decades evenly, 1 among them", () => {
    expect(decadeTicks(-12, 1, 6)).toEqual([-12, -9, -6, -3, 0]);
    expect(decadeTicks(-2, 1, 6)).toEqual([-2, -1, 0, 1]);
  });
});

describe("placeLabels", () => {
  const area = { left: 0, top: 0, right: 400, bottom: 200 };
  const flat = (y: number) => [
    { x: 0, y },
    { x: 400, y },
  ];

  it("puts labels beside their lines, clear of lines and of each other", () => {
    const lines = [flat(100), flat(112)];
    const requests = lines.map((line, index) => ({ key: String(index), width: 60, anchors: [400], line }));
    const [first, second] = placeLabels(requests, lines, area, new Map());
    expect(first!.bottom).toBeLessThan(100);
    expect(second!.top).toBeGreaterThan(112);
  });

  it("stays inside the chart", () => {
    const [box] = placeLabels(
      [{ key: "a", width: 60, anchors: [400], line: flat(5) }],
      [flat(5)],
      area,
      new Map(),
    );
    expect(box!.top).toBeGreaterThan(5);
  });

  it("rather lies on a line than being cut off", () => {
    const restless = range(41).map((i) => ({ x: 10 * i, y: i % 2 === 0 ? 0 : 182 }));
    const request = { key: "a", width: 60, anchors: [400], line: flat(186) };
    const [box] = placeLabels([request], [flat(186), restless], area, new Map());
    expect(box!.bottom).toBeLessThanOrEqual(area.bottom);
  });

  it("keeps its place while there is room", () => {
    const memory: LabelMemory = new Map();
    const request = { key: "a", width: 60, anchors: [400], line: flat(100) };
    const above = placeLabels([request], [flat(100), flat(110)], area, memory)[0]!;
    const stillAbove = placeLabels([request], [flat(100)], area, memory)[0]!;
    expect(stillAbove).toEqual(above);
    const below = placeLabels([request], [flat(100), flat(90), flat(80), flat(70)], area, memory)[0]!;
    expect(below.top).toBeGreaterThan(100);
    expect(placeLabels([request], [flat(100)], area, memory)[0]).toEqual(below);
  });
});

describe("the slider", () => {
  it("is linear to step 100, then logarithmic, and invertible", () => {
    expect(share(50, 1000)).toBe(0.25);
    expect(share(100, 1000)).toBe(0.5);
    expect(share(1000, 1000)).toBe(1);
    expect(share(316.2278, 1000)).toBeCloseTo(0.75, 6);
    expect(share(30, 60)).toBe(0.5);
    for (const step of [0, 7, 99, 150, 999]) expect(stepAt(share(step, 999), 999)).toBeCloseTo(step, 9);
  });

  it("finds the nearest sample", () => {
    const steps = [0, 10, 20, 50];
    expect([-5, 4, 6, 14, 16, 34, 36, 99].map((target) => nearest(steps, target))).toEqual([
      0, 0, 1, 1, 2, 2, 3, 3,
    ]);
  });
});

describe("formats", () => {
  it.each([
    [0.34123, "0.341"],
    [5157, "5,157"],
    [3.2e-6, "3.2·10⁻⁶"],
    [-0.5, "−0.5"],
    [0, "0"],
    [Number.NaN, "–"],
  ])("writes %d as %s", (value, text) => expect(formatValue(value)).toBe(text));

  it("writes losses and decades as people read them", () => {
    expect([formatLoss(2.305), formatLoss(0.012)]).toEqual(["2.31", "0.012"]);
    expect([-9, -1, 0, 12].map(formatDecade)).toEqual(["10⁻⁹", "0.1", "1", "10¹²"]);
    const sides = [0.3, 9999, 10_000, 25_000, 1e6, 2e11, -30_000].map(formatSideTick);
    expect(sides).toEqual(["0.3", "9,999", "10⁴", "2.5·10⁴", "10⁶", "2·10¹¹", "-3·10⁴"]);
  });
});
