// Figures for teaching: what they show against values known from elsewhere, and their data against plotly's own schema.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import * as gb from "gradbook";
import { describe, expect, test } from "vitest";

const { F, manualSeed, nn, optim, plot, tensor } = gb;

type Json = Record<string, unknown>;
const schema = JSON.parse(
  readFileSync(createRequire(import.meta.url).resolve("plotly.js/dist/plot-schema.json"), "utf8"),
) as { traces: Record<string, { attributes: Json }>; layout: { layoutAttributes: Json }; animation: Json };

/** Paths in `value` that an attribute table of plotly's schema does not know. */
function unknownIn(value: Json, attributes: Json, path: string): string[] {
  return Object.entries(value).flatMap(([key, inner]) => {
    // xaxis2 has the attributes of xaxis
    const known = (attributes[key] ?? attributes[key.replace(/\d+$/, "")]) as Json | undefined;
    const at = `${path}.${key}`;
    if (known === undefined) return [at];
    if (known.valType === "enumerated" && typeof inner === "string") {
      const values = known.values as string[];
      // what is written as /pattern/ allows names of axes
      return values.includes(inner) || values.some((one) => String(one).startsWith("/"))
        ? []
        : [`${at}=${inner}`];
    }
    if (Array.isArray(inner) && known.items !== undefined && known.valType === undefined) {
      const item = Object.values(known.items as Json)[0] as Json;
      return inner.flatMap((one, i) =>
        typeof one === "object" ? unknownIn(one as Json, item, `${at}[${i}]`) : [],
      );
    }
    const isGroup =
      typeof inner === "object" && inner !== null && !Array.isArray(inner) && known.valType === undefined;
    return isGroup ? unknownIn(inner as Json, known, at) : [];
  });
}

function invalid(figure: gb.plot.Figure): string[] {
  const traces = figure.data.flatMap((trace, i) => {
    const { type, ...options } = trace as Json & { type: string };
    const attributes = schema.traces[type]?.attributes;
    return attributes === undefined
      ? [`data[${i}].type=${type}`]
      : unknownIn(options, attributes, `data[${i}]`);
  });
  return [...traces, ...unknownIn(figure.layout as Json, schema.layout.layoutAttributes, "layout")];
}

const bowl = (x: gb.Tensor, y: gb.Tensor): gb.Tensor => x.square().add(y.square().mul(10));

const FIGURES: readonly [string, () => gb.plot.Figure][] = [
  ["activation", () => plot.activation("sigmoid")],
  ["distribution", () => plot.distribution({ a: tensor.randn(100), b: tensor.rand(50) })],
  ["schedule", () => plot.schedule([0.1, 0.05, 0.01], { log: true })],
  ["compare", () => plot.compare({ He: [2, 1], Glorot: [2, 1.5] })],
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
  [
    "lossSurface",
    () => plot.lossSurface(bowl, { optimizers: { SGD: (p) => new optim.SGD(p, { lr: 0.01 }) } }),
  ],
];

describe.each(FIGURES)("%s", (_, make) => {
  test("is what plotly's schema knows", () => {
    expect(invalid(make())).toEqual([]);
  });

  test("shows itself as a plotly figure and as text, without anything JSON cannot say", () => {
    const figure = make() as unknown as Record<symbol, () => Json>;
    const bundle = figure[Symbol.for("Jupyter.display")]!();
    const spec = bundle["application/vnd.plotly.v1+json"] as Json;
    expect(JSON.parse(JSON.stringify(spec))).toEqual(spec);
    expect(bundle["text/plain"]).toMatch(/\w/);
  });
});

test("the schema check finds what is wrong", () => {
  const wrong = new plot.Figure(
    { data: [{ type: "scatter", colour: 1, mode: "lines" }], layout: { xaxis: { titel: 1 } } },
    "",
  );
  expect(invalid(wrong)).toEqual(["data[0].colour", "layout.xaxis.titel"]);
});

describe("activation", () => {
  const near = (figure: gb.plot.Figure, trace: number, x: number): number => {
    const { x: xs, y: ys } = figure.data[trace] as unknown as { x: number[]; y: number[] };
    return ys[xs.findIndex((at) => Math.abs(at - x) < 1e-6)]!;
  };

  test("values and derivatives of the sigmoid, whose derivative at 0 is 1/4", () => {
    const figure = plot.activation("sigmoid");
    expect(near(figure, 0, 0)).toBeCloseTo(0.5, 7);
    expect(near(figure, 1, 0)).toBeCloseTo(0.25, 7);
    expect(near(figure, 0, 2)).toBeCloseTo(1 / (1 + Math.exp(-2)), 6);
  });

  test("flat regions: sigmoid where its value is under 0.02 or over 0.98, tanh beyond 0.96, ReLU below 0", () => {
    const regions = (name: string): [number, number][] =>
      (plot.activation(name).layout.shapes as { x0: number; x1: number }[]).map(({ x0, x1 }) => [x0, x1]);
    const [low, high] = regions("sigmoid");
    expect(1 / (1 + Math.exp(-low![1]))).toBeCloseTo(0.02, 2);
    expect(1 / (1 + Math.exp(-high![0]))).toBeCloseTo(0.98, 2);
    expect(Math.tanh(regions("tanh")[1]![0])).toBeCloseTo(0.96, 2);
    expect(regions("relu")).toEqual([[-6, 0]]);
  });

  test("each stop of the slider has a tangent that touches the curve with its slope", () => {
    const figure = plot.activation("gelu", { from: -4, to: 4 });
    const steps = (figure.layout.sliders as { steps: Json[] }[])[0]!.steps;
    expect(figure.frames).toHaveLength(steps.length);
    const frame = figure.frames![30]! as unknown as { data: { x: number[]; y: number[] }[] };
    const { x, y } = frame.data[0]!;
    const at = tensor([x[1]!], { requiresGrad: true });
    const value = F.gelu(at);
    value.sum().backward();
    expect(y[1]).toBeCloseTo(value.item(), 6);
    expect((y[2]! - y[0]!) / (x[2]! - x[0]!)).toBeCloseTo(at.grad!.item(), 6);
  });

  test("layers and functions; what is no function of single elements is refused", () => {
    expect(plot.activation(nn.SELU()).data[0]!.name).toBe("SELU");
    expect(() => plot.activation("nothing")).toThrow("there is no F.nothing");
    expect(() => plot.activation((x) => x.sum())).toThrow("one value for each element");
  });
});

test("distribution: areas are 1, mean and deviation are the tensor's, NaN is left out and said", () => {
  manualSeed(1);
  const x = tensor.randn(10_000);
  const figure = plot.distribution(x, { bins: 40 });
  const { x: edges, y } = figure.data[0] as unknown as { x: number[]; y: number[] };
  const area = y.slice(0, -1).reduce((sum, density, i) => sum + density * (edges[i + 1]! - edges[i]!), 0);
  expect(area).toBeCloseTo(1, 10);
  // the normal density at 0 is 0.3989
  expect(y[edges.findIndex((edge) => edge > 0) - 1]).toBeCloseTo(0.3989, 1);
  expect(figure.data[0]!.name).toContain(`std ${Number(x.std({ unbiased: false }).item().toPrecision(3))}`);
  expect(String(plot.distribution({ odd: tensor([1, 2, Number.NaN]) }))).toContain("1 not finite");
  expect(() => plot.distribution(tensor([Number.NaN]))).toThrow("no finite values");
});

test("schedule looks ahead without moving the scheduler", () => {
  const optimizer = new optim.SGD([new nn.Parameter(tensor.zeros(1))], { lr: 0.1 });
  const steps = new optim.lrScheduler.StepLR(optimizer, 2, { gamma: 0.1 });
  const figure = plot.schedule(steps, { steps: 4 });
  const rates = figure.data[0]!.y as number[];
  [0.1, 0.1, 0.01, 0.01].forEach((rate, i) => {
    expect(rates[i]).toBeCloseTo(rate, 12);
  });
  expect(optimizer.paramGroups[0]!.lr).toBe(0.1);
});

test("compare smooths without a pull to 0 at the start", () => {
  const figure = plot.compare({ flat: [2, 2, 2], step: [0, 1, 1] }, { smooth: 0.5 });
  expect(figure.data[0]!.y).toEqual([2, 2, 2]);
  // (0.5 * 0 + 0.5 * 1) / (1 - 0.25)
  expect((figure.data[1]!.y as number[])[1]).toBeCloseTo(2 / 3, 12);
  expect(() => plot.compare({ x: ["a" as never] })).toThrow("list of numbers");
});

test.each([
  ["decades", [2e-2, 300], ["0.01", "0.1", "1", "10", "100", "1000"]],
  ["every third decade of many", [1e-18, 1], ["10⁻¹⁸", "10⁻¹⁵", "10⁻¹²", "10⁻⁹", "10⁻⁶", "0.001", "1"]],
  ["2 and 5 in few", [0.03, 0.4], ["0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1", "2", "5"]],
  ["2 and 5 with a power of ten", [3e-7, 4e-7], ["10⁻⁷", "2·10⁻⁷", "5·10⁻⁷", "10⁻⁶", "2·10⁻⁶", "5·10⁻⁶"]],
])("a logarithmic axis has ticks at %s", (_, values, texts) => {
  const { ticktext, tickvals } = plot.compare({ loss: values }, { log: true }).layout.yaxis as {
    ticktext: string[];
    tickvals: number[];
  };
  expect(ticktext).toEqual(texts);
  const [low, high] = [Math.min(...tickvals), Math.max(...tickvals)];
  expect(low).toBeLessThanOrEqual(Math.min(...values));
  expect(tickvals).toHaveLength(texts.length);
  expect(high).toBeLessThanOrEqual(Math.max(...values) * 15);
});

test("compare stands over what is wanted: places, their name, and their scale", () => {
  const x = [0.01, 0.1, 1];
  const figure = plot.compare({ SGD: [3, 2, 4] }, { x, xTitle: "learning rate", xLog: true });
  expect(figure.data[0]!.x).toEqual(x);
  expect(figure.layout.xaxis).toMatchObject({ title: { text: "learning rate" }, type: "log" });
  expect(String(plot.compare({ SGD: [3, 2, Number.NaN] }, { x, xTitle: "rate" }))).toContain(
    "at 3 places, 2 to 3",
  );
  expect(() => plot.compare({ SGD: [3, 2] }, { x })).toThrow("SGD has 2 numbers, but x has 3 places");
});

test("confusion: shares of rows, and the worst mistakes first", () => {
  const counts = [
    [8, 2, 0],
    [0, 4, 4],
    [1, 0, 9],
  ];
  const figure = plot.confusion(counts);
  expect(figure.data[0]!.z).toEqual([
    [0.8, 0.2, 0],
    [0, 0.5, 0.5],
    [0.1, 0, 0.9],
  ]);
  expect(String(figure)).toMatch(/^21 of 28 right \(75\.0 %\)\n {2}1 taken for 2: 4/);
  expect(() => plot.confusion([[1, 2]])).toThrow("square matrix");
});

test("images: each pixel where it belongs, black to white over the range", () => {
  const figure = plot.images(tensor.arange(8).float().reshape(2, 2, 2), { columns: 2 });
  const z = figure.data[0]!.z as number[][][];
  // gaps of one pixel above and between
  expect(z[1]!.map(([level, , , alpha]) => (alpha === 0 ? "-" : level))).toEqual([0, 36, "-", 146, 182]);
  expect(z[2]!.map(([level, , , alpha]) => (alpha === 0 ? "-" : level))).toEqual([73, 109, "-", 219, 255]);
  expect(() => plot.images(tensor.zeros(2, 2, 3, 3))).toThrow("[N, 1, H, W]");
});

test("lossSurface: heights of the function, and paths that are the optimizers' own steps", () => {
  const figure = plot.lossSurface(bowl, {
    start: [1, -1],
    steps: 2,
    optimizers: { SGD: (p) => new optim.SGD(p, { lr: 0.04 }) },
  });
  const [surface, path] = figure.data as unknown as { x: number[]; y: number[]; customdata: number[][] }[];
  expect(surface!.customdata[0]![0]).toBeCloseTo(44, 4);
  // x: 1, times 1 - 0.08 a step; y: -1, times 1 - 0.8
  [1, 0.92, 0.8464].forEach((x, i) => {
    expect(path!.x[i]).toBeCloseTo(x, 6);
  });
  [-1, -0.2, -0.04].forEach((y, i) => {
    expect(path!.y[i]).toBeCloseTo(y, 6);
  });
});
