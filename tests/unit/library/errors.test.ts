// Wrong input: every mistake is told with the operation, the shapes or values, and what to do; and work goes on afterwards.

import * as gb from "gradbook";
import { describe, expect, test, vi } from "vitest";
import { smallClassifier, valuesOf } from "./support.js";

const { nn, optim, tensor, noGrad, init, F } = gb;

const int = (values: gb.NestedArray): gb.Tensor => tensor(values, { dtype: "int32" });
const untyped = (value: unknown): never => value as never;

const MISTAKES: [string, () => unknown, RegExp][] = [
  // shapes and types of operations
  [
    "add",
    () => tensor.zeros(2, 3).add(tensor.zeros(4)),
    /add: shapes \[2, 3\] and \[4\].*axis -1 has 3 and 4/s,
  ],
  [
    "matmul",
    () => tensor.zeros(2, 3).matmul(tensor.zeros(4, 5)),
    /matmul: \[2, 3\] times \[4, 5\].*\(3\).*\(4\)/s,
  ],
  [
    "matmul of a vector",
    () => tensor.zeros(2, 3).matmul(tensor.zeros(4)),
    /matmul: \[2, 3\] times \[4, 1\]|matmul.*\[4\]/s,
  ],
  ["matmul of a number", () => tensor.zeros(2, 3).matmul(tensor(2)), /matmul.*at least one dim.*\.mul\(\)/s],
  ["matmul of ints", () => int([[1]]).matmul(int([[1]])), /matmul.*float32.*int32.*\.float\(\)/s],
  ["mean of ints", () => int([1, 2]).mean(), /mean.*float32.*int32.*\.float\(\)/s],
  ["sum over a dim that is not there", () => tensor.zeros(2, 3).sum(2), /sum: dim 2.*2 dimensions.*-2 to 1/s],
  ["sum over a dim twice", () => tensor.zeros(2, 3).sum([1, -1]), /sum.*twice/],
  ["amax of nothing", () => tensor.zeros(0, 3).amax(0), /max: \[0, 3\] has no element/],
  ["argmax over two dims", () => tensor.zeros(2, 2).argmax({ dim: [0, 1] }), /argmax.*one dim/],
  ["reshape", () => tensor.zeros(2, 3).reshape(4, 2), /reshape: \[2, 3\] has 6 elements, \[4, 2\] has 8/],
  ["reshape with -1", () => tensor.zeros(2, 3).reshape(4, -1), /reshape: \[2, 3\] \(6 elements\).*\[4, -1\]/],
  ["reshape with two -1", () => tensor.zeros(2, 3).reshape(-1, -1), /reshape: .*\[-1, -1\]/],
  ["permute", () => tensor.zeros(2, 3).permute(0, 0), /permute: \[0, 0\].*each of the 2 dims once/],
  ["expand", () => tensor.zeros(2, 3).expand(4, 3), /expand: .*\[2, 3\].*\[4, 3\]/],
  [
    "cat",
    () => tensor.cat([tensor.zeros(2, 3), tensor.zeros(2, 4)]),
    /cat: tensor 1 has shape \[2, 4\].*\[2, 3\].*dim 0/s,
  ],
  ["cat of nothing", () => tensor.cat([]), /cat: .*at least one tensor/],
  [
    "stack",
    () => tensor.stack([tensor.zeros(2), tensor.zeros(3)]),
    /stack: tensor 1 has \[3\], the first has \[2\]/,
  ],
  ["narrow", () => tensor.zeros(3).narrow(0, 2, 2), /narrow: 2 \+ 2 does not fit dim 0 of \[3\]/],
  ["select", () => tensor.zeros(3).at(3), /select: index 3 is out of range for dim 0 of \[3\]/],
  ["split", () => tensor.zeros(4).split([1, 2]), /split: sizes 1 \+ 2 = 3.*\[4\]/],
  ["chunk", () => tensor.zeros(4).chunk(0), /chunk: needs a positive count, got 0/],
  ["slice backwards", () => tensor.zeros(4).slice(0, 4, { step: -1 }), /slice: step.*-1.*\.flip\(\)/],
  [
    "indexSelect with floats",
    () => tensor.zeros(4).indexSelect(0, tensor([1])),
    /int32, got float32.*\.int\(\)/,
  ],
  [
    "t() of three dims",
    () => tensor.zeros(2, 2, 2).t(),
    /t\(\): .*at most 2 dims, got \[2, 2, 2\].*transpose/,
  ],
  // reading
  [
    "item() of many",
    () => tensor.zeros(2, 3).item(),
    /item\(\): .*single element, got shape \[2, 3\].*toArray/s,
  ],
  ["x + 1", () => untyped(tensor([1])) + 1, /no operators.*a\.add\(b\).*\.item\(\)/s],
  ["x > 2", () => untyped(tensor([1])) > 2, /no operators.*a\.gt\(b\)/s],
  // making
  ["tensor of ragged rows", () => tensor([[1, 2], [3]]), /row 0 has \[2\] and row 1 has \[1\]/],
  ["tensor of text", () => tensor(untyped(["1"])), /numbers or booleans, got string/],
  ["tensor of null", () => tensor(untyped([null])), /numbers or booleans, got null/],
  ["tensor of undefined", () => tensor(untyped(undefined)), /numbers or booleans, got undefined/],
  ["zeros of a negative extent", () => tensor.zeros(2, -1), /zeros: extents.*>= 0, got \[2, -1\]/],
  ["zeros of a fraction", () => tensor.zeros(2.5), /zeros: extents.*whole.*\[2\.5\]/],
  ["full of a fraction", () => tensor.full([1.5], 0), /full: extents.*whole.*\[1\.5\]/],
  ["arange that never ends", () => tensor.arange(0, 5, 0), /arange: step must not be 0/],
  ["arange of NaN", () => tensor.arange(Number.NaN), /arange: .*NaN/],
  ["arange to infinity", () => tensor.arange(Number.POSITIVE_INFINITY), /arange: .*Infinity/],
  ["linspace with a fraction of steps", () => tensor.linspace(0, 1, 2.5), /linspace: steps.*2\.5/],
  ["eye of a negative size", () => tensor.eye(-1), /eye: .*-1/],
  ["randint of nothing", () => tensor.randint(3, 3, [2]), /randint.*3.*3/s],
  // modules
  [
    "a forgotten Flatten",
    () => nn.Linear(784, 300)(tensor.zeros(32, 1, 28, 28)),
    /Linear\(784, 300\) got \[32, 1, 28, 28\].*must be 784\. Add nn\.Flatten\(\)/s,
  ],
  [
    "Linear with other features",
    () => nn.Linear(3, 2)(tensor.zeros(5, 4)),
    /Linear\(3, 2\) got \[5, 4\].*must be 3\.$/,
  ],
  ["Linear of ints", () => nn.Linear(3, 2)(int([[1, 2, 3]])), /Linear\(3, 2\).*float32.*int32.*\.float\(\)/s],
  ["Linear of an array", () => nn.Linear(1, 2)(untyped([[1]])), /Linear\(1, 2\).*tensor/s],
  ["Linear of a negative size", () => nn.Linear(-1, 2), /extents.*-1|Linear.*-1/],
  [
    "batch norm of one sample",
    () => nn.BatchNorm1d(3)(tensor.zeros(1, 3)),
    /BatchNorm1d\(3.*more than one value.*\[1, 3\].*larger batch.*dropLast.*eval\(\)/s,
  ],
  [
    "batch norm of other channels",
    () => nn.BatchNorm1d(3)(tensor.zeros(4, 5)),
    /BatchNorm1d\(3.*\[4, 5\].*C = 3/s,
  ],
  ["batch norm of images", () => nn.BatchNorm1d(3)(tensor.zeros(4, 3, 2, 2)), /\[4, 3, 2, 2\].*\[N, C\]/s],
  // losses
  [
    "labels as floats",
    () => F.crossEntropy(tensor.zeros(2, 3), tensor([0, 1])),
    /crossEntropy: logits \[2, 3\] and target \[2\].*float32.*\.int\(\)/s,
  ],
  [
    "labels of another length",
    () => F.crossEntropy(tensor.zeros(2, 3), int([0, 1, 2])),
    /crossEntropy: .*\[2, 3\].*\[3\].*shape \[2\]/s,
  ],
  [
    "one-hot labels as ints",
    () =>
      F.crossEntropy(
        tensor.zeros(2, 3),
        int([
          [0, 0, 1],
          [1, 0, 0],
        ]),
      ),
    /crossEntropy: .*\[2, 3\] and target \[2, 3\]/s,
  ],
  [
    "logits as ints",
    () => F.crossEntropy(int([[1, 2]]), int([0])),
    /crossEntropy: logits must be float32.*int32/s,
  ],
  [
    "wrong reduction",
    () => F.crossEntropy(tensor.zeros(1, 2), int([0]), { reduction: untyped("avg") }),
    /reduction.*"avg"/s,
  ],
  [
    "class weights of another length",
    () => F.crossEntropy(tensor.zeros(1, 2), int([0]), { weight: tensor([1, 2, 3]) }),
    /crossEntropy: .*weight for each of the 2 classes, got shape \[3\]/s,
  ],
  // initialisation
  [
    "He for a bias",
    () => init.kaimingUniform_(tensor.zeros(3)),
    /kaimingUniform_: .*2 dims, got \[3\].*zeros_/s,
  ],
  [
    "an unknown mode",
    () => init.kaimingNormal_(tensor.zeros(3, 3), { mode: untyped("fan") }),
    /kaimingNormal_: mode.*"fan_in" or "fan_out", got "fan"/,
  ],
  ["an unknown nonlinearity", () => init.calculateGain(untyped("gulu")), /"gulu".*known: .*relu/s],
  ["a negative std", () => init.normal_(tensor.zeros(3), { std: -1 }), /std.*-1/],
  // optimizers
  ["no parameters", () => new optim.SGD([], { lr: 0.1 }), /SGD: got no parameters.*model\.parameters\(\)/s],
  [
    "a model instead of its parameters",
    () => new optim.SGD(nn.Sequential(nn.Linear(2, 2)) as never, { lr: 0.1 }),
    /SGD: needs a list of parameters; pass model\.parameters\(\)/,
  ],
  ["a model without parameters", () => new optim.Adam(nn.ReLU().parameters()), /Adam: got no parameters/],
  [
    "a negative lr",
    () => new optim.SGD([tensor([1], { requiresGrad: true })], { lr: -0.1 }),
    /SGD: lr.*>= 0, got -0\.1/,
  ],
  [
    "a beta of 1",
    () => new optim.Adam([tensor([1], { requiresGrad: true })], { betas: [1, 0.9] }),
    /Adam: betas\[0\].*\[0, 1\), got 1/,
  ],
  [
    "nesterov without momentum",
    () => new optim.SGD([tensor([1], { requiresGrad: true })], { nesterov: true }),
    /SGD: nesterov.*momentum/,
  ],
  [
    "the model instead of its parameters",
    () => new optim.SGD(untyped(nn.Linear(1, 1)), { lr: 0.1 }),
    /SGD: .*model\.parameters\(\)/s,
  ],
  [
    "a computed tensor",
    () => new optim.SGD([tensor([1], { requiresGrad: true }).mul(2)], { lr: 0.1 }),
    /SGD: .*leaf/s,
  ],
  [
    "a parameter twice",
    () => {
      const p = tensor([1], { requiresGrad: true });
      return new optim.SGD([p, p], { lr: 0.1 });
    },
    /SGD: a parameter is listed twice/,
  ],
];

test.each(MISTAKES)("%s", (_name, mistake, message) => {
  expect(mistake).toThrow(message);
});

test("what only the run finds out names the value: an index out of range", () => {
  expect(() =>
    tensor
      .zeros(4)
      .indexSelect(0, int([1, 4]))
      .toArray(),
  ).toThrow(/indexSelect: index 4 is out of range for dim 0 of \[4\]/);
  expect(() =>
    tensor
      .zeros(2, 3)
      .gather(1, int([[0], [-1]]))
      .toArray(),
  ).toThrow(/gather: index -1.*dim 1 of \[2, 3\]/);
  expect(tensor.ones(4).sum().item()).toBe(4);
});

describe("a line that keeps making new plans", () => {
  const batches = (sizes: readonly number[], runs = 1): string[] => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    for (const n of sizes)
      for (let i = 0; i < runs; i++) tensor.ones(n, 3).realize().add(1).mul(2).sum().item();
    const said = warn.mock.calls.map(([message]) => String(message));
    warn.mockRestore();
    return said;
  };
  const SIZES = Array.from({ length: 40 }, (_, i) => 100 + i);

  test("is told once, with the line, the shapes and what to do", () => {
    const said = batches(SIZES).filter((message) => message.includes("other shapes"));
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(
      /errors\.test\.ts:\d+ needed a new plan 16 times in a row.*\(\[114, 3\], then \[115, 3\]\).*dropLast: true/,
    );
  });

  test("is not told where the shapes are few, or each is used for a while", () => {
    expect(batches([200, 201, 200, 201, 202, 200, 201, 202, 200, 201, 202, 200, 201, 202, 200, 201])).toEqual(
      [],
    );
    expect(
      batches(
        SIZES.slice(0, 20).map((n) => n + 300),
        10,
      ),
    ).toEqual([]);
  });
});

describe("a label out of range", () => {
  test("is told with the line that computes it", () => {
    const loss = F.crossEntropy(tensor.zeros(2, 4), int([0, 9]));
    expect(() => loss.item()).toThrow(
      /target 9 is out of range.*\(first computed for errors\.test\.ts:\d+\)/,
    );
  });

  const x = tensor.ones(3, 3, 4);
  const bad = int([0, 7, 1]);
  const good = int([0, 2, 1]);
  const told = /crossEntropy: target 7 is out of range for 4 classes \(0 to 3\)/;

  function train(labels: gb.Tensor, body: (step: () => gb.Tensor) => void): gb.nn.Sequential {
    const model = smallClassifier();
    const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
    let target = good;
    const step = (): gb.Tensor => {
      const loss = nn.CrossEntropyLoss()(model(x), target) as gb.Tensor;
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
      return loss;
    };
    step().item();
    target = labels;
    body(step);
    target = good;
    const losses = Array.from({ length: 30 }, () => step().item());
    expect(losses.every(Number.isFinite)).toBe(true);
    expect(losses.at(-1)!).toBeLessThan(losses[0]!);
    return model;
  }

  test("is told where the loss is read", () => {
    train(bad, () => {
      expect(() => nn.CrossEntropyLoss()(smallClassifier()(x), bad).item()).toThrow(told);
    });
  });

  test("is told at a later step when nothing is read, and training can go on with the same model", () => {
    train(bad, (step) => {
      expect(() => {
        for (let i = 0; i < 10; i++) step();
      }).toThrow(told);
      // steps that were on their way may have failed for the same reason
      expect(() => {
        for (let i = 0; i < 10; i++) step();
      }).toThrow(told);
    });
  });

  test("in the very first step leaves model and optimizer usable", () => {
    const model = smallClassifier();
    const before = valuesOf(model.parameters()[0]!.clone());
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
    const lossFn = nn.CrossEntropyLoss();
    expect(() => {
      const loss = lossFn(model(x), bad);
      loss.backward();
      optimizer.step();
      loss.item();
    }).toThrow(told);
    optimizer.zeroGrad();
    expect(valuesOf(model.parameters()[0]!)).toEqual(before);
    for (let i = 0; i < 3; i++) {
      lossFn(model(x), good).backward();
      optimizer.step();
      optimizer.zeroGrad();
    }
    expect(Number.isFinite(lossFn(model(x), good).item())).toBe(true);
  });

  test("loses neither the first values of a model nor data that this run would have kept", () => {
    const model = smallClassifier();
    const pixels = tensor.rand(3, 3, 4).mul(2);
    const lossFn = nn.CrossEntropyLoss();
    const [first, ...rest] = [good, bad, bad, bad, good].map(
      (labels) => () => noGrad(() => lossFn(model(pixels), labels)).item(),
    );
    expect(first!()).toBeGreaterThan(0);
    for (const read of rest.slice(0, -1)) expect(read).toThrow(told);
    expect(rest.at(-1)!()).toBeGreaterThan(0);
    expect(valuesOf(pixels).every((value) => value >= 0 && value < 2)).toBe(true);
    for (const parameter of model.parameters()) expect(valuesOf(parameter).every(Number.isFinite)).toBe(true);
  });
});
