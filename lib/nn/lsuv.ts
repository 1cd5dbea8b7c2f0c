// Layer-sequential unit-variance initialisation: weights are scaled until each layer's output, for a batch of data, has
// variance 1.

import type { GeneratorOption } from "../init/index.js";
import { orthogonal_ } from "../init/index.js";
import { evalMode } from "../module/index.js";
import { Module } from "../module/module.js";
import { noGrad } from "../tensor/scope.js";
import { Tensor } from "../tensor/tensor.js";

export interface LsuvOptions extends GeneratorOption {
  /** Draw orthogonal weights first, as the paper does; otherwise the weights there are get scaled (true). */
  orthogonal?: boolean;
  /** How far from 1 a variance may be (0.1, as in the paper). */
  tolerance?: number;
  /** How often a layer is scaled at most (10). */
  maxIterations?: number;
}

/** What became of one layer. */
export interface LsuvReport {
  /** The layer's name in the model. */
  readonly path: string;
  /** Standard deviation of its outputs as found. */
  readonly before: number;
  /** and at the end. */
  readonly after: number;
  /** How often it was scaled. */
  readonly iterations: number;
  /** False where it is not within the tolerance; a layer whose output is constant cannot be scaled. */
  readonly reached: boolean;
}

type Layer = Module & { weight: Tensor };

const hasWeightMatrix = (module: Module): module is Layer => {
  const { weight } = module as { weight?: unknown };
  return (
    weight instanceof Tensor &&
    weight.ndim >= 2 &&
    module.children().length === 0 &&
    module.constructor.name !== "Embedding"
  );
};

/** Thrown to leave the forward pass behind the layer that is looked at. */
class Seen extends Error {
  readonly deviation: number;
  constructor(deviation: number) {
    super("seen");
    this.deviation = deviation;
  }
}

/** Standard deviation of what `layer` gives out when the model is run; undefined where it is not called. */
function deviationOf(layer: Layer, run: () => unknown): number | undefined {
  const handle = layer.tapForward((_, __, output) => {
    throw new Seen((output as Tensor).std({ unbiased: false }).item());
  });
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof Seen) return error.deviation;
    throw error;
  } finally {
    handle.remove();
  }
}

/** The layers with weights in the order in which they are called. */
function calledLayers(model: Module, run: () => unknown): Layer[] {
  const order = new Set<Layer>();
  const handles = model
    .modules()
    .filter(hasWeightMatrix)
    .map((layer) => layer.tapForward(() => void order.add(layer)));
  try {
    run();
  } finally {
    for (const handle of handles) handle.remove();
  }
  return [...order];
}

/** Initialises the weights of all layers with a weight matrix (Linear, convolutions) by what they do to a batch of data:
 *  orthogonal at first, then, from the first layer to the last, divided by the standard deviation of the layer's output until its
 *  variance is 1 within `tolerance`. Biases are left alone. The model is run in evaluation mode. Mishkin and Matas 2016, algorithm 1.
 *
 *  ```ts
 *  const model = nn.Sequential(nn.Linear(20, 50), nn.ReLU(), nn.Linear(50, 10));
 *  const [first] = init.lsuv(model, tensor.randn(256, 20));
 *  Math.abs(first!.after - 1) < 0.1 // -> true
 *  ``` */
export function lsuv(model: Module, batch: Tensor, options: LsuvOptions = {}): LsuvReport[] {
  if (!(model instanceof Module)) throw new TypeError(`lsuv: needs a module, got ${typeof model}`);
  const { orthogonal = true, tolerance = 0.1, maxIterations = 10, ...generator } = options;
  const call = model as unknown as (x: Tensor) => unknown;
  const run = (): unknown => evalMode(model, () => noGrad(() => call(batch)));
  const paths = new Map([...model.namedModules()].map(([path, module]) => [module, path]));
  return calledLayers(model, run).map((layer): LsuvReport => {
    if (orthogonal) orthogonal_(layer.weight, generator);
    const before = deviationOf(layer, run) ?? Number.NaN;
    let after = before;
    let iterations = 0;
    const close = (): boolean => Math.abs(after * after - 1) <= tolerance;
    while (!close() && iterations < maxIterations && after > 0 && Number.isFinite(after)) {
      noGrad(() => layer.weight.div_(after));
      after = deviationOf(layer, run) ?? Number.NaN;
      iterations++;
    }
    return { path: paths.get(layer)!, before, after, iterations, reached: close() };
  });
}
