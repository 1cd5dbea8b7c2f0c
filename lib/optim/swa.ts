// Averages of a model's weights over a training: stochastic weight averaging and exponential moving averages. PyTorch's
// `torch.optim.swa_utils`.

import * as ops from "../graph/ops/index.js";
import { type Callable, callable } from "../module/callable.js";
import { deepcopy } from "../module/deepcopy.js";
import { Module } from "../module/module.js";
import { full } from "../tensor/create.js";
import { noGrad } from "../tensor/scope.js";
import { Tensor } from "../tensor/tensor.js";
import {
  type AnyOptimizer,
  LRScheduler,
  type PerGroup,
  perGroup,
  requireThat,
} from "./schedule/scheduler.js";

/** The new average, from the one of `count` models, a float32 number, and the parameter of the next. */
export type AverageFunction = (averaged: Tensor, current: Tensor, count: Tensor) => Tensor;

/** An exponential moving average: decay * averaged + (1 - decay) * current.
 *
 *  ```ts
 *  optim.swaUtils.getEmaAvgFn(0.75)(tensor([0]), tensor([4]), tensor(1)) // -> [1]
 *  ``` */
export function getEmaAvgFn(decay = 0.999): AverageFunction {
  if (!(decay >= 0 && decay <= 1)) throw new RangeError(`getEmaAvgFn: decay must be in [0, 1], got ${decay}`);
  return (averaged, current) => averaged.mul(decay).add(current.mul(1 - decay));
}

/** The plain average of all models. Izmailov et al. 2018, section 3.2.
 *
 *  ```ts
 *  optim.swaUtils.getSwaAvgFn()(tensor([0]), tensor([4]), tensor(3)) // -> [1]
 *  ``` */
export function getSwaAvgFn(): AverageFunction {
  return (averaged, current, count) => averaged.add(current.sub(averaged).div(count.add(1)));
}

export interface AveragedModelOptions {
  /** How an average goes on (`getSwaAvgFn()`). */
  avgFn?: AverageFunction;
  /** Average buffers as well; otherwise they are copied (false). */
  useBuffers?: boolean;
}

class AveragedModelModule<M extends Module = Module> extends Module {
  /** The model with the averages as its parameters. */
  readonly module: M;
  /** [], int32: how many models went in. */
  declare nAveraged: Tensor;
  private readonly average: { readonly function: AverageFunction; readonly useBuffers: boolean };

  constructor(model: M, options: AveragedModelOptions = {}) {
    super();
    this.module = deepcopy(model);
    this.registerBuffer("nAveraged", full([], 0, { dtype: "int32" }));
    const { avgFn = getSwaAvgFn(), useBuffers = false } = options;
    this.average = { function: avgFn, useBuffers };
  }

  /** As the model itself. */
  forward(...inputs: Parameters<M["forward"]>): ReturnType<M["forward"]> {
    return (this.module as unknown as (...args: unknown[]) => ReturnType<M["forward"]>)(...inputs);
  }

  /** Takes the parameters of `model`, as they are now, into the averages; the first ones are copied.
   *  @example
   *  const averaged = optim.swaUtils.AveragedModel(model);
   *  averaged.updateParameters(model);
   *  averaged.nAveraged.item() // -> 1 */
  updateParameters(model: M): void {
    const { function: next, useBuffers } = this.average;
    const pairs = (own: readonly Tensor[], theirs: readonly Tensor[]): [Tensor, Tensor][] => {
      if (own.length === theirs.length) return own.map((tensor, i) => [tensor, theirs[i]!]);
      throw new RangeError(
        `AveragedModel: the model has ${theirs.length} parameters or buffers, the one that was averaged so far ${own.length}`,
      );
    };
    // the count is not read: averaging after every step must not wait for it
    const count = this.nAveraged.float();
    const first = this.nAveraged.eq(0);
    const blend = (own: Tensor, other: Tensor): void => {
      const average = next(own.detach(), other.detach(), count);
      own.copy_(Tensor.from(ops.where(first.node, other.node, average.node)));
    };
    noGrad(() => {
      for (const [own, other] of pairs(this.module.parameters(), model.parameters())) blend(own, other);
      for (const [own, other] of pairs(this.module.buffers(), model.buffers())) {
        if (useBuffers && own.dtype === "float32") blend(own, other);
        else own.copy_(other);
      }
      this.nAveraged.add_(1);
    });
  }
}

export type AveragedModel<M extends Module = Module> = AveragedModelModule<M>;

interface AveragedModelConstructor {
  new <M extends Module>(model: M, options?: AveragedModelOptions): AveragedModel<M>;
  <M extends Module>(model: M, options?: AveragedModelOptions): AveragedModel<M>;
  readonly prototype: AveragedModelModule;
}

/** A copy of a model whose parameters are averages of the model's over time; call `updateParameters(model)` after steps or
 *  epochs. Batch normalisation needs `norm.recalibrate(averaged, loader)` at the end, as no batch has seen the averages.
 *  Izmailov et al. 2018 (plain averages, the default); with `avgFn: getEmaAvgFn(0.999)` exponential ones.
 *
 *  ```ts
 *  const model = nn.Linear(2, 1);
 *  const averaged = optim.swaUtils.AveragedModel(model, { avgFn: optim.swaUtils.getEmaAvgFn(0.99) });
 *  averaged.updateParameters(model);
 *  averaged(tensor.ones(1, 2)).shape // -> [1, 1]
 *  ``` */
export const AveragedModel: AveragedModelConstructor = callable(
  AveragedModelModule,
  "AveragedModel",
) as unknown as AveragedModelConstructor;

export interface SwaOptions {
  /** Steps on the way to the rate (10). */
  annealEpochs?: number;
  /** "cos" (default) or "linear". */
  annealStrategy?: "cos" | "linear";
}

interface Options extends Required<SwaOptions> {
  readonly swaLrs: readonly number[];
}

const ANNEAL: { readonly [strategy in Options["annealStrategy"]]: (share: number) => number } = {
  cos: (share) => (1 - Math.cos(Math.PI * share)) / 2,
  linear: (share) => share,
};

class SWAScheduler extends LRScheduler<Options> {
  constructor(optimizer: AnyOptimizer, swaLr: PerGroup<number>, options: SwaOptions = {}) {
    const { annealEpochs = 10, annealStrategy = "cos" } = options;
    const whole = Number.isInteger(annealEpochs) && annealEpochs >= 0;
    requireThat(whole, "SWALR", "annealEpochs", "a whole number >= 0", annealEpochs);
    requireThat(annealStrategy in ANNEAL, "SWALR", "annealStrategy", "cos or linear", annealStrategy);
    super(optimizer, { annealEpochs, annealStrategy, swaLrs: [] }, {});
    this.options = { annealEpochs, annealStrategy, swaLrs: perGroup(optimizer, swaLr, "SWALR") };
    this.begin();
  }
  protected override rate(i: number): number {
    const { annealEpochs, annealStrategy, swaLrs } = this.options;
    const { lr } = this.groups[i]!;
    const shareAt = (step: number): number => {
      return ANNEAL[annealStrategy](Math.min(1, Math.max(0, step / Math.max(1, annealEpochs))));
    };
    // PyTorch counts one step more where there is no way to go
    const step = annealEpochs === 0 ? Math.max(1, this.lastEpoch) : this.lastEpoch;
    if (step === 0) return lr;
    const before = shareAt(step - 1);
    const start = before === 1 ? swaLrs[i]! : (lr - before * swaLrs[i]!) / (1 - before);
    const share = shareAt(step);
    return swaLrs[i]! * share + start * (1 - share);
  }
}

/** From the rate there is to `swaLr` within `annealEpochs` steps, and then constant: for the last part of a training, in which
 *  weights are averaged.
 *
 *  ```ts
 *  const optimizer = new optim.SGD(nn.Linear(2, 1).parameters(), { lr: 0.1 });
 *  const scheduler = new optim.swaUtils.SWALR(optimizer, 0.05, { annealEpochs: 1 });
 *  scheduler.step();
 *  scheduler.getLastLr() // -> [ 0.05 ]
 *  ``` */
export const SWALR: Callable<typeof SWAScheduler> = callable(SWAScheduler, "SWALR");
export type SWALR = SWAScheduler;
