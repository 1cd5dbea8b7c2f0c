// Updates are recorded once for all parameters that take the same step. That must not show: each parameter gets, bit for bit,
// what an optimizer of its own gives it, also when some have no gradient in some steps.

import * as gb from "gradbook";
import { withoutPacks } from "gradbook/compute/plan/packs";
import { session } from "gradbook/tensor/session";
import { describe, expect, test } from "vitest";
import { valuesOf } from "../library/support.js";

const { optim, tensor, manualSeed } = gb;

type Make = (params: readonly gb.Tensor[]) => { step(): void; zeroGrad(): void };

const OPTIMIZERS: Readonly<Record<string, Make>> = {
  SGD: (params) => new optim.SGD(params, { lr: 0.1, weightDecay: 0.01 }),
  "SGD with momentum": (params) => new optim.SGD(params, { lr: 0.1, momentum: 0.9, dampening: 0.1 }),
  Adam: (params) => new optim.Adam(params, { lr: 0.1, amsgrad: true }),
  AdamW: (params) => new optim.AdamW(params, { lr: 0.1 }),
  NAdam: (params) => new optim.NAdam(params, { lr: 0.1 }),
  RAdam: (params) => new optim.RAdam(params, { lr: 0.1 }),
  Adamax: (params) => new optim.Adamax(params, { lr: 0.1 }),
  Adagrad: (params) => new optim.Adagrad(params, { lr: 0.1, initialAccumulatorValue: 0.5 }),
  Adadelta: (params) => new optim.Adadelta(params),
  RMSprop: (params) => new optim.RMSprop(params, { lr: 0.01, centered: true, momentum: 0.5 }),
  Rprop: (params) => new optim.Rprop(params),
  Lion: (params) => new optim.Lion(params, { lr: 0.01 }),
};

const SHAPES = [[3], [], [2, 3], [0], [1, 4], [3]];

/** Values of all parameters after five steps; in steps 2 and 3 some have no gradient. */
function train(make: Make, together: boolean): number[][] {
  manualSeed(7);
  const params = SHAPES.map((shape) => tensor.randn(shape).requiresGrad_());
  const optimizers = together ? [make(params)] : params.map((parameter) => make([parameter]));
  for (let step = 0; step < 5; step++) {
    params.forEach((parameter, i) => {
      if ((step === 2 || step === 3) && i % 2 === step % 2) return;
      parameter
        .mul(parameter)
        .mul(i + step + 1)
        .sum()
        .backward();
    });
    for (const optimizer of optimizers) optimizer.step();
    for (const optimizer of optimizers) optimizer.zeroGrad();
  }
  return params.map(valuesOf);
}

describe.each(Object.entries(OPTIMIZERS))("%s", (_name, make) => {
  test("changes many parameters as it changes each alone", () => {
    expect(train(make, true)).toEqual(train(make, false));
  });
});

test("a learning rate of their own goes to the parameters of each group", () => {
  const params = SHAPES.slice(0, 4).map((shape) => tensor.ones(shape).requiresGrad_());
  const optimizer = new optim.SGD([{ params: params.slice(0, 2) }, { params: params.slice(2), lr: 0.5 }], {
    lr: 0.25,
  });
  for (const parameter of params) parameter.sum().backward();
  optimizer.step();
  expect(params.map(valuesOf)).toEqual([[0.75, 0.75, 0.75], [0.75], Array(6).fill(0.5), []]);
});

test("a state that is loaded between steps counts from the next one on", () => {
  const values = (reload: boolean): number[][] => {
    const params = SHAPES.slice(0, 3).map((shape) => tensor.ones(shape).requiresGrad_());
    const optimizer = new optim.Adam(params, { lr: 0.1 });
    const step = (): void => {
      for (const parameter of params) parameter.square().sum().backward();
      optimizer.step();
      optimizer.zeroGrad();
    };
    step();
    const saved = optimizer.stateDict();
    if (reload) optimizer.loadStateDict(saved);
    step();
    return params.map(valuesOf);
  };
  expect(values(true)).toEqual(values(false));
});

test("the number of recorded arguments of a step does not grow with the number of parameters", () => {
  const args = (count: number): number => {
    const params = Array.from({ length: count }, () => tensor.ones(2).requiresGrad_());
    const optimizer = new optim.NAdam(params);
    const { client } = session();
    const run = client.run.bind(client);
    let last = 0;
    client.run = (plan, bindings, numbers, ...rest) => {
      last = numbers.length;
      return run(plan, bindings, numbers, ...rest);
    };
    for (let i = 0; i < 2; i++) {
      for (const parameter of params) parameter.grad = tensor.ones(2);
      optimizer.step();
    }
    client.run = run;
    return last;
  };
  expect(args(40)).toBe(args(2));
});

/** An optimizer that has taken three steps on parameters of all shapes, and a way to go on. */
function stepped(): { optimizer: gb.optim.Adam; step: () => void; params: readonly gb.Tensor[] } {
  manualSeed(7);
  const params = SHAPES.map((shape) => tensor.randn(shape).requiresGrad_());
  const optimizer = new optim.Adam(params, { lr: 0.1 });
  const step = (): void => {
    for (const parameter of params) parameter.square().sum().backward();
    optimizer.step();
    optimizer.zeroGrad();
  };
  for (let i = 0; i < 3; i++) step();
  return { optimizer, step, params };
}

const averagesOf = ({ optimizer }: { optimizer: gb.optim.Adam }): gb.Tensor[] =>
  SHAPES.map((_, i) => optimizer.stateDict().state[i]!.exp_avg as gb.Tensor);

test("the states of parameters that take the same step are bound as one buffer of each kind", () => {
  const { optimizer, params } = stepped();
  const { client } = session();
  const run = client.run.bind(client);
  let bound = 0;
  client.run = (plan, bindings, ...rest) => {
    bound = bindings.length;
    return run(plan, bindings, ...rest);
  };
  for (const parameter of params) parameter.grad = tensor.ones(parameter.shape);
  optimizer.step();
  client.run = run;
  // each parameter and its gradient, exp_avg and exp_avg_sq
  expect(bound).toBe(2 * SHAPES.length + 2);
});

test("a state dict shows the present state; what is computed from it keeps what it read", () => {
  const training = stepped();
  const averages = averagesOf(training);
  const before = averages.map(valuesOf);
  const doubled = averages.map((average) => average.mul(2));
  training.step();
  const after = averages.map(valuesOf);
  expect(after).not.toEqual(before);
  expect(after).toEqual(averagesOf(training).map(valuesOf));
  expect(doubled.map(valuesOf)).toEqual(before.map((values) => values.map((value) => 2 * value)));
});

test("a change of a tensor from a state dict is not the optimizer's", () => {
  const [training, other] = [stepped(), stepped()];
  for (const average of averagesOf(training)) average.fill_(9);
  training.step();
  other.step();
  expect(training.params.map(valuesOf)).toEqual(other.params.map(valuesOf));
});

test("packs that meet what does not fit them are refused by name", () => {
  const input = (shape: number[], binding: number) =>
    ({ op: "input", inputs: [], attributes: { binding }, shape, dtype: "float32" }) as const;
  const pack = { op: "pack", inputs: [0, 1], attributes: {}, shape: [5], dtype: "float32" } as const;
  const graph = (last: object) => ({
    nodes: [input([2], 0), input([3], 1), pack, last as typeof pack],
    results: [{ node: 3 }],
    inputs: 2,
    args: 0,
  });
  const sum = { op: "reduce_sum", inputs: [2], attributes: { axes: [0] }, shape: [], dtype: "float32" };
  const add = { op: "add", inputs: [2, 1], attributes: {}, shape: [5], dtype: "float32" };
  const none = {
    op: "unpack",
    inputs: [2],
    attributes: { index: 2, shape: [3] },
    shape: [3],
    dtype: "float32",
  };
  expect(() => withoutPacks(graph(sum))).toThrow("reduce_sum of a pack");
  expect(() => withoutPacks(graph(add))).toThrow("a pack with a part of shape [2] meets [3]");
  expect(() => withoutPacks(graph(none))).toThrow("there is no part 2");
  const like = { op: "like_pack", inputs: [2, 2], attributes: {}, shape: [5], dtype: "float32" };
  expect(() => withoutPacks(graph(like))).toThrow("like_pack needs a leaf and a pack");
});
