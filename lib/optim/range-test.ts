// The learning-rate range test: a short training whose rate grows from step to step, to see where the loss falls and where
// it explodes.

import { deepcopy } from "../module/deepcopy.js";
import type { Module } from "../module/module.js";
import { checkNames, refuse } from "../tensor/arguments.js";
import { defaultGenerator } from "../tensor/random/default.js";
import type { Tensor } from "../tensor/tensor.js";
import { type GroupOptions, Optimizer } from "./optimizer.js";

export interface RangeTestOptions {
  /** The first rate (1e-6). */
  minLr?: number;
  /** The last rate (1). */
  maxLr?: number;
  /** Steps from the first to the last, each by the same factor (100). */
  steps?: number;
  /** Stops once the smoothed loss is this many times the lowest so far (4). */
  stopAt?: number;
  /** Share of the past in the smoothed loss (0.8). */
  smoothing?: number;
}

/** What a range test has seen. */
export interface RangeTest {
  /** The rate of each step. */
  readonly rates: readonly number[];
  /** The loss before each step. */
  readonly losses: readonly number[];
  /** Moving averages of the losses, corrected for their start. */
  readonly smoothed: readonly number[];
  /** A tenth of the rate at which the smoothed loss was lowest: null where it never fell. */
  readonly suggestion: number | null;
  /** The rate at which the loss fell fastest, before it turned: a cautious choice. The middle of that fifth of the steps to which
   *  the steepest straight line fits (least squares): a single lucky batch hardly moves it. */
  readonly steepest: number | null;
}

/** The first of the positions with the lowest value. */
const lowest = (values: readonly number[]): number => values.indexOf(Math.min(...values));

/** What the values rise from one to the next, by the straight line through them (least squares, up to a positive factor). */
function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  return values.reduce((sum, value, i) => sum + (i - middle) * value, 0);
}

/** `steps`: of a whole test, which may have ended earlier. */
function conclude(
  rates: readonly number[],
  losses: readonly number[],
  smoothed: readonly number[],
  steps: number,
): RangeTest {
  const turn = lowest(smoothed);
  if (turn <= 0) return { rates, losses, smoothed, suggestion: null, steepest: null };
  const width = Math.min(turn + 1, Math.max(2, Math.round(steps / 5)));
  const slopes = losses.slice(0, turn + 2 - width).map((_, i) => slope(losses.slice(i, i + width)));
  const steepest = rates[lowest(slopes) + Math.floor((width - 1) / 2)]!;
  return { rates, losses, smoothed, suggestion: rates[turn]! / 10, steepest };
}

/** Trains `model` for some steps with a learning rate that grows from `minLr` to `maxLr`, and suggests one: a tenth of the
 *  rate at which the loss turned to rise. `batches` are batches [X, y], gone through again where there are too few; the loss
 *  is lossFn(model(X), y). Groups keep the ratio of their rates. Stops early where the loss explodes.
 *
 *  Afterwards the model, the optimizer and the default generator are as they were before. Smith 2017, section 3.3.
 *
 *  ```ts
 *  const model = nn.Linear(2, 1);
 *  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
 *  const test = optim.lrRangeTest(model, optimizer, nn.MSELoss(), [[tensor.ones(4, 2), tensor.ones(4, 1)]], { steps: 20 });
 *  test.rates[0] // -> 0.000001
 *  ``` */
export function lrRangeTest<X, Y>(
  model: Module & { forward(x: X): Tensor },
  optimizer: Optimizer<GroupOptions>,
  lossFn: (prediction: Tensor, target: Y) => Tensor,
  batches: Iterable<readonly [X, Y]>,
  options: RangeTestOptions = {},
): RangeTest {
  if (!(optimizer instanceof Optimizer)) refuse(optimizer, lrRangeTest, "an optimizer after the model");
  if (typeof lossFn !== "function") refuse(lossFn, lrRangeTest, "a loss after the optimizer");
  checkNames(lrRangeTest, options, ["minLr", "maxLr", "steps", "stopAt", "smoothing"]);
  const { minLr = 1e-6, maxLr = 1, steps = 100, stopAt = 4, smoothing = 0.8 } = options;
  if (!(minLr > 0 && maxLr > minLr)) {
    throw new RangeError(`lrRangeTest: needs 0 < minLr < maxLr, got minLr = ${minLr}, maxLr = ${maxLr}`);
  }
  if (!(Number.isInteger(steps) && steps > 1)) {
    throw new RangeError(`lrRangeTest: steps must be a whole number > 1, got ${steps}`);
  }
  const restore = snapshot(model, optimizer);
  const start = optimizer.paramGroups.map(({ lr }) => lr);
  const rates: number[] = [];
  const losses: number[] = [];
  const smoothed: number[] = [];
  const call = model as unknown as (x: X) => Tensor;
  let average = 0;
  try {
    for (const [x, y] of endless(batches, steps)) {
      const rate = minLr * (maxLr / minLr) ** (rates.length / (steps - 1));
      optimizer.paramGroups.forEach((group, i) => {
        group.lr = rate * (start[0]! > 0 ? start[i]! / start[0]! : 1);
      });
      optimizer.zeroGrad();
      const loss = lossFn(call(x), y);
      loss.backward();
      optimizer.step();
      const value = loss.item();
      if (!Number.isFinite(value)) break;
      rates.push(rate);
      losses.push(value);
      average = smoothing * average + (1 - smoothing) * value;
      smoothed.push(average / (1 - smoothing ** rates.length));
      if (smoothed.at(-1)! > stopAt * Math.min(...smoothed)) break;
    }
  } finally {
    restore();
  }
  return conclude(rates, losses, smoothed, steps);
}

/** `count` batches, from the start again where there are too few. */
function* endless<B>(batches: Iterable<B>, count: number): Generator<B> {
  let given = 0;
  while (given < count) {
    const before = given;
    for (const batch of batches) {
      if (given++ === count) return;
      yield batch;
    }
    if (given === before) throw new RangeError("lrRangeTest: got no batches");
  }
}

/** Keeps all that training changes; gives the way back. */
function snapshot(model: Module, optimizer: Optimizer<GroupOptions>): () => void {
  const parameters = deepcopy(model.stateDict());
  const state = deepcopy(optimizer.stateDict());
  const generator = defaultGenerator.getState();
  const training = model.training;
  return () => {
    optimizer.zeroGrad();
    model.zeroGrad();
    model.loadStateDict(parameters);
    optimizer.loadStateDict(state);
    defaultGenerator.setState(generator);
    model.train(training);
  };
}
