// Statistics of a training step in plain loops and double precision, from the full tensors: taken by hooks from a network that
// nobody watches.

import type * as gb from "gradbook";
import { BINS, histogramEdges, type Quantity, shareToByte } from "gradbook/train/histograms";
import type { LayerField } from "gradbook/train/run";
import { expect } from "vitest";

/** A tensor's numbers, row-major. */
export interface Full {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}
const full = (x: gb.Tensor): Full => ({ shape: x.shape, data: Float32Array.from(x.toTypedArray()) });

export interface Network {
  readonly build: () => gb.nn.Sequential;
  readonly input: readonly number[];
  readonly optimizer: (parameters: gb.nn.Parameter[]) => gb.optim.SGD | gb.optim.Adam;
  /** Of each layer the positions in the model of what gives its input sum, its output, and its batch normalisation. */
  readonly layers: readonly { head: number; last: number; norm?: number; channels?: true }[];
  /** Whether an output lies on a flat part, by layer. */
  readonly flat?: readonly (((y: number) => boolean) | undefined)[];
  readonly clip?: number;
}

const mean = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
};
const variance = (values: ArrayLike<number>): number => {
  const center = mean(values);
  return mean(Array.from(values, (value) => (value - center) ** 2));
};
export const together = (tensors: readonly Full[]): number[] => tensors.flatMap(({ data }) => [...data]);

function values(tensors: readonly Full[]): Record<string, number> {
  const all = together(tensors);
  const finite = all.filter(Number.isFinite);
  return {
    Mean: mean(finite),
    Std: Math.sqrt(variance(finite)),
    Norm: Math.hypot(...finite),
    Min: Math.min(...finite),
    Max: Math.max(...finite),
    Zeros: all.filter((value) => value === 0).length / all.length,
    Nans: all.filter(Number.isNaN).length,
    Infinities: all.filter((value) => Math.abs(value) === Number.POSITIVE_INFINITY).length,
  };
}

/** Named as fields of the record: "gradientMean", or "mean" where there is no prefix. */
function fields(
  prefix: string,
  names: readonly string[],
  from: Record<string, number>,
): [LayerField, number][] {
  const name = (of: string): string =>
    prefix === "" ? of.charAt(0).toLowerCase() + of.slice(1) : prefix + of;
  return names.map((of) => [name(of) as LayerField, from[of]!]);
}

/** The numbers at each index of `axis`. */
function alongAxis({ shape, data }: Full, axis: number): number[][] {
  const inner = shape.slice(axis + 1).reduce((product, n) => product * n, 1);
  const lists: number[][] = Array.from({ length: shape[axis]! }, () => []);
  data.forEach((value, i) => {
    lists[Math.floor(i / inner) % shape[axis]!]!.push(value);
  });
  return lists;
}

function meanBatchStd({ shape, data }: Full): number {
  const width = data.length / shape[0]!;
  const across = Array.from({ length: width }, (_, j) => data.filter((_, i) => i % width === j));
  return mean(across.map((list) => Math.sqrt(variance(list))));
}

/** A histogram of all elements. */
export function bins(tensors: readonly Full[], quantity: Quantity): number[] {
  const edges = histogramEdges(quantity);
  const all = together(tensors);
  const counts = new Array<number>(BINS).fill(0);
  for (const value of all) {
    // of the two edges around a number, the one nearer to zero belongs to its bin
    const size = edges.findLastIndex((edge, i) => i >= BINS / 2 && edge <= Math.abs(value)) - BINS / 2;
    const bin = Math.min(size, BINS / 2 - 1);
    counts[value < 0 ? BINS / 2 - 1 - bin : BINS / 2 + bin]!++;
  }
  return counts.map((count) => shareToByte(count / all.length));
}

/** What one step of an unwatched network is made of. */
export interface Step {
  readonly inputs: Full[];
  /** What enters the activation: the input sum, or what a normalisation makes of it. */
  readonly entering: Full[];
  readonly outputs: Full[];
  readonly gradients: Full[];
  readonly weights: Full[][];
  readonly weightGradients: Full[][];
  readonly weightsAfter: Full[][];
  readonly norms: ({ input: Full; mean: Full; variance: Full } | undefined)[];
  readonly gradientNorm: number;
}

/** `step` trains once; the network's tensors are copied around it. */
export function takeApart(
  { layers }: Network,
  model: gb.nn.Sequential,
  optimizer: { zeroGrad(): void; step(): void },
  backward: () => void,
  clip: () => void,
): Step {
  const modules = layers.map(({ head, last, norm }) => ({
    head: model[head] as gb.nn.Module,
    last: model[last] as gb.nn.Module,
    norm: norm === undefined ? undefined : (model[norm] as gb.nn.BatchNorm1d),
  }));
  const kept = layers.map(() => ({}) as Record<"input" | "entering" | "output" | "normInput", gb.Tensor>);
  const hooks = modules.flatMap(({ head, last, norm }, i) => [
    head.registerForwardHook((_m, _x, output) => {
      kept[i]!.input = output as gb.Tensor;
      kept[i]!.input.retainGrad();
    }),
    last.registerForwardHook((_m, [entering], output) => {
      kept[i]!.entering = entering as gb.Tensor;
      kept[i]!.output = output as gb.Tensor;
    }),
    ...(norm === undefined
      ? []
      : [
          norm.registerForwardPreHook((_m, [input]) => {
            kept[i]!.normInput = input as gb.Tensor;
          }),
        ]),
  ]);
  const weights = modules.map(({ head }) => head.parameters().map(full));
  backward();
  const norms = modules.map(
    ({ norm }, i) =>
      norm && {
        input: full(kept[i]!.normInput),
        mean: full(norm.runningMean!),
        variance: full(norm.runningVar!),
      },
  );
  const whole = model.parameters().map((parameter) => full(parameter.grad!));
  clip();
  const weightGradients = modules.map(({ head }) => head.parameters().map(({ grad }) => full(grad!)));
  const inputs = kept.map(({ input }) => full(input.detach()));
  const entering = kept.map(({ input, entering }, i) => {
    return full((modules[i]!.head === modules[i]!.last ? input : entering).detach());
  });
  const outputs = kept.map(({ output }) => full(output.detach()));
  const gradients = kept.map(({ input }) => full(input.grad!));
  optimizer.step();
  optimizer.zeroGrad();
  for (const hook of hooks) hook.remove();
  const weightsAfter = modules.map(({ head }) => head.parameters().map(full));
  const gradientNorm = Math.hypot(...together(whole));
  return {
    inputs,
    entering,
    outputs,
    gradients,
    weights,
    weightGradients,
    weightsAfter,
    norms,
    gradientNorm,
  };
}

const ALL = ["Mean", "Std", "Norm", "Min", "Max", "Zeros", "Nans", "Infinities"];
const without = (...names: string[]): string[] => ALL.filter((name) => !names.includes(name));

/** The numbers that a sample of the step has of a layer. */
export function expected(network: Network, step: Step, layer: number): [LayerField, number][] {
  const { norm, last, head } = network.layers[layer]!;
  const output = step.outputs[layer]!;
  const weights = step.weights[layer]!;
  const before = together(weights);
  const change = together(step.weightsAfter[layer]!).map((value, i) => value - before[i]!);
  const isFlat = network.flat?.[layer];
  const found: [LayerField, number][] = [
    ...fields("", without("Norm"), values([output])),
    ...fields("input", ["Mean", "Std"], values([step.inputs[layer]!])),
    ...fields("gradient", ALL, values([step.gradients[layer]!])),
    ...fields("weight", without("Zeros"), values(weights)),
    ...fields("weightGradient", without("Zeros"), values(step.weightGradients[layer]!)),
    ["batchStd", meanBatchStd(output)],
    ["updateRatio", Math.hypot(...change) / Math.hypot(...before)],
    ["saturated", isFlat ? [...output.data].filter(isFlat).length / output.data.length : Number.NaN],
  ];
  const drift = step.norms[layer];
  if (norm === undefined || drift === undefined) return [...found, ["normMeanGap", Number.NaN]];
  expect(last).toBeGreaterThan(head);
  const channels = alongAxis(drift.input, 1);
  const unbiased = channels.map((list) => (variance(list) * list.length) / (list.length - 1));
  const gaps = channels.map(
    (list, c) => Math.abs(drift.mean.data[c]! - mean(list)) / Math.sqrt(unbiased[c]!),
  );
  const ratios = unbiased.map((of, c) => Math.log(drift.variance.data[c]! / of));
  return [...found, ["normMeanGap", mean(gaps)], ["normVarianceRatio", Math.exp(mean(ratios))]];
}
