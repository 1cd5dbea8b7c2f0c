// Composite operations against the operations they stand for: the same bits, derivatives of every order, and numbers that are
// inputs kept apart from those of the formula.

import * as gb from "gradbook";
import { composite, recordComposite } from "gradbook/graph/composite";
import { constantNode, type Node } from "gradbook/graph/node";
import * as ops from "gradbook/graph/ops/index";
import { session } from "gradbook/tensor/session";
import { expect, test } from "vitest";
import { count, valuesOf } from "./support.js";

const { autograd, F, manualSeed, nn, tensor } = gb;

/** tanh(x w) (s + 0.1), summed along the last axis. */
const formula = ([x, w, s]: readonly Node[]): Node =>
  ops.reduce("sum", ops.mul(ops.tanh(ops.mul(x!, w!)), ops.add(s!, constantNode(0.1))), [1]);
const EXAMPLE = composite({
  name: "test.example",
  shape: ([x]) => [x!.shape[0]!],
  expand: formula,
});
const SAME = composite({ name: "test.same", shape: ([x]) => x!.shape, expand: ([x]) => x! });
const TWICE = composite({
  name: "test.twice",
  shape: ([x]) => x!.shape,
  expand: ([x]) => ops.add(x!, x!),
});

type Recorder = (inputs: readonly Node[]) => Node;
const asComposite: Recorder = (inputs) => recordComposite(EXAMPLE, inputs);

/** The value, all first derivatives, and the second ones that a gradient penalty needs. */
function everything(recorder: Recorder): number[][] {
  manualSeed(3);
  const x = tensor.randn(4, 3).requiresGrad_();
  const w = tensor.randn(3).requiresGrad_();
  const s = tensor.randn([]).requiresGrad_();
  const value = gb.Tensor.from(recorder([x, w, s].map(({ node }) => node)));
  const first = autograd.grad(value.square().sum(), [x, w, s], { createGraph: true });
  const penalty = first.map((gradient) => gradient.square().sum()).reduce((a, b) => a.add(b));
  const second = autograd.grad(penalty, [x, w, s]);
  return [value, ...first, ...second].map(valuesOf);
}

test("values and derivatives are those of what a composite stands for, up to the first derivative to the bit", () => {
  const [value, ...derivatives] = everything(asComposite);
  const [expected, ...others] = everything(formula);
  expect([value, ...derivatives.slice(0, 3)]).toEqual([expected, ...others.slice(0, 3)]);
  // second ones are added up in another order
  const worst = derivatives.flat().map((x, i) => Math.abs(x / others.flat()[i]! - 1));
  expect(Math.max(...worst)).toBeLessThan(1e-5);
});

test("a number that is an input may change without a new plan, also where the formula has the same one", () => {
  const x = tensor([[0.5, -1]]);
  const w = tensor([1, 2]);
  const at = (s: number): number[] =>
    valuesOf(gb.Tensor.from(asComposite([x.node, w.node, constantNode(s)])));
  const sum = Math.tanh(0.5) + Math.tanh(-2);
  expect(at(0.1)[0]).toBeCloseTo(0.2 * sum, 6);
  const { compiles } = count(() => expect(at(2)[0]).toBeCloseTo(2.1 * sum, 6));
  expect(compiles).toBe(0);
});

test("a composite may come to its input, or to what another result is", () => {
  const x = tensor([1, 2]);
  const results = [SAME, TWICE, TWICE].map((op) => gb.Tensor.from(recordComposite(op, [x.node])));
  const joined = tensor.stack(results);
  expect(joined.toArray()).toEqual([
    [1, 2],
    [2, 4],
    [2, 4],
  ]);
  // each is a result of its own now
  expect(results.map((result) => result.toArray())).toEqual(joined.toArray());
});

test("an input that the value does not depend on has the gradient 0", () => {
  const x = tensor([1, -2], { requiresGrad: true });
  const [kinked] = autograd.grad(F.leakyRelu(x).sum(), [x], { createGraph: true });
  expect(valuesOf(autograd.grad(kinked.sum(), [x])[0])).toEqual([0, 0]);
});

test("a layer without options brings no numbers into a run", () => {
  const { client } = session();
  const run = client.run.bind(client);
  const brought: number[] = [];
  client.run = (plan, bindings, numbers, ...rest) => {
    brought.push(numbers.length);
    return run(plan, bindings, numbers, ...rest);
  };
  const x = tensor([1, -2]);
  for (const layer of [nn.SiLU(), nn.Mish(), nn.Hardswish(), nn.ReLU2(), nn.Softsign()]) layer(x).realize();
  client.run = run;
  expect(brought).toEqual([0, 0, 0, 0, 0]);
});
