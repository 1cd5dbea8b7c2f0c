// Classic slips of people who learn deep learning, or who come from Python: each is answered with the remedy.

import * as gb from "gradbook";
import { describe, expect, test, vi } from "vitest";

const { tensor, nn, F, optim } = gb;

/** Something that does not compile in TypeScript either, as it comes from untyped code. */
// biome-ignore lint/suspicious/noExplicitAny: what is written here is wrong on purpose
const untyped = (value: unknown): any => value;

describe("errors", () => {
  const classes = tensor([0, 1, 2, 0], { dtype: "int32" });
  test.each<[string, () => unknown, RegExp]>([
    ["x + 1", () => untyped(tensor([1])) + 1, /no operators.*write a\.add\(b\)/],
    ["loss > 2", () => untyped(tensor(3)) > 2, /no operators.*a\.gt\(b\), or \.item\(\) for a number/],
    ["a dim that is not there", () => tensor.randn(2, 3).sum(2), /dim 2 is out of range.*use -2 to 1/],
    [
      "a forgotten Flatten",
      () => nn.Linear(784, 10)(tensor.zeros(2, 1, 28, 28)),
      /Add nn\.Flatten\(\) before it/,
    ],
    [
      "class indices as floats",
      () => F.crossEntropy(tensor.randn(4, 3), classes.float()),
      /convert it with \.int\(\)/,
    ],
    [
      "a class too many",
      () => F.crossEntropy(tensor.randn(4, 2), classes).item(),
      /target 2 is out of range for 2 classes/,
    ],
    [
      "an optimizer without parameters",
      () => new optim.SGD(nn.ReLU().parameters()),
      /pass model\.parameters\(\)/,
    ],
    ["a batch of one", () => nn.BatchNorm1d(3)(tensor.randn(1, 3)), /dropLast: true.*model\.eval\(\)/],
    [
      "[N, 1] against [N]",
      () => F.mseLoss(tensor.randn(4, 1), tensor.randn(4)),
      /write target\.reshape\(4, 1\)/,
    ],
    [
      "backward of many numbers",
      () => nn.Linear(2, 2)(tensor.ones(2, 2)).backward(),
      /reduce it \(\.mean\(\) or \.sum\(\)\)/,
    ],
    [
      "a forgotten await",
      () => new gb.data.DataLoader(untyped(Promise.resolve()).train),
      /is an await missing/,
    ],
  ])("%s", (_, slip, remedy) => {
    expect(slip).toThrow(remedy);
  });
});

describe("warnings", () => {
  /** What is printed while `body` runs. */
  function warnings(body: () => unknown): string {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    body();
    const said = warn.mock.calls.join("\n");
    warn.mockRestore();
    return said;
  }
  const x = tensor.ones(4, 3);
  const labels = tensor([0, 1, 2, 0], { dtype: "int32" });

  test("a softmax before the cross-entropy, once", () => {
    const model = nn.Sequential(nn.Linear(3, 3), nn.Softmax({ dim: 1 }));
    expect(warnings(() => F.crossEntropy(model(x), labels))).toMatch(/Leave the softmax out/);
    expect(warnings(() => F.crossEntropy(model(x), labels))).toBe("");
  });
  test("eval() forgotten, once", () => {
    const model = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3));
    const evaluate = (): unknown => gb.noGrad(() => model(x));
    expect(warnings(() => model(x))).toBe("");
    expect(warnings(evaluate)).toMatch(/Call model\.eval\(\) before evaluating/);
    expect(warnings(evaluate)).toBe("");
    model.eval();
    expect(warnings(evaluate)).toBe("");
  });
});
