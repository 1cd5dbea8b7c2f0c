// Lazy but honest: nothing is computed twice, nothing is lost, nothing piles up, whatever order a loop reads its values in.

import * as gb from "gradbook";
import { MEMORY_BUDGET_BUFFERS } from "gradbook/compute/settings";
import { session } from "gradbook/tensor/session";
import { describe, expect, test, vi } from "vitest";
import { count, difference, smallClassifier, smallData, valuesOf } from "./support.js";

const { nn, optim, tensor, noGrad, manualSeed } = gb;

describe("the book's loop", () => {
  // two linear layers: 2 products forward; backward 2 weight gradients and 1 input gradient (the images need none)
  const PRODUCTS = 5;

  function epoch(read: (loss: gb.Tensor) => void, step: (body: () => void) => void): void {
    const model = smallClassifier();
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.9 });
    const lossFn = nn.CrossEntropyLoss();
    const loader = new gb.data.DataLoader(smallData(), { batchSize: 16, shuffle: true });
    const accuracy = new gb.train.Accuracy();
    for (let i = 0; i < 3; i++) {
      for (const [X, y] of loader) {
        step(() => {
          const prediction = model(X);
          const loss = lossFn(prediction, y);
          read(loss);
          loss.backward();
          optimizer.step();
          accuracy.update(prediction, y);
          optimizer.zeroGrad();
        });
      }
    }
    expect(accuracy.compute()).toBeGreaterThan(0.25);
  }

  test("computes nothing twice when the loss is read before backward()", () => {
    const seen: ReturnType<typeof count>[] = [];
    const losses: number[] = [];
    epoch(
      (loss) => losses.push(loss.item()),
      (body) => seen.push(count(body)),
    );
    expect(seen.slice(3)).toEqual(Array(9).fill({ runs: 2, compiles: 0, matmuls: PRODUCTS }));
    expect(losses[11]).toBeLessThan(losses[0]!);
  });

  test("is one run a step when the loss is read afterwards, with the same losses", () => {
    const seen: ReturnType<typeof count>[] = [];
    const losses: gb.Tensor[] = [];
    const early: number[] = [];
    epoch(
      (loss) => losses.push(loss),
      (body) => seen.push(count(body)),
    );
    epoch(
      (loss) => early.push(loss.item()),
      (body) => body(),
    );
    expect(seen.slice(3)).toEqual(Array(9).fill({ runs: 1, compiles: 0, matmuls: PRODUCTS }));
    expect(count(() => losses.map((loss) => loss.item())).runs).toBe(0);
    expect(
      difference(
        losses.map((loss) => loss.item()),
        early,
      ),
    ).toBeLessThan(1e-6);
  });
});

test("a loss that is read computes nothing twice after layers have been frozen and thawed", () => {
  const model = smallClassifier();
  const [X, y] = smallData().getBatch(Int32Array.from({ length: 16 }, (_, i) => i));
  const step = (): number => {
    const loss = nn.functional.crossEntropy(model(X), y);
    const before = loss.item();
    loss.backward();
    const trained = model.parameters().filter(({ requiresGrad }) => requiresGrad);
    session().evaluate(trained.map(({ grad }) => grad!.node));
    for (const parameter of trained) parameter.grad = null;
    return before;
  };
  const products = (): number[] => Array.from({ length: 3 }, () => count(step).matmuls);
  // forward 2, the gradients of both weights and of what is between them; batch norm, which is there too, is trained on
  expect(products()).toEqual([5, 5, 5]);
  model[1]!.freeze();
  expect(products()).toEqual([4, 4, 4]);
  model[1]!.unfreeze();
  expect(products()).toEqual([5, 5, 5]);
});

test("a derivative that fails does so in backward(), also where the loss was read before", () => {
  let fails = false;
  class Fragile extends gb.autograd.Function {
    static forward(_context: gb.autograd.FunctionContext, x: gb.Tensor): gb.Tensor {
      return x.mul(2);
    }
    static backward(_context: gb.autograd.FunctionContext, gradient: gb.Tensor): gb.Tensor {
      if (fails) throw new Error("no derivative today");
      return gradient.mul(2);
    }
  }
  const weight = tensor([1, 2], { requiresGrad: true });
  const read = (): gb.Tensor => {
    const loss = Fragile.apply(weight).sum();
    expect(loss.item()).toBe(6);
    return loss;
  };
  read().backward();
  fails = true;
  const loss = read();
  expect(() => loss.backward()).toThrow("no derivative today");
  fails = false;
  read().backward();
  expect(weight.grad!.toArray()).toEqual([4, 4]);
});

test("a parameter made of another one keeps its value when that one is changed", () => {
  const source = new gb.Parameter(tensor([1, 2]));
  source.realize();
  const copy = new gb.Parameter(source.detach());
  const leaf = source.detach().clone().requiresGrad_();
  gb.noGrad(() => source.fill_(7));
  source.realize();
  expect([copy, leaf].map((x) => Array.from(x.toTypedArray()))).toEqual([
    [1, 2],
    [1, 2],
  ]);
});

test("the plans that a training needs are made in its first step, also for running statistics and states", () => {
  const model = smallClassifier();
  const optimizer = new optim.Adam(model.parameters());
  const [X, y] = [tensor.randn(16, 3, 4), tensor.randint(0, 4, [16])];
  const step = (): void => {
    nn.CrossEntropyLoss()(model(X), y).backward();
    optimizer.step();
    optimizer.zeroGrad();
  };
  // what the parameters start as is computed on its own
  expect(count(step).runs).toBe(2);
  expect(count(step)).toMatchObject({ runs: 1, compiles: 0 });
});

test("gradients of parameters that no optimizer has add up, and keep what they were computed from", () => {
  const [a, b] = [tensor([2], { requiresGrad: true }), tensor([3], { requiresGrad: true })];
  const optimizer = new optim.SGD([a], { lr: 0.5 });
  for (let i = 0; i < 3; i++) {
    a.mul(b).sum().backward();
    optimizer.step();
    optimizer.zeroGrad();
  }
  // d(a b)/db = a, which was 2, 0.5 and -1
  expect(b.grad!.item()).toBe(1.5);
  expect(a.item()).toBe(-2.5);
});

describe("a long loop", () => {
  test("losses.push(loss) ten thousand times: one plan, flat memory, flat time, each with its own value", async () => {
    manualSeed(3);
    const weight = tensor([[0]], { requiresGrad: true });
    const optimizer = new optim.SGD([weight], { lr: 0.01 });
    const inputs = tensor.ones(2500, 1);
    const loader = new gb.data.DataLoader(new gb.data.TensorDataset(inputs, inputs.mul(2)), { batchSize: 1 });
    const losses: gb.Tensor[] = [];
    const memory: number[] = [];
    const seconds: number[] = [];
    let start = performance.now();
    for (let i = 0; i < 4; i++) {
      for await (const [x, y] of loader) {
        const loss = x.matmul(weight).sub(y).square().mean();
        loss.backward();
        optimizer.step();
        optimizer.zeroGrad();
        losses.push(loss);
      }
      seconds.push((performance.now() - start) / 1000);
      start = performance.now();
      memory.push(session().client.memory().buffers);
    }
    expect(losses.length).toBe(10_000);
    // what is held is the losses; dead handles are looked for at half as much again
    expect(memory[3]!).toBeLessThan(1.5 * 10_000 + MEMORY_BUDGET_BUFFERS);
    // a step that looks at all the steps before it would take 7 times as long in the last quarter
    expect(seconds[3]!).toBeLessThan(4 * seconds[0]! + 0.5);
    let parameter = 0;
    const expected = losses.map(() => {
      const gap = parameter - 2;
      parameter -= 0.01 * 2 * gap;
      return gap * gap;
    });
    const actual = losses.map((loss) => loss.item());
    // the last ones are 1e-16: relative to the first
    expect(difference(actual, expected)).toBeLessThan(1e-5);
    for (let i = 1; i < 300; i++) expect(actual[i]).toBeLessThan(actual[i - 1]!);
  });

  test("one compile for a key over 1,000 steps with a changing learning rate and changing betas' corrections", () => {
    const weight = tensor([1, 2, 3], { requiresGrad: true });
    const optimizer = new optim.Adam([weight], { lr: 0.1 });
    const step = (): void => {
      weight.square().sum().backward();
      optimizer.step();
      optimizer.zeroGrad();
    };
    step();
    step();
    const before = session().statistics();
    for (let i = 0; i < 1000; i++) {
      optimizer.paramGroups[0]!.lr = 0.1 / (1 + i);
      step();
    }
    const after = session().statistics();
    expect(after.runs - before.runs).toBe(1000);
    expect(after.compiles - before.compiles).toBeLessThanOrEqual(1);
    expect(valuesOf(weight).every(Number.isFinite)).toBe(true);
  });

  test("batch norm in train mode without an optimizer keeps memory and plans bounded", async () => {
    const layer = nn.BatchNorm1d(4);
    const x = tensor.randn(8, 4);
    const forward = async (passes: number): Promise<void> => {
      for (let i = 0; i < passes; i++) {
        layer(x);
        await new Promise(setImmediate);
      }
    };
    await forward(100);
    const buffers = session().client.memory().buffers;
    const { compiles } = session().statistics();
    await forward(200);
    expect(session().client.memory().buffers - buffers).toBeLessThan(100);
    expect(session().statistics().compiles - compiles).toBeLessThanOrEqual(1);
    expect(layer.numBatchesTracked!.item()).toBe(300);
  });

  test("predictions of a frozen network that nobody reads are not computed by a later step of another one", async () => {
    const frozen = nn.Linear(4, 4);
    frozen.weight.data.mul_(1);
    const x = tensor.randn(8, 4);
    for (let i = 0; i < 50; i++) noGrad(() => frozen(x).sum());
    const weight = tensor([1], { requiresGrad: true });
    const optimizer = new optim.SGD([weight], { lr: 0.1 });
    const seen = count(() => {
      weight.square().sum().backward();
      optimizer.step();
    });
    expect(seen.matmuls).toBe(0);
  });
});

test("a count that grows with each batch is computed now and then: no plan grows with the number of batches", () => {
  const labels = Array.from({ length: 8 }, (_, i) => i % 3);
  const y = tensor(labels, { dtype: "int32" });
  const hot = tensor.eye(3).indexSelect(0, y);
  const weight = tensor.eye(3).requiresGrad_();
  const optimizer = new optim.SGD([weight], { lr: 0.1 });
  const epoch = (batches: number): number => {
    let correct = tensor(0, { dtype: "int32" });
    for (let i = 0; i < batches; i++) {
      const logits = hot.matmul(weight);
      nn.functional.crossEntropy(logits, y).backward();
      optimizer.step();
      optimizer.zeroGrad();
      correct = correct.add(logits.argmax(1).eq(y).sum());
    }
    return correct.item();
  };
  const longest = (body: () => void): number => {
    const define = vi.spyOn(session().client, "define");
    body();
    const sizes = define.mock.calls.map(([, { nodes }]) => nodes.length);
    define.mockRestore();
    return Math.max(0, ...sizes);
  };
  expect(longest(() => expect(epoch(90)).toBe(90 * 8))).toBeLessThan(250);
  expect(count(() => expect(epoch(90)).toBe(90 * 8)).compiles).toBe(0);
});

test("the loss function as a function keeps nothing of what it is made of", () => {
  const logits = tensor.randn(4, 3).requiresGrad_();
  const y = tensor([0, 1, 2, 0], { dtype: "int32" });
  const optimizer = new optim.SGD([logits], { lr: 0.1 });
  const step = (): void => {
    nn.functional.crossEntropy(logits, y).backward();
    optimizer.step();
    optimizer.zeroGrad();
  };
  step();
  step();
  const { client } = session();
  const run = vi.spyOn(client, "run");
  step();
  // in: the logits and the labels; out: the gradient and the loss
  expect(run.mock.calls.map(([, bindings]) => bindings.length)).toEqual([4]);
  run.mockRestore();
});

test("a thousand losses can be stacked", () => {
  const losses = Array.from({ length: 1000 }, (_, i) => tensor([i]).sum().realize());
  const all = tensor.stack(losses);
  expect(all.mean().item()).toBe(499.5);
  expect(valuesOf(all)).toEqual(losses.map((_, i) => i));
});

test("a data set that is scaled and never read is not scaled again in every step", () => {
  const data = tensor.rand(64, 8).sub(0.5).matmul(tensor.eye(8));
  const index = tensor([1, 3], { dtype: "int32" });
  const batch = (): number => data.indexSelect(0, index).sum().item();
  const seen = Array.from({ length: 6 }, () => count(batch));
  expect(seen.map(({ matmuls }) => matmuls)).toEqual([1, 1, 1, 0, 0, 0]);
});

describe("values from before an update", () => {
  function oneStep(parameter: gb.Tensor): void {
    const optimizer = new optim.SGD([parameter], { lr: 0.5 });
    parameter.square().sum().backward();
    optimizer.step();
  }

  test("a pending value that user code holds keeps the parameter's value from before the step", () => {
    const p = tensor([1, 2], { requiresGrad: true });
    oneStep(p); // 0, 0
    p.data.add_(tensor([3, 4]));
    const doubled = p.mul(2);
    const copy = p.clone();
    const view = p.detach().mul(1);
    p.grad = null;
    oneStep(p);
    expect(valuesOf(doubled)).toEqual([6, 8]);
    expect(valuesOf(copy)).toEqual([3, 4]);
    expect(valuesOf(view)).toEqual([3, 4]);
    expect(valuesOf(p)).toEqual([0, 0]);
  });

  test("before .data is written, too", () => {
    const p = tensor([1, 2], { requiresGrad: true });
    oneStep(p);
    const before = p.add(10);
    p.data.fill_(7);
    const between = p.add(10);
    p.data = tensor([5, 5]);
    expect([valuesOf(p), valuesOf(between), valuesOf(before)]).toEqual([
      [5, 5],
      [17, 17],
      [10, 10],
    ]);
  });

  test("a value that lived only inside a module and was not kept gives a clear error", () => {
    const inside: gb.Tensor[] = [];
    class Probe extends nn.Module {
      weight = new nn.Parameter(tensor([1, 2]));
      forward(x: gb.Tensor): gb.Tensor {
        inside.push(this.weight.mul(3));
        return x.mul(this.weight);
      }
    }
    const probe = new Probe();
    const optimizer = new optim.SGD(probe.parameters(), { lr: 0.1 });
    for (let i = 0; i < 2; i++) {
      probe(tensor([1, 1]))
        .sum()
        .backward();
      optimizer.step();
      optimizer.zeroGrad();
    }
    expect(() => inside[1]!.toArray()).toThrow(
      /optimizer's step.*was not kept.*before the update.*\.clone\(\)/s,
    );
    expect(difference(valuesOf(probe.weight), [0.8, 1.8])).toBeLessThan(1e-6);
  });
});

describe("storage", () => {
  test(".data and .detach() share it", () => {
    const layer = nn.Linear(3, 2);
    const data = layer.weight.data;
    const detached = layer.weight.detach();
    const before = valuesOf(layer.weight);
    layer.weight.data.mul_(6 ** 0.5);
    const after = before.map((value) => Math.fround(value * Math.fround(6 ** 0.5)));
    for (const view of [layer.weight, data, detached])
      expect(difference(valuesOf(view), after)).toBeLessThan(1e-6);
    detached.zero_();
    expect(valuesOf(layer.weight)).toEqual([0, 0, 0, 0, 0, 0]);
    layer.weight.data = tensor.ones(2, 3);
    expect(valuesOf(data)).toEqual([1, 1, 1, 1, 1, 1]);
    expect([layer.weight.requiresGrad, data.requiresGrad, detached.requiresGrad]).toEqual([
      true,
      false,
      false,
    ]);
    layer(tensor.ones(1, 3)).sum().backward();
    expect(valuesOf(layer.weight.grad!)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test("assigned data is a value of its own", () => {
    const layer = nn.Linear(2, 1);
    const source = tensor([[1, 2]]);
    layer.weight.data = source;
    source.zero_();
    // in PyTorch the storage would be shared; here slices and assignments are values
    expect(valuesOf(layer.weight)).toEqual([1, 2]);
  });

  test("an in-place change of a leaf outside noGrad names the remedy", () => {
    const p = tensor([1], { requiresGrad: true });
    expect(() => p.add_(1)).toThrow(/in-place.*leaf.*noGrad\(\(\) => \.\.\.\).*\.data/s);
    noGrad(() => p.add_(1));
    expect(p.item()).toBe(2);
    expect(p.requiresGrad).toBe(true);
  });

  test("dispose() and `using` give memory back at once; reading afterwards is an error", () => {
    const { client } = session();
    const x = tensor.ones(1000).add(1).realize();
    const held = client.memory().allocatedBytes;
    x.dispose();
    expect(client.memory().allocatedBytes).toBeLessThanOrEqual(held - 4000);
    expect(() => x.toArray()).toThrow(/dispose\(\)/);
    const { allocatedBytes } = client.memory();
    {
      using y = tensor.ones(1000).add(2).realize();
      expect(y.sum().item()).toBe(3000);
    }
    expect(client.memory().allocatedBytes).toBeLessThan(allocatedBytes + 4000);
  });

  test("dispose() of a value that is not computed yet", () => {
    const x = tensor.ones(3).add(1);
    x.dispose();
    expect(() => x.toArray()).toThrow(/dispose\(\)/);
  });
});
