// explain(): what is said of the chapter's classifier, before and after it has been computed.

import * as gb from "gradbook";
import { session } from "gradbook/tensor/session";
import { describe, expect, test } from "vitest";

const { F, nn, optim, tensor } = gb;

gb.manualSeed(42);
const model = nn.Sequential(
  nn.Linear(784, 300),
  nn.ReLU(),
  nn.Linear(300, 100),
  nn.ReLU(),
  nn.Linear(100, 10),
);
const optimizer = new optim.SGD(model.parameters(), { lr: 0.05 });
const images = tensor.randn(32, 784);
const labels = tensor.randint(0, 10, [32]);
const lossNow = (): gb.Tensor => F.crossEntropy(model(images) as gb.Tensor, labels);

describe("explain() of the classifier", () => {
  const step = (): gb.Tensor => {
    const loss = lossNow();
    loss.backward();
    optimizer.step();
    optimizer.zeroGrad();
    return loss;
  };
  // the first step also computes the initial weights
  step();

  test("names the kernels of a loss that is not computed yet, with their work, and computes nothing", () => {
    const { runs } = session().statistics();
    const text = gb.explain(lossNow());
    expect(session().statistics().runs).toBe(runs);
    const lines = text.split("\n");
    const head = text.replaceAll(/\n {2}(?=\S)(?!\d+ {2})/g, " ");
    expect(head).toMatch(/^\d+ nodes: .*\bmatmul 3\b/);
    const [, kernels] = /^(\d+) kernels, .* read and written, .* of memory inside$/m.exec(head)!;
    expect(lines.filter((line) => /^ *\d+ {2}\S/.test(line))).toHaveLength(Number(kernels));
    // 2 * 32 * 784 * 300 operations, and bias and ReLU
    expect(text).toMatch(/ 1 {2}matmul 32 x 784 x 300 +15\.1 MFLOP +1\.03 MiB\n +matmul relu: add max\n/);
    expect(text).toContain("matmul 32 x 300 x 100");
    expect(text).toContain("matmul 32 x 100 x 10");
    expect(text).not.toMatch(/ us\b/);
  });

  test("shows the whole training step that has computed a loss, with times", () => {
    step(); // computes the loss of the test above as well, which its update would make impossible
    const loss = step();
    const text = gb.explain(loss);
    const plan = session().explain([loss.storage.node])!;
    expect(plan.kernels.length).toBeLessThanOrEqual(12);
    // forward, and both gradients of each product but the one of the images
    expect(plan.kernels.filter(({ shape }) => shape.startsWith("matmul"))).toHaveLength(8);
    for (const { seconds } of plan.kernels) expect(seconds).toBeGreaterThan(0);
    expect(text.match(/ \d+ %$/gm)).toHaveLength(plan.kernels.length);
    // timing runs on zeros: the weights are as the step left them
    expect(loss.item()).toBeCloseTo(2.3, 0);
    expect(lossNow().item()).toBeLessThan(loss.item());
  });

  test("counts the bytes of a batch, not of the data set that it is gathered from", () => {
    const batch = tensor.zeros(10_000, 784).indexSelect(0, tensor.arange(32)).mul(2);
    const gathered = session().explain([batch.storage.node])!.kernels.at(-1)!;
    // the batch is read and written, and its indices are read
    const bytes = 32 * 784 * 4;
    expect(gathered.bytes).toBeGreaterThanOrEqual(2 * bytes);
    expect(gathered.bytes).toBeLessThanOrEqual(3 * bytes);
  });

  test("has room beside a monitor: at most 62 columns", () => {
    for (const line of gb.explain(step()).split("\n")) expect(line.length, line).toBeLessThanOrEqual(62);
  });

  test("says so where nothing is computed", () => {
    expect(gb.explain(tensor([1, 2]))).toBe("Nothing is computed: the values were given as data.");
  });
});
