// A loss over two parameters, as lines of equal height, and the ways that optimizers take over it.

import { Parameter } from "../module/index.js";
import { checkNames } from "../tensor/arguments.js";
import { linspace } from "../tensor/create.js";
import { tensor } from "../tensor/index.js";
import { noGrad } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";
import { Figure, HUES, type Trace } from "./figure.js";
import { short } from "./short.js";

/** What takes steps: any optimizer. */
export interface Stepping {
  step(): unknown;
  zeroGrad(): void;
}

export interface LossSurfaceOptions {
  /** Range of the first parameter ([-2, 2]). */
  x?: readonly [low: number, high: number];
  /** Range of the second parameter ([-2, 2]). */
  y?: readonly [low: number, high: number];
  /** Where the optimizers begin ([-1.5, 1.5]). */
  start?: readonly [x: number, y: number];
  /** Steps of each optimizer (50). */
  steps?: number;
  /** Optimizers by name, each made for a fresh parameter of shape [2]. */
  optimizers?: Readonly<Record<string, (parameters: Parameter[]) => Stepping>>;
}

const POINTS = 81;

/** A loss `f(x, y)`, element by element over tensors of equal shapes, and the paths of optimizers down it. Colours follow the
 *  logarithm of the height above the lowest point shown, so that flat valleys have lines, too.
 *
 *  @example
 *  plot.lossSurface((x, y) => x.mul(x).add(y.mul(y).mul(10)), {
 *    start: [-1.8, 0.8],
 *    optimizers: { SGD: (p) => new optim.SGD(p, { lr: 0.05 }), Adam: (p) => new optim.Adam(p, { lr: 0.1 }) },
 *  }) */
export function lossSurface(f: (x: Tensor, y: Tensor) => Tensor, options: LossSurfaceOptions = {}): Figure {
  checkNames("plot.lossSurface", options, ["x", "y", "start", "steps", "optimizers"]);
  const { x = [-2, 2], y = [-2, 2], start = [-1.5, 1.5], steps = 50, optimizers = {} } = options;
  const axes = [x, y].map(([low, high]) => linspace(low, high, POINTS));
  const heights = noGrad(() =>
    f(axes[0]!.unsqueeze(0).expand(POINTS, POINTS), axes[1]!.unsqueeze(1).expand(POINTS, POINTS)),
  );
  if (heights.shape.join() !== `${POINTS},${POINTS}`) {
    throw new TypeError(
      "plot.lossSurface: f must give one value for each pair (x, y), with operations on tensors",
    );
  }
  const z = heights.toArray() as number[][];
  const lowest = Math.min(...z.flat().filter(Number.isFinite));
  const paths = Object.entries(optimizers).map(([name, make]) => ({
    name,
    points: pathOf(f, make, start, steps),
  }));
  const [xs, ys] = axes.map((axis) => axis.toArray() as number[]);
  const surface: Trace = {
    type: "contour",
    x: xs!,
    y: ys!,
    z: z.map((row) => row.map((value) => Math.log10(value - lowest + 1e-3))),
    customdata: z,
    hovertemplate: "loss %{customdata:.4g}<extra></extra>",
    colorscale: "Greys",
    reversescale: false,
    showscale: false,
    ncontours: 24,
  };
  const lines = paths.map(
    ({ name, points }, i): Trace => ({
      type: "scatter",
      mode: "lines+markers",
      name,
      x: points.map(([px]) => px),
      y: points.map(([, py]) => py),
      line: { color: HUES[i % HUES.length], width: 2 },
      marker: { size: 4 },
    }),
  );
  return new Figure(
    {
      data: [surface, ...lines],
      layout: {
        title: { text: "Loss surface" },
        xaxis: { title: { text: "x" }, range: x },
        yaxis: { title: { text: "y" }, range: y },
        height: 460,
      },
    },
    [
      `loss from ${short(lowest)} for x in ${short(x[0])} to ${short(x[1])}, y in ${short(y[0])} to ${short(y[1])}`,
      ...paths.map(({ name, points }) => {
        const [px, py, loss] = points.at(-1)!;
        return `  ${name}: at (${short(px)}, ${short(py)}) after ${points.length - 1} steps, loss ${short(loss)}`;
      }),
    ].join("\n"),
  );
}

/** Positions and losses, the start first; ends early where the loss is no longer finite. */
function pathOf(
  f: (x: Tensor, y: Tensor) => Tensor,
  make: (parameters: Parameter[]) => Stepping,
  start: readonly [number, number],
  steps: number,
): [x: number, y: number, loss: number][] {
  const at = new Parameter(tensor([...start]));
  const optimizer = make([at]);
  const points: [number, number, number][] = [];
  for (let step = 0; step <= steps; step++) {
    const [px, py] = at.toArray() as [number, number];
    const loss = f(at.narrow(0, 0, 1), at.narrow(0, 1, 1)).sum();
    points.push([px, py, loss.item()]);
    if (step === steps || !Number.isFinite(points.at(-1)![2])) break;
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
  }
  return points;
}
