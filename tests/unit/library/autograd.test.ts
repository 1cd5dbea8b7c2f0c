// Backward passes: accumulation, graphs kept and let go, derivatives of derivatives, who gets a gradient and how long it lives.

import * as gb from "gradbook";
import { describe, expect, test } from "vitest";
import { count, difference, smallClassifier, valuesOf } from "./support.js";

const { nn, optim, tensor, noGrad, manualSeed } = gb;

const leaf = (values: number | number[]): gb.Tensor => tensor(values, { requiresGrad: true });

describe("backward()", () => {
  test("adds up over two passes, also over two losses of one forward pass", () => {
    const x = leaf([1, 2]);
    x.square().sum().backward();
    x.mul(3).sum().backward();
    expect(valuesOf(x.grad!)).toEqual([5, 7]);
    x.grad = null;
    const y = x.square();
    y.sum().backward(undefined, { retainGraph: true });
    y.mul(2).sum().backward();
    expect(valuesOf(x.grad!)).toEqual([6, 12]);
  });

  test("a detached tensor can become a leaf of its own, and what it was cut from stays as it is", () => {
    const x = leaf([1, 2, 3]);
    const cut = x.mul(2).detach().requiresGrad_();
    cut.square().sum().backward();
    expect(valuesOf(cut.grad!)).toEqual([4, 8, 12]);
    expect([x.grad, cut.isLeaf, cut.requiresGrad, x.detach().requiresGrad]).toEqual([
      null,
      true,
      true,
      false,
    ]);
  });

  test("accumulated gradients of two half batches are those of the whole batch", () => {
    const model = smallClassifier().eval();
    const lossFn = nn.CrossEntropyLoss({ reduction: "sum" });
    manualSeed(9);
    const x = tensor.randn(8, 3, 4);
    const y = tensor.randint(0, 4, [8]);
    lossFn(model(x), y).backward();
    const whole = model.parameters().map((p) => valuesOf(p.grad!));
    model.zeroGrad();
    for (const [i, j] of [
      [0, 3],
      [3, 8],
    ] as const)
      lossFn(model(x.slice(i, j)), y.slice(i, j)).backward();
    model.parameters().forEach((p, i) => {
      expect(difference(valuesOf(p.grad!), whole[i]!)).toBeLessThan(1e-5);
    });
  });

  test("a second one is an error that names retainGraph; with retainGraph it works", () => {
    const x = leaf([1, 2]);
    const loss = x.exp().sum();
    loss.backward(undefined, { retainGraph: true });
    loss.backward();
    expect(difference(valuesOf(x.grad!), [2 * Math.E, 2 * Math.E ** 2])).toBeLessThan(1e-5);
    expect(() => loss.backward()).toThrow(/earlier backward\(\).*retainGraph: true/s);
    expect(() => loss.add(1).backward()).toThrow(/earlier backward\(\).*retainGraph: true/s);
  });

  test("a second one after the loss was read is the same error", () => {
    const x = leaf([1, 2]);
    const loss = x.exp().sum();
    loss.item();
    loss.backward();
    loss.item();
    expect(() => loss.backward()).toThrow(/earlier backward\(\).*retainGraph: true/s);
  });

  test("on a vector needs a gradient or a reduction; with a gradient of the right shape it works", () => {
    const x = leaf([1, 2, 3]);
    expect(() => x.mul(2).backward()).toThrow(
      /single number, got shape \[3\].*\.mean\(\).*\.sum\(\).*gradient/s,
    );
    expect(() => x.mul(2).backward(tensor([1, 2]))).toThrow(/gradient \[2\] for a tensor \[3\]/);
    x.mul(2).backward(tensor([1, 10, 100]));
    expect(valuesOf(x.grad!)).toEqual([2, 20, 200]);
  });

  test("of something that requires no gradient says why", () => {
    expect(() => tensor([1]).backward()).toThrow(/requires a gradient.*noGrad.*detach/s);
    const x = leaf([1]);
    expect(() => noGrad(() => x.mul(2)).backward()).toThrow(/requires a gradient/);
    expect(() => x.detach().mul(2).backward()).toThrow(/requires a gradient/);
  });

  test("a value used twice, and a chain of 3,000 operations", () => {
    const x = leaf([2]);
    const y = x.mul(x);
    y.mul(y).sum().backward();
    expect(x.grad!.item()).toBe(32);
    x.grad = null;
    let z = x;
    for (let i = 0; i < 3000; i++) z = z.add(1e-3);
    z.sum().backward();
    expect(x.grad!.item()).toBe(1);
    expect(z.item()).toBeCloseTo(5, 3);
  });

  test("computes no product twice when the loss is read after backward() and before step()", () => {
    const w = tensor.full([3, 3], 0.5, { requiresGrad: true });
    const optimizer = new optim.SGD([w], { lr: 0.1 });
    const seen = count(() => {
      const loss = tensor.ones(3, 3).matmul(w).tanh().square().sum();
      loss.backward();
      loss.item();
      optimizer.step();
    });
    expect(seen.matmuls).toBe(2);
  });

  test("gradients read one by one come out of one run", () => {
    const model = nn.Sequential(nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 1));
    const norms: number[] = [];
    const x = tensor.ones(2, 3);
    model.parameters().map(valuesOf);
    const seen = count(() => {
      model(x).sum().backward();
      for (const parameter of model.parameters()) norms.push(...valuesOf(parameter.grad!));
    });
    expect(seen.runs).toBe(1);
    expect(seen.matmuls).toBeLessThanOrEqual(3 + 3 + 2);
    expect(norms.every(Number.isFinite)).toBe(true);
  });
});

describe("derivatives of derivatives", () => {
  const POINTS = [-1.3, -0.2, 0.4, 1.7];
  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
  const CASES: [string, (x: gb.Tensor) => gb.Tensor, (x: number) => number, (x: number) => number][] = [
    ["x^3", (x) => x.pow(3), (x) => 3 * x * x, (x) => 6 * x],
    ["exp(2x)", (x) => x.mul(2).exp(), (x) => 2 * Math.exp(2 * x), (x) => 4 * Math.exp(2 * x)],
    ["sin x", (x) => x.sin(), Math.cos, (x) => -Math.sin(x)],
    [
      "tanh x",
      (x) => x.tanh(),
      (x) => 1 - Math.tanh(x) ** 2,
      (x) => -2 * Math.tanh(x) * (1 - Math.tanh(x) ** 2),
    ],
    [
      "sigmoid x",
      (x) => x.sigmoid(),
      (x) => sigmoid(x) * (1 - sigmoid(x)),
      (x) => sigmoid(x) * (1 - sigmoid(x)) * (1 - 2 * sigmoid(x)),
    ],
    [
      "1 / (1 + x^2)",
      (x) => x.square().add(1).reciprocal(),
      (x) => (-2 * x) / (1 + x * x) ** 2,
      (x) => (6 * x * x - 2) / (1 + x * x) ** 3,
    ],
    ["log(2 + x)", (x) => x.add(2).log(), (x) => 1 / (2 + x), (x) => -1 / (2 + x) ** 2],
    ["relu(x)^2", (x) => x.relu().square(), (x) => 2 * Math.max(x, 0), (x) => (x > 0 ? 2 : 0)],
    [
      "silu x",
      (x) => gb.F.silu(x),
      (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x))),
      (x) => {
        const s = sigmoid(x);
        return s * (1 - s) * (2 + x * (1 - 2 * s));
      },
    ],
  ];

  test.each(CASES)("%s with autograd.grad", (_name, f, first, second) => {
    const x = leaf(POINTS);
    const [dy] = tensor.autograd.grad(f(x).sum(), x, { createGraph: true });
    const [ddy] = tensor.autograd.grad(dy!.sum(), x);
    expect(difference(valuesOf(dy!), POINTS.map(first))).toBeLessThan(1e-5);
    expect(difference(valuesOf(ddy!), POINTS.map(second))).toBeLessThan(2e-5);
    expect(x.grad).toBe(null);
  });

  test("createGraph in backward(): a gradient penalty", () => {
    const w = leaf([1, -2]);
    w.pow(3).sum().backward(undefined, { createGraph: true });
    const gradient = w.grad!;
    w.grad = null;
    gradient.square().sum().backward();
    // d/dw (3 w^2)^2 = 36 w^3
    expect(valuesOf(w.grad!)).toEqual([36, -288]);
  });

  test("of a softmax: the Hessian of logsumexp is diag(p) - p pᵀ", () => {
    const x = leaf([0.1, 0.7, -0.4]);
    const [p] = tensor.autograd.grad(x.logsumexp(0), x, { createGraph: true });
    const probabilities = valuesOf(p!);
    for (let i = 0; i < 3; i++) {
      const [row] = tensor.autograd.grad(p!.select(0, i), x, { retainGraph: true });
      const expected = probabilities.map((q, j) => (i === j ? q : 0) - q * probabilities[i]!);
      expect(difference(valuesOf(row!), expected)).toBeLessThan(1e-6);
    }
  });
});

describe("gradients as values", () => {
  test("stay readable after step() and after zeroGrad(); a held one keeps its value", () => {
    const p = leaf([1, 2]);
    const optimizer = new optim.SGD([p], { lr: 0.25 });
    p.square().sum().backward();
    const pending = p.grad!;
    optimizer.step();
    const after = p.grad!;
    expect(valuesOf(after)).toEqual([2, 4]);
    optimizer.zeroGrad();
    expect(p.grad).toBe(null);
    p.square().sum().backward();
    optimizer.step();
    expect(valuesOf(p.grad!)).toEqual([1, 2]);
    optimizer.zeroGrad();
    for (const held of [pending, after]) expect(valuesOf(held)).toEqual([2, 4]);
  });

  test("a held gradient sees what a second backward() adds, as in PyTorch", () => {
    const p = leaf([1, 2]);
    p.square().sum().backward();
    const held = p.grad!;
    p.square().sum().backward();
    expect(valuesOf(held)).toEqual([4, 8]);
  });

  test("can be changed in place before the step", () => {
    const p = leaf([1, 2]);
    const optimizer = new optim.SGD([p], { lr: 1 });
    p.square().sum().backward();
    p.grad!.mul_(0.5);
    optimizer.step();
    expect(valuesOf(p)).toEqual([0, 0]);
  });

  test("can be set, with a check of the shape", () => {
    const p = leaf([1, 2]);
    p.grad = tensor([10, 20]);
    p.square().sum().backward();
    expect(valuesOf(p.grad!)).toEqual([12, 24]);
    expect(() => {
      p.grad = tensor([1]);
    }).toThrow(/grad: shape \[1\] for a tensor \[2\]/);
  });

  test("a norm computed from gradients can be read after zeroGrad() and after later steps", () => {
    const p = leaf([3, 4]);
    const optimizer = new optim.SGD([p], { lr: 0.1 });
    const norms: gb.Tensor[] = [];
    for (let i = 0; i < 3; i++) {
      p.square().sum().div(2).backward();
      norms.push(p.grad!.norm());
      optimizer.step();
      optimizer.zeroGrad();
    }
    expect(
      difference(
        norms.map((norm) => norm.item()),
        [5, 4.5, 4.05],
      ),
    ).toBeLessThan(1e-6);
  });
});

describe("who gets a gradient", () => {
  test("noGrad survives await, and does not leak out of it", async () => {
    const p = leaf([1]);
    const pending = noGrad(async () => {
      const before = p.mul(2).requiresGrad;
      await new Promise(setImmediate);
      return [before, p.mul(2).requiresGrad];
    });
    expect(p.mul(2).requiresGrad).toBe(true);
    expect(await pending).toEqual([false, false]);
    expect(p.mul(2).requiresGrad).toBe(true);
    expect(noGrad(() => tensor.enableGrad(() => p.mul(2).requiresGrad))).toBe(true);
  });

  test("frozen parameters get no gradient and no update, and cost no products", () => {
    const model = smallClassifier();
    const first = model[1] as InstanceType<typeof nn.Linear>;
    first.requiresGrad_(false);
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, weightDecay: 0.1 });
    const before = valuesOf(first.weight);
    const last = valuesOf(model.parameters().at(-1)!);
    const x = tensor.randn(8, 3, 4);
    const y = tensor.randint(0, 4, [8]);
    const step = (): void => {
      nn.CrossEntropyLoss()(model(x), y).backward();
      optimizer.step();
      optimizer.zeroGrad();
    };
    step();
    expect(first.weight.grad).toBe(null);
    expect(valuesOf(first.weight)).toEqual(before);
    expect(difference(valuesOf(model.parameters().at(-1)!), last)).toBeGreaterThan(1e-4);
    step();
    step();
    // forward 2, weight of the last layer 1, its input (for batch norm's parameters) 1
    expect(count(step).matmuls).toBe(4);
    first.requiresGrad_();
    step();
    expect(difference(valuesOf(first.weight), before)).toBeGreaterThan(1e-5);
  });

  test("two optimizers on two networks, as in a GAN: held values keep their meaning", () => {
    manualSeed(0);
    const generator = nn.Linear(2, 2);
    const critic = nn.Linear(2, 1);
    const forGenerator = new optim.SGD(generator.parameters(), { lr: 0.1 });
    const forCritic = new optim.SGD(critic.parameters(), { lr: 0.1 });
    const noise = tensor([[1, -1]]);
    const real = tensor([[0.5, 0.5]]);
    const host = {
      g: generator.parameters().map(valuesOf),
      c: critic.parameters().map(valuesOf),
    };
    const images: gb.Tensor[] = [];
    const scores: gb.Tensor[] = [];
    const expected: { image: number[]; score: number }[] = [];
    for (let i = 0; i < 5; i++) {
      const fake = generator(noise);
      images.push(fake);
      critic(fake.detach()).sub(critic(real)).sum().backward();
      forCritic.step();
      forCritic.zeroGrad();
      generator.zeroGrad();
      const score = critic(fake);
      scores.push(score);
      score.sum().neg().backward();
      forGenerator.step();
      forGenerator.zeroGrad();
      critic.zeroGrad();
      // the same by hand: image = W z + b, score = c · image + d
      const [[a, b, c, d], bias] = host.g as [number[], number[]];
      const image = [a! - b! + bias[0]!, c! - d! + bias[1]!];
      const weight = host.c[0]!.map((w, j) => w - 0.1 * (image[j]! - 0.5));
      host.c = [weight, host.c[1]!];
      expected.push({ image, score: weight[0]! * image[0]! + weight[1]! * image[1]! + host.c[1]![0]! });
      host.g = [
        [a! + 0.1 * weight[0]!, b! - 0.1 * weight[0]!, c! + 0.1 * weight[1]!, d! - 0.1 * weight[1]!],
        [bias[0]! + 0.1 * weight[0]!, bias[1]! + 0.1 * weight[1]!],
      ];
    }
    expected.forEach(({ image, score }, i) => {
      expect(difference(valuesOf(images[i]!), image)).toBeLessThan(1e-5);
      expect(scores[i]!.item()).toBeCloseTo(score, 5);
    });
  });

  test("shared parameters are listed once and get both gradients", () => {
    class Tied extends nn.Module {
      first = nn.Linear(2, 2, { bias: false });
      second = nn.Linear(2, 2, { bias: false });
      constructor() {
        super();
        this.second.weight = this.first.weight;
      }
      forward(x: gb.Tensor): gb.Tensor {
        return this.second(this.first(x));
      }
    }
    const tied = new Tied();
    expect([...tied.namedParameters()].map(([name]) => name)).toEqual(["first.weight"]);
    expect(Object.keys(tied.stateDict())).toEqual(["first.weight", "second.weight"]);
    tied.first.weight.data = tensor([
      [2, 0],
      [0, 3],
    ]);
    tied(tensor([[1, 1]]))
      .sum()
      .backward();
    // y = sum(W W x): dW = 1 (W x)ᵀ + (Wᵀ 1) xᵀ
    expect(tied.first.weight.grad!.toArray()).toEqual([
      [2 + 2, 3 + 2],
      [2 + 3, 3 + 3],
    ]);
    const optimizer = new optim.SGD(tied.parameters(), { lr: 1 });
    optimizer.step();
    expect(tied.second.weight.toArray()).toEqual(tied.first.weight.toArray());
  });

  test("requiresGrad_ on computed or integer tensors says what to do", () => {
    const p = leaf([1]);
    expect(() => p.mul(2).requiresGrad_(false)).toThrow(/leaf.*detach\(\)/s);
    expect(() => tensor([1], { dtype: "int32" }).requiresGrad_()).toThrow(/float32.*int32/);
  });
});
