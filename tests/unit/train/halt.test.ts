// stopOn: a bad step is not applied, and the error says where it went wrong. Faults are planted in varied places.

import * as gb from "gradbook";
import { describe, expect, test } from "vitest";

const { nn, F, optim, tensor, train, manualSeed, watch } = gb;

const bitsOf = (model: gb.nn.Module): unknown =>
  Object.entries(model.stateDict()).map(([name, value]) => [name, ...value.toTypedArray()]);

class Faulty extends nn.Module {
  readonly fault: (x: gb.Tensor) => gb.Tensor;
  constructor(fault: (x: gb.Tensor) => gb.Tensor) {
    super();
    this.fault = fault;
  }
  forward(x: gb.Tensor): gb.Tensor {
    return this.fault(x);
  }
}

interface Planted {
  /** What one layer does from step 3 on. */
  readonly layer?: (x: gb.Tensor) => gb.Tensor;
  readonly loss?: (logits: gb.Tensor, y: gb.Tensor) => gb.Tensor;
  readonly batch?: (x: gb.Tensor) => gb.Tensor;
  readonly model?: (model: gb.nn.Sequential) => void;
  readonly read?: boolean;
}

/** Trains for three good steps and a bad one; gives the error, and whether the model is as it was before that. */
function halted(stopOn: gb.train.StopRule[], planted: Planted) {
  manualSeed(1);
  let step = 0;
  const bad = (): boolean => step === 3;
  const model = nn.Sequential(
    nn.Linear(6, 8),
    nn.BatchNorm1d(8),
    new Faulty((x) => (bad() && planted.layer ? planted.layer(x) : x.relu())) as never,
    nn.Linear(8, 3),
  );
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
  watch(model, { stopOn });
  const y = tensor.randint(0, 3, [16]);
  let before: unknown;
  let error: gb.train.TrainingHalted | undefined;
  try {
    for (; step < 5; step++) {
      const x = tensor.randn(16, 6);
      if (bad()) planted.model?.(model);
      before = bitsOf(model);
      const logits = model(bad() && planted.batch ? planted.batch(x) : x);
      const loss = bad() && planted.loss ? planted.loss(logits, y) : F.crossEntropy(logits, y);
      if (planted.read) loss.item();
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
    }
  } catch (thrown) {
    error = thrown as gb.train.TrainingHalted;
  }
  return { error, untouched: JSON.stringify(before) === JSON.stringify(bitsOf(model)), model };
}

const CASES: readonly (readonly [name: string, planted: Planted, where: RegExp])[] = [
  ["the log of a negative number in a layer", { layer: (x) => x.log() }, /log in layer 2 \(Faulty\)/],
  ["a division by 0 in a layer", { layer: (x) => x.div(x.sub(x)) }, /div in layer 2 \(Faulty\)/],
  ["exp that overflows", { layer: (x) => x.mul(1000).exp() }, /exp in layer 2 \(Faulty\)/],
  [
    "the root's derivative at 0",
    { layer: (x) => x.mul(0).sqrt() },
    /the derivative of sqrt in layer 2 \(Faulty\)/,
  ],
  ["the loss", { loss: (logits) => logits.softmax(1).sub(1).log().mean() }, /log in the loss/],
  ["NaN in the batch", { batch: (x) => x.mul(Number.NaN) }, /the batch already has NaN/],
  [
    "NaN in a weight",
    {
      model: (model) => {
        (model.at(3) as gb.nn.Linear).weight.data.fill_(Number.NaN);
      },
    },
    /the parameter 3\.weight already has NaN/,
  ],
];

describe.each([false, true])("nan, the loss read before backward(): %s", (read) => {
  test.each(CASES)("%s", (_name, planted, where) => {
    const { error, untouched, model } = halted(["nan"], { ...planted, read });
    expect(error).toBeInstanceOf(train.TrainingHalted);
    expect(error!.step).toBe(3);
    expect(error!.message).toMatch(where);
    expect(untouched).toBe(true);
    expect(model.parameters().every(({ grad }) => grad === null)).toBe(true);
  });
});

test("a gradient that grows a thousandfold through the layers, and one far above what was usual", () => {
  const grows = halted(["exploding-gradient"], { layer: (x) => x.mul(1e5) });
  expect(grows.error!.message).toMatch(/exploding-gradient: at step 3, .* the gradient grows/);
  expect(grows.untouched).toBe(true);
  const spike = halted(["nan", "gradient-spike"], { loss: (logits) => logits.mul(1e6).sum() });
  expect(spike.error!.message).toMatch(/gradient-spike: at step 3, the norm of the gradients is .*, and was/);
  expect(spike.untouched).toBe(true);
});

test("a healthy training is not stopped, and trains as it would alone", () => {
  const { error, model } = halted(["nan", "exploding-gradient", "gradient-spike"], {});
  expect(error).toBeUndefined();
  const alone = halted([], {});
  const [a, b] = [model, alone.model].map((each) => each.parameters().flatMap((p) => [...p.toTypedArray()]));
  expect(Math.max(...a!.map((value, i) => Math.abs(value - b![i]!)))).toBeLessThan(1e-6);
});

test("rules that there are not", () => {
  expect(() => watch(nn.Linear(1, 1), { stopOn: ["nans" as never] })).toThrow(
    'stopOn has no rule "nans"; there are nan,',
  );
});
