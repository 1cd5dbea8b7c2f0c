// The microscope: what it shows of one example, against the same network computed step by step in double precision.

import * as gb from "gradbook";
import type { RunAnswer, RunRequest } from "gradbook/train/control";
import { installHost } from "gradbook/train/host";
import type { Slice } from "gradbook/train/microscope-data";
import { afterEach, beforeEach, expect, test } from "vitest";
import { difference, seeded } from "../library/support.js";

const { nn, F, optim, tensor, watch } = gb;
type Data = (RunAnswer & { type: "microscope" })["data"];

const count = new Int32Array(new SharedArrayBuffer(4));
let queue: RunRequest[] = [];
let answers: { answer: RunAnswer; numbers: Float32Array }[] = [];
let onPause: () => void = () => undefined;

const ask = (request: RunRequest): void => {
  queue.push(request);
  Atomics.add(count, 0, 1);
};

beforeEach(() => {
  queue = [];
  answers = [];
  installHost({
    display: () => undefined,
    publish: (event) => {
      if (event.type === "answer")
        answers.push({ answer: event.answer, numbers: event.numbers ?? new Float32Array(0) });
      if (event.type === "run" && event.info.control?.paused) onPause();
    },
    requests: { count, take: () => queue.shift(), listen: () => undefined },
  });
});
afterEach(() => {
  Reflect.deleteProperty(globalThis, Symbol.for("gradbook.host"));
});

const random = seeded(3);
const matrix = (rows: number, columns: number): number[][] =>
  Array.from({ length: rows }, () => Array.from({ length: columns }, () => Math.fround(random() * 2 - 1)));
const [w1, w2] = [matrix(5, 4), matrix(3, 5)];
const images = matrix(6, 4);
const labels = [0, 2, 1, 1, 0, 2];

function network(): gb.nn.Sequential {
  const layers = [nn.Linear(4, 5, { bias: false }), nn.Linear(5, 3, { bias: false })] as const;
  layers[0].weight.data = tensor(w1);
  layers[1].weight.data = tensor(w2);
  return nn.Sequential(nn.Flatten(), layers[0], nn.Tanh(), layers[1]);
}

const times = (w: readonly number[][], x: readonly number[]): number[] =>
  w.map((row) => row.reduce((sum, value, i) => sum + value * x[i]!, 0));

/** One step of the network with a pause in it, in which `questions` are asked. */
function pausedStep(
  questions: readonly Partial<RunRequest & { type: "microscope" }>[],
  loss = F.crossEntropy,
) {
  const model = network();
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
  const watcher = watch(model);
  const { run } = watcher;
  onPause = () => {
    onPause = () => undefined;
    for (const question of questions) ask({ type: "microscope", run, ...question });
    ask({ type: "control", run, action: "resume" });
  };
  ask({ type: "control", run, action: "pause" });
  const x = tensor(images).reshape(6, 1, 2, 2);
  optimizer.step(loss(model(x) as gb.Tensor, tensor(labels, { dtype: "int32" })));
  return model;
}

const slice = (numbers: Float32Array, { at, length }: Slice): number[] =>
  Array.from(numbers.subarray(at, at + length));

test("every number of the walk, forward and backward", () => {
  const after = pausedStep([{ example: 3 }, { example: 3, unit: { layer: 0, index: 2 } }]);
  const { answer, numbers } = answers[0]!;
  const { data } = answer as { data: Data };
  const x = images[3]!;
  const z1 = times(w1, x);
  const a1 = z1.map(Math.tanh);
  const z2 = times(w2, a1);
  const powers = z2.map(Math.exp);
  const total = powers.reduce((sum, value) => sum + value, 0);
  const p = powers.map((value) => value / total);
  const dz2 = p.map((value, i) => (value - Number(i === labels[3])) / 6);
  const dz1 = a1.map((a, i) => (1 - a * a) * dz2.reduce((sum, d, j) => sum + d * w2[j]![i]!, 0));

  expect(data).toMatchObject({ step: 0, batchSize: 6, example: 3, label: labels[3] });
  expect(data.prediction).toBe(z2.indexOf(Math.max(...z2)));
  expect(data.loss).toBeCloseTo(-Math.log(p[labels[3]!]!), 6);
  expect(data.image!.shape).toEqual([1, 2, 2]);
  const [first, second] = data.layers;
  const shown: [Slice | undefined, number[]][] = [
    [data.image, x],
    [data.logits, z2],
    [data.probabilities, p],
    [first!.input, x],
    [first!.preactivation, z1],
    [first!.activation, a1],
    [first!.gradient, dz1],
    [second!.input, a1],
    [second!.preactivation, z2],
    [second!.activation, z2],
    [second!.gradient, dz2],
  ];
  for (const [where, expected] of shown)
    expect(difference(slice(numbers, where!), expected)).toBeLessThan(1e-6);
  expect(first!.formula).toContain(String.raw`\tanh(z)`);
  expect(first!.gradientFormula).toContain("1 - a^2");

  const { unit } = (answers[1]!.answer as { data: Data }).data;
  expect(slice(answers[1]!.numbers, unit!.weights)).toEqual(w1[2]);
  // the unit's weights have the gradient of all examples
  const sums = images.map((image) => times(w1, image));
  const all = images.map((image, i) => {
    const a = sums[i]!.map(Math.tanh);
    const exponentials = times(w2, a).map(Math.exp);
    const sum = exponentials.reduce((one, other) => one + other, 0);
    const back = exponentials.map((value, j) => (value / sum - Number(j === labels[i])) / 6);
    const own = (1 - a[2]! ** 2) * back.reduce((one, d, j) => one + d * w2[j]![2]!, 0);
    return image.map((value) => own * value);
  });
  const expected = images[0]!.map((_, j) => all.reduce((one, row) => one + row[j]!, 0));
  expect(difference(slice(answers[1]!.numbers, unit!.weightGradients!), expected)).toBeLessThan(1e-6);
  // looking has not taken part in the step
  const bias = nn.Sequential(network());
  const optimizer = new optim.SGD(bias.parameters(), { lr: 0.1 });
  const input = tensor(images).reshape(6, 1, 2, 2);
  optimizer.step(F.crossEntropy(bias(input) as gb.Tensor, tensor(labels, { dtype: "int32" })));
  const weights = (of: gb.nn.Sequential): number[][] =>
    of.parameters().map((w) => Array.from(w.toTypedArray()));
  weights(after).forEach((w, i) => {
    expect(difference(w, weights(bias)[i]!)).toBeLessThan(1e-7);
  });
});

test("without a number, the example with the largest loss", () => {
  pausedStep([{}]);
  const { data } = answers[0]!.answer as { data: Data };
  const losses = slice(answers[0]!.numbers, data.losses!);
  expect(losses).toHaveLength(6);
  expect(data.loss).toBeCloseTo(Math.max(...losses), 6);
  expect(losses[data.example]).toBe(Math.max(...losses));
});

test("another loss has no labels, and shows its batch's", () => {
  pausedStep([{}], ((output: gb.Tensor) => output.square().mean()) as never);
  const { data } = answers[0]!.answer as { data: Data };
  expect(data).toMatchObject({ example: 0, batchSize: 6 });
  expect(data).not.toHaveProperty("label");
  expect(data.loss).toBeGreaterThan(0);
});

test("what is not there is refused, in words", () => {
  pausedStep([{ example: 6 }, { unit: { layer: 0, index: 5 } }]);
  expect(answers.map(({ answer }) => (answer as { text: string }).text)).toEqual([
    "There is no example 6 in a batch of 6 (0 to 5).",
    "There is no unit 5 in layer 0.",
  ]);
  answers = [];
  const model = network();
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
  ask({ type: "microscope", run: watch(model).run });
  optimizer.step(model(tensor(images)).sum());
  expect((answers[0]!.answer as { text: string }).text).toContain("Pause the run first");
});

/** Three steps; `before` is called before each. */
function threeSteps(before: (step: number, run: string) => void): number[][] {
  const model = network();
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
  const watcher = watch(model);
  const x = tensor(images).reshape(6, 1, 2, 2);
  for (let step = 0; step < 3; step++) {
    before(step, watcher.run);
    optimizer.step(F.crossEntropy(model(x) as gb.Tensor, tensor(labels, { dtype: "int32" })));
  }
  watcher.finish();
  return model.parameters().map((w) => Array.from(w.toTypedArray()));
}

test("a layer's whole batch can be asked for while the run goes on, and changes no bit of it", () => {
  const asked = threeSteps((step, run) => {
    if (step === 0) ask({ type: "batch", run, layer: 0 });
  });
  const batches = answers.map(({ answer }) => answer).filter((answer) => answer.type === "batch");
  expect(batches).toMatchObject([{ layer: 0, step: 0, batch: { units: 5 } }]);
  const sums = images.map((image) => times(w1, image));
  expect(difference(slice(answers[0]!.numbers, batches[0]!.batch!.sums), sums.flat())).toBeLessThan(1e-6);
  expect(asked).toEqual(threeSteps(() => undefined));
});
