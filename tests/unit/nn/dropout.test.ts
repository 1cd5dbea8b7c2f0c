// Dropout and its relatives: how much is left out, what becomes of the rest, the gradient's mask, and reproducibility.

import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, describe, expect, test } from "vitest";
import { count, valuesOf } from "../library/support.js";

const { nn, F, tensor, manualSeed, optim } = gb;

afterAll(closeSession);

const mean = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0) / x.length;
const variance = (x: readonly number[]): number => {
  const centre = mean(x);
  return mean(x.map((v) => (v - centre) ** 2));
};
/** Five standard errors of a share. */
const error = (p: number, n: number): number => 5 * Math.sqrt((p * (1 - p)) / n);

describe("nn.Dropout", () => {
  test.each([0.1, 0.5, 0.8])("leaves out the share %d and scales the rest by 1 / (1 - p)", (p) => {
    manualSeed(1);
    const y = valuesOf(nn.Dropout(p)(tensor.ones(100, 100)));
    const zeros = y.filter((v) => v === 0).length;
    expect(Math.abs(zeros / y.length - p)).toBeLessThan(error(p, y.length));
    expect(new Set(y)).toEqual(new Set([0, Math.fround(1 / (1 - p))]));
  });

  test("p = 0 and eval() give the input itself, p = 1 zeros", () => {
    const x = tensor.randn(3, 4);
    expect(nn.Dropout(0)(x)).toBe(x);
    expect(nn.Dropout().eval()(x)).toBe(x);
    expect(valuesOf(nn.Dropout({ p: 1 })(x)).every((v) => v === 0)).toBe(true);
    expect(valuesOf(nn.Dropout(0.5)(tensor.zeros(0, 3)))).toEqual([]);
  });

  test("the gradient has the mask of the output, also where the output was read before", () => {
    for (const read of [false, true]) {
      const x = tensor.ones(40, 5, { requiresGrad: true });
      const y = nn.Dropout(0.3)(x);
      const early = read ? valuesOf(y) : undefined;
      y.sum().backward();
      expect(valuesOf(x.grad!)).toEqual(early ?? valuesOf(y));
      expect(new Set(valuesOf(x.grad!)).size).toBe(2);
    }
  });

  test("a seed gives the same masks, every call another one, and all steps run one plan", () => {
    const run = (): number[] => {
      manualSeed(5);
      const model = nn.Sequential(
        nn.Linear(4, 8),
        nn.Dropout(0.5),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(8, 1),
      );
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
      const losses: number[] = [];
      const { compiles } = count(() => {
        for (let step = 0; step < 5; step++) {
          const loss = model(tensor.ones(16, 4)).sub(1).square().mean();
          loss.backward();
          optimizer.step();
          optimizer.zeroGrad();
          losses.push(loss.item());
        }
      });
      expect(compiles).toBeLessThanOrEqual(2);
      return losses;
    };
    expect(run()).toEqual(run());
    const layer = nn.Dropout(0.5);
    const x = tensor.ones(64);
    expect(valuesOf(layer(x))).not.toEqual(valuesOf(layer(x)));
  });

  test("can be differentiated twice", () => {
    const x = tensor.ones(20, { requiresGrad: true });
    const y = nn.Dropout(0.5)(x.mul(x));
    y.sum().backward(undefined, { createGraph: true });
    const slope = x.grad!;
    x.grad = null;
    slope.square().sum().backward();
    // y = m x², its slope 2 m x, and the derivative of the slope's square 8 m² x
    expect(valuesOf(x.grad!)).toEqual(valuesOf(y).map((m) => 8 * m * m));
  });
});

describe("whole channels", () => {
  const layers = [
    ["Dropout1d", nn.Dropout1d(0.5), [6, 7, 5]],
    ["Dropout1d without a batch", nn.Dropout1d(0.5), [42, 5]],
    ["Dropout2d", nn.Dropout2d(0.5), [6, 7, 2, 3]],
    ["Dropout3d", nn.Dropout3d(0.5), [6, 7, 2, 3, 1]],
    ["Dropout3d without a batch", nn.Dropout3d(0.5), [42, 2, 3, 1]],
    ["FeatureAlphaDropout", nn.FeatureAlphaDropout(0.5), [6, 7, 5]],
  ] as const;
  test.each(layers)("%s", (_name, layer, shape) => {
    manualSeed(2);
    const y = layer(tensor.ones(shape)).reshape(42, -1);
    const rows = y.toArray() as number[][];
    for (const row of rows) expect(new Set(row).size).toBe(1);
    const dropped = rows.filter(([v]) => v! < 0.5).length;
    expect(dropped).toBeGreaterThan(8);
    expect(dropped).toBeLessThan(34);
  });
});

describe("alpha dropout", () => {
  test("keeps mean 0 and variance 1 behind SELU with LeCun's weights", () => {
    manualSeed(3);
    let x = tensor.randn(1000, 100);
    for (let depth = 0; depth < 10; depth++) {
      const layer = nn.Linear(100, 100, { bias: false });
      gb.init.lecunNormal_(layer.weight);
      x = nn.AlphaDropout(0.1)(F.selu(layer(x)));
    }
    const y = valuesOf(x);
    expect(Math.abs(mean(y))).toBeLessThan(0.1);
    expect(Math.abs(variance(y) - 1)).toBeLessThan(0.15);
  });

  test("of standard normal numbers gives mean 0 and variance 1 exactly, in the mean", () => {
    manualSeed(4);
    const y = valuesOf(F.alphaDropout(tensor.randn(400, 400), { p: 0.3, training: true }));
    expect(Math.abs(mean(y))).toBeLessThan(0.015);
    expect(Math.abs(variance(y) - 1)).toBeLessThan(0.025);
  });

  test("has PyTorch's two values: a x + b, and a alpha' + b", () => {
    const p = 0.25;
    const alpha = -1.7580993408473766;
    const a = 1 / Math.sqrt((1 - p) * (1 + p * alpha ** 2));
    const b = -a * alpha * p;
    const y = valuesOf(F.alphaDropout(tensor.full([200], 2), { p, training: true }));
    const expected = [a * 2 + b, a * alpha + b].sort((m, n) => m - n);
    const values = [...new Set(y)].sort((m, n) => m - n);
    expect(values).toEqual(expected.map((value) => expect.closeTo(value, 5)));
  });
});

describe("random activations", () => {
  test("RReLU draws slopes from [lower, upper) in training and takes their middle in eval()", () => {
    manualSeed(6);
    const layer = nn.RReLU({ lower: 0.1, upper: 0.5 });
    const x = tensor.full([5000], -1, { requiresGrad: true });
    const y = layer(x);
    y.sum().backward();
    const slopes = valuesOf(y).map((v) => -v);
    expect(Math.min(...slopes)).toBeGreaterThanOrEqual(0.1);
    expect(Math.max(...slopes)).toBeLessThanOrEqual(0.5);
    expect(Math.abs(mean(slopes) - 0.3)).toBeLessThan((5 * 0.4) / Math.sqrt(12 * 5000));
    expect(Math.abs(variance(slopes) / (0.4 ** 2 / 12) - 1)).toBeLessThan(0.08);
    expect(valuesOf(x.grad!)).toEqual(slopes);
    expect(valuesOf(layer.eval()(tensor([-1, 2])))).toEqual([Math.fround(-0.3), 2]);
    expect(valuesOf(layer.train()(tensor([3, 0])))).toEqual([3, 0]);
  });

  test("gumbelSoftmax samples the categories with their probabilities", () => {
    manualSeed(8);
    const logits = tensor([1, 0, -1]).expand(6000, 3).clone().requiresGrad_();
    const sample = F.gumbelSoftmax(logits, { tau: 0.5, hard: true });
    const shares = valuesOf(sample.detach().mean(0));
    valuesOf(tensor([1, 0, -1]).softmax(0)).forEach((p, i) => {
      expect(Math.abs(shares[i]! - p)).toBeLessThan(error(p, 6000));
    });
    expect(new Set(valuesOf(sample.detach().round())).size).toBe(2);
    sample
      .mul(tensor([1, 2, 3]))
      .sum()
      .backward();
    expect(valuesOf(logits.grad!).some((g) => g !== 0)).toBe(true);
    expect(valuesOf(F.gumbelSoftmax(logits.detach()).sum(1)).every((s) => Math.abs(s - 1) < 1e-5)).toBe(true);
  });
});

describe("misuse says what to do", () => {
  test.each([
    [() => nn.Dropout(1.5), /Dropout: p must be a probability from 0 to 1, got 1.5/],
    // @ts-expect-error the flag is required
    [() => F.dropout(tensor.ones(2), { p: 0.5 }), /say whether this is training.*this\.training/],
    [() => nn.Dropout2d()(tensor.ones(2, 3, 4)), /dropout2d: needs \[N, C, H, W\], got \[2, 3, 4\]/],
    [() => nn.Dropout()(tensor([1], { dtype: "int32" })), /convert with \.float\(\)/],
    [() => nn.RReLU({ lower: 0.5, upper: 0.1 })(tensor.ones(1)), /lower must not exceed upper/],
  ])("%#", (body, message) => {
    expect(body).toThrow(message);
  });

  test("layers print like PyTorch's", () => {
    expect(String(nn.Dropout(0.2))).toBe("Dropout(p=0.2)");
    expect(String(nn.RReLU())).toBe("RReLU(lower=0.125, upper=0.3333333333333333)");
  });
});
