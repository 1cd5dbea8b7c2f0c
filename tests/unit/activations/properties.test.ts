// What activations promise, without another library: minima, extremes without overflow, parameters, options, errors.

import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEVICE, useDevice } from "../parity/library.js";

const { nn, F, tensor, manualSeed } = gb;

beforeAll(() => useDevice(DEVICE));
afterAll(() => closeSession());

describe("minima", () => {
  // a step of 2^-13 around 1: the minimum is flat, so the value is exact to float32 and the place to about 1e-3
  const z = tensor.linspace(-4, 0, 2 ** 15 + 1);
  test.each([
    ["GELU", F.gelu, -0.169971, -0.75179],
    ["SiLU", F.silu, -0.278465, -1.27846],
    ["Mish", F.mish, -0.308843, -1.19243],
    ["Hardswish", F.hardswish, -0.375, -1.5],
    ["Swish, beta 0.6", (x: gb.Tensor) => F.swish(x, { beta: 0.6 }), -0.464109, -2.13077],
  ] as const)("%s", (_, f, value, place) => {
    const y = f(z);
    expect(y.amin().item()).toBeCloseTo(value, 5);
    expect(Math.abs(z.toTypedArray()[y.argmin().item()]! - place)).toBeLessThan(3e-3);
    const x = tensor([place], { requiresGrad: true });
    f(x).sum().backward();
    expect(Math.abs(x.grad!.item())).toBeLessThan(1e-5);
  });

  test("the tanh approximation of GELU is at most 4.74e-4 away", () => {
    const x = tensor.linspace(-6, 6, 2 ** 13);
    const gap = F.gelu(x)
      .sub(F.gelu(x, { approximate: "tanh" }))
      .abs()
      .amax()
      .item();
    expect(gap).toBeGreaterThan(4.7e-4);
    expect(gap).toBeLessThan(4.74e-4);
  });

  test("Swish comes near ReLU for large beta and is x / 2 for 0", () => {
    const x = tensor.linspace(-3, 3, 13);
    expect(F.swish(x, { beta: 0 }).toArray()).toEqual(x.div(2).toArray());
    expect(F.swish(x, { beta: 200 }).sub(x.relu()).abs().amax().item()).toBeLessThan(1e-6);
  });
});

describe("extremes", () => {
  const LARGE = 1e30;
  test.each([
    ["softplus", (x: gb.Tensor) => F.softplus(x, { threshold: 1e38 }), [0, LARGE], [0, 1]],
    ["logsigmoid", F.logsigmoid, [-LARGE, 0], [1, 0]],
    ["mish", F.mish, [0, LARGE], [0, 1]],
    ["silu", F.silu, [0, LARGE], [0, 1]],
    ["gelu", F.gelu, [0, LARGE], [0, 1]],
    ["gelu by tanh", (x: gb.Tensor) => F.gelu(x, { approximate: "tanh" }), [0, LARGE], [0, 1]],
    ["selu", F.selu, [-1.7580993, 1.050701e30], [0, 1.0507009]],
    ["softsign", F.softsign, [-1, 1], [0, 0]],
  ] as const)("%s and its derivative stay finite", (_, f, values, slopes) => {
    const x = tensor([-LARGE, LARGE], { requiresGrad: true });
    const y = f(x);
    y.sum().backward();
    y.toTypedArray().forEach((value, i) => {
      expect(Math.abs(value - values[i]!)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(values[i]!)));
    });
    x.grad!.toTypedArray().forEach((slope, i) => {
      expect(slope).toBeCloseTo(slopes[i]!, 6);
    });
  });

  test("NaN stays NaN", () => {
    const x = tensor([Number.NaN]);
    const all = [
      F.leakyRelu,
      F.elu,
      F.selu,
      F.celu,
      F.gelu,
      F.softplus,
      F.mish,
      F.hardtanh,
      F.relu6,
      F.hardsigmoid,
    ];
    const rest = [
      F.hardswish,
      F.hardshrink,
      F.softshrink,
      F.tanhshrink,
      F.softsign,
      F.logsigmoid,
      F.relu2,
      F.swish,
    ];
    for (const f of [...all, ...rest]) expect((f as typeof F.relu)(x).item(), f.name).toBeNaN();
  });

  test.each([
    ["elu", F.elu],
    ["softplus", F.softplus],
    ["mish", F.mish],
    ["gelu", F.gelu],
    ["silu", F.silu],
    ["swish", F.swish],
  ] as const)("%s: second derivatives are those of central differences, and finite far out", (_, f) => {
    const slope = (at: number[]): gb.Tensor => {
      const x = tensor(at, { requiresGrad: true });
      return tensor.autograd.grad(f(x).sum(), x)[0]!;
    };
    const points = [-2.5, -0.7, 0.4, 1.9];
    const x = tensor([...points, -200, 200], { requiresGrad: true });
    const [g] = tensor.autograd.grad(f(x).sum(), x, { createGraph: true });
    const [second] = tensor.autograd.grad(g!.sum(), x);
    const step = 2 ** -9;
    const ends = [step, -step].map((h) => slope(points.map((p) => p + h)).toTypedArray());
    points.forEach((p, i) => {
      const numeric = (ends[0]![i]! - ends[1]![i]!) / (2 * step);
      expect(Math.abs(second!.toTypedArray()[i]! - numeric), `at ${p}`).toBeLessThan(2e-4);
    });
    expect([...second!.toTypedArray()].slice(4).every((value) => Math.abs(value) < 1e-6)).toBe(true);
  });
});

describe("layers", () => {
  test("slopes and sharpness that are learned are parameters under PyTorch's names", () => {
    expect(Object.keys(nn.PReLU().stateDict())).toEqual(["weight"]);
    expect(nn.PReLU({ numParameters: 3, init: 0.5 }).weight.toArray()).toEqual([0.5, 0.5, 0.5]);
    expect(Object.keys(nn.Swish().stateDict())).toEqual(["beta"]);
    expect(nn.Swish({ beta: 0.5, trainable: false }).parameters()).toEqual([]);
  });

  test("learning moves a PReLU's slope to that of its data", () => {
    manualSeed(0);
    const layer = nn.PReLU();
    const x = tensor.randn(256);
    const wanted = F.leakyRelu(x, { negativeSlope: 0.7 });
    const optimizer = new gb.optim.SGD(layer.parameters(), { lr: 0.5 });
    for (let step = 0; step < 60; step++) {
      layer(x).sub(wanted).square().mean().backward();
      optimizer.step();
      optimizer.zeroGrad();
    }
    expect(layer.weight.item()).toBeCloseTo(0.7, 3);
  });

  test("two thirds of the width keep the number of parameters of a gated feed-forward layer", () => {
    // Shazeer 2020, section 3.2
    const plain = nn.Sequential(
      nn.Linear(12, 48, { bias: false }),
      nn.ReLU(),
      nn.Linear(48, 12, { bias: false }),
    );
    const gated = nn.Sequential(
      nn.Linear(12, 2 * 32, { bias: false }),
      nn.SwiGLU(),
      nn.Linear(32, 12, { bias: false }),
    );
    const count = (model: gb.nn.Module): number => model.parameters().reduce((sum, p) => sum + p.numel(), 0);
    expect(count(gated)).toBe(count(plain));
    expect(gated(tensor.zeros(4, 12)).shape).toEqual([4, 12]);
  });

  test("classes work with and without new, with instanceof and extends", () => {
    class Leakier extends nn.LeakyReLU {
      constructor() {
        super({ negativeSlope: 0.3 });
      }
    }
    const layer = new Leakier();
    expect(layer).toBeInstanceOf(nn.LeakyReLU);
    expect(layer.negativeSlope).toBe(0.3);
    expect(layer(tensor([-1])).item()).toBeCloseTo(-0.3, 6);
    expect(nn.ELU()).toBeInstanceOf(nn.ELU);
    expect(nn.ELU()).not.toBeInstanceOf(nn.CELU);
  });

  test("they print their options", () => {
    expect(`${nn.ReLU()} ${nn.LeakyReLU({ negativeSlope: 0.2 })} ${nn.GELU()}`).toBe(
      "ReLU() LeakyReLU(negativeSlope=0.2) GELU(approximate=none)",
    );
    expect(`${nn.Hardtanh()} ${nn.PReLU()} ${nn.Threshold(0.1, 20)}`).toBe(
      "Hardtanh(minVal=-1, maxVal=1) PReLU(numParameters=1) Threshold(threshold=0.1, value=20)",
    );
  });
});

test("the one option of a layer may be given as it is, as in PyTorch", () => {
  expect(`${nn.LeakyReLU(0.2)} ${nn.ELU(0.5)} ${nn.Softmax(1)}`).toBe(
    "LeakyReLU(negativeSlope=0.2) ELU(alpha=0.5) Softmax(dim=1)",
  );
});

test.each<[string, () => unknown, RegExp]>([
  [
    "a bare number for one of two options",
    () => nn.Hardtanh(-2 as never),
    /options go into an object.*nn\.Hardtanh\(\{ minVal/,
  ],
  ["a misspelt option", () => nn.ELU({ alfa: 1 } as never), /has no option "alfa"; write nn\.ELU\(\{ alpha/],
  ["softmax without dim", () => nn.Softmax({} as never), /needs the option dim/],
  ["F.softmax without dim", () => (F.softmax as (x: gb.Tensor) => gb.Tensor)(tensor([1])), /needs a dim/],
  [
    "integers",
    () => F.gelu(tensor([1], { dtype: "int32" })),
    /float32 tensor, got int32; convert with \.float\(\)/,
  ],
  ["a number", () => F.elu(3 as never), /needs a tensor, got number; write tensor\(/],
  ["an odd extent", () => F.glu(tensor.zeros(2, 3)), /dim -1 of \[2, 3\] must be even/],
  ["a scalar to halve", () => F.swiglu(tensor(1)), /0-d tensor/],
  [
    "an unknown approximation",
    () => F.gelu(tensor([1]), { approximate: "erf" as never }),
    /"none" or "tanh", got "erf"/,
  ],
  ["limits turned round", () => F.hardtanh(tensor([1]), { minVal: 1, maxVal: 0 }), /must not exceed/],
  ["negative shrinkage", () => F.softshrink(tensor([1]), { lambd: -1 }), /0 or more, got -1/],
  [
    "slopes that do not fit",
    () => nn.PReLU({ numParameters: 3 })(tensor.zeros(2, 4)),
    /one for each channel/,
  ],
  [
    "Softmax2d of a matrix",
    () => nn.Softmax2d()(tensor.zeros(2, 4)),
    /\[N, C, H, W\] or \[C, H, W\], got \[2, 4\]/,
  ],
])("%s is refused with the remedy", (_, call, message) => {
  expect(call).toThrow(message);
});
