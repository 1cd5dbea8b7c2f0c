// Figures and runs as SVG, for places without plotly: the drawings stand alone, and show what the figures have.

import { inflateSync } from "node:zlib";
import * as gb from "gradbook";
import { ROW_LENGTH, STEP_FIELDS } from "gradbook/train/run";
import { snapshotOf, snapshotToSvg } from "gradbook/train/snapshot";
import { describe, expect, test } from "vitest";
import { standsAlone } from "./stand-alone.js";

const { optim, plot, tensor } = gb;

const bowl = (x: gb.Tensor, y: gb.Tensor): gb.Tensor => x.square().add(y.square().mul(10));

function svgOf(figure: gb.plot.Figure): string {
  const shown = figure as unknown as Record<symbol, () => Record<string, string>>;
  return shown[Symbol.for("Jupyter.display")]!()["image/svg+xml"]!;
}

const attributes = (svg: string, part: string, name: string): string[] =>
  [...svg.matchAll(new RegExp(`<${part}\\b[^>]* ${name}="([^"]*)"`, "g"))].map(([, value]) => value!);
const texts = (svg: string): string[] => [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text!);
/** The points of a path of straight lines. */
const points = (path: string): number[][] =>
  [...path.matchAll(/[ML](\S+) ([\d.-]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);

const FIGURES: readonly [string, () => gb.plot.Figure][] = [
  ["activation", () => plot.activation("sigmoid")],
  ["distribution", () => plot.distribution({ "a < b": tensor.randn(100), b: tensor.rand(50) })],
  ["schedule", () => plot.schedule([0.1, 0.05, 0.01], { log: true })],
  ["compare, with gaps", () => plot.compare({ He: [2, Number.NaN, 1], Glorot: [2, 1.5, 1] })],
  ["compare, of nothing finite", () => plot.compare({ NaN: [Number.NaN, Number.NaN] })],
  [
    "confusion",
    () =>
      plot.confusion(
        [
          [5, 1],
          [2, 7],
        ],
        { classNames: ["cat", "dog"] },
      ),
  ],
  ["images", () => plot.images(tensor.rand(3, 1, 4, 4), { titles: ["a", "b", "c"] })],
  ["images in colour", () => plot.images(tensor.rand(20, 3, 4, 4))],
  [
    "lossSurface",
    () => plot.lossSurface(bowl, { optimizers: { SGD: (p) => new optim.SGD(p, { lr: 0.01 }) } }),
  ],
];

test.each(FIGURES)("%s stands alone", (_, make) => {
  expect(standsAlone(svgOf(make()))).toEqual([]);
});

test("what does not stand alone is found", () => {
  const wrong =
    '<svg viewBox="0 0 1 1" fill="#aaaaaa"><script>1</script><image href="https://example.org/a.png"/><path d="MNaN 1" onclick="x()">';
  expect(standsAlone(wrong)).toEqual([
    "is no SVG with a view box",
    "has <script>",
    "<svg, path> is not closed",
    "has a handler of events",
    'refers to href="https://example.org/a.png"',
    'has d="MNaN 1"',
    "has type with a contrast of 2.32 on #ffffff",
  ]);
});

test("a run's picture stands alone", () => {
  const rows = Float32Array.from({ length: 3 * ROW_LENGTH }, (_, i) =>
    i % ROW_LENGTH < STEP_FIELDS.indexOf("loss") + 1 ? i : Number.NaN,
  );
  const info = {
    id: "a",
    name: "<He>",
    startedAt: "",
    status: "finished",
    device: "cpu",
    layers: [],
  } as const;
  expect(standsAlone(snapshotToSvg(snapshotOf(info, rows, new Float32Array(0))))).toEqual([]);
});

describe("a drawing shows", () => {
  test("equal ratios as equal distances on logarithmic axes", () => {
    const svg = svgOf(plot.compare({ loss: [100, 10, 1] }, { log: true, x: [0.01, 0.1, 1], xLog: true }));
    const [a, b, c] = points(attributes(svg, "path", "d")[0]!);
    expect(b![0]! - a![0]!).toBeCloseTo(c![0]! - b![0]!, 0);
    expect(b![1]! - a![1]!).toBeCloseTo(c![1]! - b![1]!, 0);
    expect(b![0]).toBeGreaterThan(a![0]!);
    expect(texts(svg)).toEqual(expect.arrayContaining(["0.01", "0.1", "1", "10", "100", "loss", "step"]));
  });

  test("the names of the lines, and what the axes count", () => {
    const svg = svgOf(
      plot.compare({ He: [2, 1], Glorot: [2, 1.5] }, { title: "Two starts", quantity: "nats" }),
    );
    expect(texts(svg)).toEqual(
      expect.arrayContaining(["Two starts", "He", "Glorot", "nats", "step", "0", "2"]),
    );
  });

  test("the counts of a confusion, the labels downwards", () => {
    const svg = svgOf(
      plot.confusion(
        [
          [5, 1],
          [2, 7],
        ],
        { classNames: ["cat", "dog"] },
      ),
    );
    const heights = [...svg.matchAll(/<text x="[^"]*" y="([^"]*)"[^>]*>(5|1|2|7)</g)].map(([, y, n]) => [
      n,
      Number(y),
    ]);
    expect(heights.map(([count]) => count)).toEqual(["5", "1", "2", "7"]);
    expect(heights[0]![1]).toBe(heights[1]![1]);
    expect(heights[2]![1]).toBeGreaterThan(Number(heights[0]![1]));
    // each square is as wide as it is high
    expect(attributes(svg, "rect", "width")[0]).toBe(attributes(svg, "rect", "height")[0]);
  });

  test("each pixel of a picture, and nothing between pictures", () => {
    const svg = svgOf(plot.images(tensor.arange(8).float().reshape(2, 2, 2), { columns: 2 }));
    const bytes = Buffer.from(/base64,([^"]+)/.exec(svg)![1]!, "base64");
    expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([5, 3]);
    const data = bytes.indexOf("IDAT");
    const rows = inflateSync(bytes.subarray(data + 4, data + 4 + bytes.readUInt32BE(data - 4)));
    // a filter's number and five points of four bytes a row; the first row is a gap
    const row = (y: number): (number | "-")[] =>
      Array.from({ length: 5 }, (_, x) => (rows[y * 21 + 4 + 4 * x] === 0 ? "-" : rows[y * 21 + 1 + 4 * x]!));
    expect(row(0)).toEqual(["-", "-", "-", "-", "-"]);
    expect(row(1)).toEqual([0, 36, "-", 146, 182]);
    expect(row(2)).toEqual([73, 109, "-", 219, 255]);
  });

  test("paths where the surface has them", () => {
    const svg = svgOf(
      plot.lossSurface(bowl, {
        start: [1, -1],
        steps: 1,
        optimizers: { SGD: (p) => new optim.SGD(p, { lr: 0.04 }) },
      }),
    );
    const [left, width] = [
      Number(attributes(svg, "image", "x")[0]),
      Number(attributes(svg, "image", "width")[0]),
    ];
    // x from -2 to 2: at 1, and at 1 * (1 - 0.08) after a step
    expect(attributes(svg, "circle", "cx").map((x) => (Number(x) - left) / width)).toEqual([
      expect.closeTo(0.75, 2),
      expect.closeTo(0.73, 2),
    ]);
  });
});
