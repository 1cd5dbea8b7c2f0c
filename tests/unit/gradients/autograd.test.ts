// The namespace autograd: gradients asked for by name, hooks, functions with their own derivative, Jacobians and their products.

import * as gb from "gradbook";
import { beforeAll, describe, expect, test } from "vitest";
import { count, difference, valuesOf } from "../library/support.js";
import { DEVICE, useDevice } from "../parity/library.js";

const { tensor, nn, F, autograd, manualSeed, noGrad } = gb;

beforeAll(() => useDevice(DEVICE));

const leaf = (values: gb.NestedArray): gb.Tensor => tensor(values, { requiresGrad: true });

describe("grad", () => {
  test("gives what backward() would add up, and adds up nothing", () => {
    const [a, b] = [leaf([1, 2]), leaf([3, 4])];
    const [ga, gb_] = autograd.grad(a.mul(b).sum(), [a, b]);
    expect([valuesOf(ga), valuesOf(gb_), a.grad, b.grad]).toEqual([[3, 4], [1, 2], null, null]);
  });

  test("of several outputs, with weights, and of values in between", () => {
    const x = leaf([1, 2]);
    const y = x.mul(3);
    const outputs = [y.square(), y.sum()] as const;
    const gradOutputs = [tensor([1, 10]), null];
    const [gx, gy] = autograd.grad(outputs, [x, y], { gradOutputs });
    expect([valuesOf(gy), valuesOf(gx)]).toEqual([
      [7, 121],
      [21, 363],
    ]);
    expect(valuesOf(autograd.grad(x.sum(), [x, x])[1])).toEqual([1, 1]);
  });

  test("computes what it was asked for and nothing else", () => {
    const model = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 1));
    const x = tensor.randn([8, 4], { requiresGrad: true });
    valuesOf(model(x) as gb.Tensor);
    const seen = count(() => void valuesOf(autograd.grad((model(x) as gb.Tensor).sum(), x)[0]));
    // three forward (the last one's value is not needed) and three backward, none for the weights
    expect(seen.matmuls).toBeLessThanOrEqual(6);
    expect(model.parameters().every(({ grad }) => grad === null)).toBe(true);
  });

  test.each([
    [
      "an input without gradient",
      () => autograd.grad(leaf([1]).sum(), tensor([1])),
      /input 0 requires no gradient.*requiresGrad_\(\)/,
    ],
    [
      "an input that is not used",
      () => autograd.grad(leaf([1]).sum(), [leaf([1])]),
      /do not depend on input 0.*allowUnused: true/s,
    ],
    [
      "an output without gradient",
      () => autograd.grad(tensor([1]).sum(), leaf([1])),
      /autograd\.grad: this tensor does not depend.*noGrad/,
    ],
    [
      "many numbers",
      () => {
        const x = leaf([1, 2]);
        return autograd.grad(x.mul(2), x);
      },
      /autograd\.grad: needs a single number, got shape \[2\].*\.sum\(\)/,
    ],
    [
      "a gradient of another shape",
      () => {
        const x = leaf([1, 2]);
        return autograd.grad(x.mul(2), x, { gradOutputs: tensor([1]) });
      },
      /gradient \[1\] for a tensor \[2\]/,
    ],
    [
      "too many gradients",
      () => {
        const x = leaf([1]);
        return autograd.grad(x.mul(2), x, { gradOutputs: [tensor([1]), tensor([1])] });
      },
      /2 gradOutputs for 1 outputs/,
    ],
    [
      "a graph that was let go",
      () => {
        const x = leaf([1]);
        const y = x.exp().sum();
        autograd.grad(y, x);
        return autograd.grad(y, x);
      },
      /earlier backward\(\).*retainGraph: true/s,
    ],
    [
      "a copy instead of the input",
      () => {
        const x = leaf([1]);
        return autograd.grad(x.data.clone().requiresGrad_().sum(), x);
      },
      /do not depend on input 0.*\.data/s,
    ],
  ])("refuses %s", (_, mistake, message) => {
    expect(mistake).toThrow(message);
  });

  test("allowUnused gives null", () => {
    const [a, b] = [leaf([1]), leaf([2])];
    const [ga, gb_] = autograd.grad(a.sum(), [a, b], { allowUnused: true });
    expect([valuesOf(ga!), gb_]).toEqual([[1], null]);
  });

  test("backward of several tensors at once passes what they share once", () => {
    const x = leaf([1, 2]);
    const y = x.exp();
    autograd.backward([y.sum(), y], [null, tensor([1, 10])]);
    const expected = [2 * Math.E, 11 * Math.E ** 2];
    expect(difference(valuesOf(x.grad!), expected)).toBeLessThan(1e-4);
    expect(() => autograd.backward(leaf([1, 2]))).toThrow(/tensor 0 is not a single number/);
  });
});

describe("derivatives of derivatives", () => {
  test("a gradient penalty trains: its gradient is that of differences", () => {
    manualSeed(3);
    const critic = nn.Sequential(nn.Linear(2, 8), nn.SiLU(), nn.LayerNorm(8), nn.Linear(8, 1));
    const x = tensor.randn([6, 2], { requiresGrad: true });
    const penalty = (): gb.Tensor => {
      const [slope] = autograd.grad((critic(x) as gb.Tensor).sum(), x, { createGraph: true });
      return slope.norm({ dim: 1 }).sub(1).square().mean();
    };
    penalty().backward();
    const weight = critic.parameters()[0]!;
    const direction = tensor.randn(8, 2);
    const along = valuesOf(weight.grad!).reduce((sum, g, i) => sum + g * valuesOf(direction)[i]!, 0);
    const at = (h: number): number => {
      noGrad(() => weight.add_(direction.mul(h)));
      const value = penalty().item();
      noGrad(() => weight.sub_(direction.mul(h)));
      return value;
    };
    const h = 0.01;
    const numeric = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
    expect(Math.abs(numeric - along) / Math.abs(along)).toBeLessThan(1e-3);
  });

  test("products with a Hessian are those of the Hessian, which is symmetric", () => {
    manualSeed(4);
    const [w, x, v] = [tensor.randn(3, 3), tensor.randn(3), tensor.randn(3)];
    const f = (t: gb.Tensor): gb.Tensor => w.matmul(t).tanh().mul(t).sum();
    const h = autograd.hessian(f, x);
    const flat = valuesOf(h);
    expect(difference(flat, valuesOf(h.t()))).toBeLessThan(1e-6);
    const expected = valuesOf(h.matmul(v));
    const { output, product } = autograd.hvp(f, x, v);
    expect(difference(valuesOf(product), expected)).toBeLessThan(1e-5);
    expect(output.item()).toBeCloseTo(f(x).item(), 6);
    expect(difference(valuesOf(autograd.vhp(f, x, v).product), expected)).toBeLessThan(1e-5);
  });

  test("Jacobians and their products on both sides agree, for several inputs", () => {
    manualSeed(5);
    const [a, b] = [tensor.randn(2, 3), tensor.randn(3)];
    const f = (m: gb.Tensor, t: gb.Tensor): gb.Tensor => m.matmul(t).sin();
    const [ja, jb] = autograd.jacobian(f, [a, b]);
    expect([ja.shape, jb.shape]).toEqual([
      [2, 2, 3],
      [2, 3],
    ]);
    const [u, va, vb] = [tensor.randn(2), tensor.randn(2, 3), tensor.randn(3)];
    const forward = valuesOf(ja.mul(va).sum([1, 2]).add(jb.matmul(vb)));
    expect(difference(valuesOf(autograd.jvp(f, [a, b], [va, vb]).product), forward)).toBeLessThan(1e-5);
    const [pa, pb] = autograd.vjp(f, [a, b], u).product;
    expect(difference(valuesOf(pa), valuesOf(ja.mul(u.reshape(2, 1, 1)).sum(0)))).toBeLessThan(1e-5);
    expect(difference(valuesOf(pb), valuesOf(u.matmul(jb)))).toBeLessThan(1e-5);
    expect([a.requiresGrad, a.grad]).toEqual([false, null]);
    expect(() => autograd.vjp(f, [a, b])).toThrow(/vjp: needs a vector, shaped as the output/);
    expect(() => autograd.jvp(f, [a, b], [vb, va])).toThrow(
      /jvp: the vector has shape \[3\], \[2, 3\], the input \[2, 3\], \[3\]/,
    );
  });

  test("a Jacobian that is recorded can be differentiated: its norm as a penalty", () => {
    const x = leaf([1, 2]);
    autograd
      .jacobian((t) => t.square(), x, { createGraph: true })
      .square()
      .sum()
      .backward();
    expect(valuesOf(x.grad!)).toEqual([8, 16]);
  });

  test("of a function of third order: x^5 down to 120 x^2", () => {
    const x = leaf([2]);
    let y = x.pow(5);
    for (let order = 0; order < 3; order++) [y] = autograd.grad(y.sum(), x, { createGraph: true });
    expect(y.item()).toBeCloseTo(60 * 4, 2);
  });
});

describe("hooks", () => {
  test("see the whole gradient once, may replace it, and can be taken off", () => {
    const x = leaf([1, 2]);
    const y = x.mul(2);
    const seen: number[][] = [];
    y.registerHook((g) => void seen.push(valuesOf(g)));
    const double = y.registerHook((g) => g.mul(10));
    y.sum().add(y.square().sum()).backward(undefined, { retainGraph: true });
    expect([seen, valuesOf(x.grad!)]).toEqual([[[5, 9]], [100, 180]]);
    double.remove();
    x.grad = null;
    y.sum().backward();
    expect([seen.length, valuesOf(x.grad!)]).toEqual([2, [2, 2]]);
  });

  test("of a parameter stay when an optimizer updates it, and are not run by reading the loss", () => {
    const w = new nn.Parameter(tensor([1]));
    const optimizer = new gb.optim.SGD([w], { lr: 1 });
    let calls = 0;
    w.registerHook((g) => {
      calls++;
      return g.mul(0.5);
    });
    for (let step = 1; step <= 3; step++) {
      const loss = w.mul(2).sum();
      loss.item();
      expect(calls).toBe(step - 1);
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
      expect([calls, w.item()]).toEqual([step, 1 - step]);
    }
  });

  test("retainGrad keeps the gradient of a computed tensor, as the hooks leave it, and adds up", () => {
    const x = leaf([1, 2]);
    const y = x.mul(3);
    expect(y.grad).toBeNull();
    y.retainGrad();
    y.registerHook((g) => g.mul(2));
    const z = y.square().sum();
    z.backward(undefined, { retainGraph: true });
    expect([valuesOf(y.grad!), valuesOf(x.grad!)]).toEqual([
      [12, 24],
      [36, 72],
    ]);
    z.backward();
    expect(valuesOf(y.grad!)).toEqual([24, 48]);
    y.grad = null;
    expect(y.grad).toBeNull();
  });

  test("mistakes are told", () => {
    expect(() => tensor([1]).registerHook(() => null)).toThrow(
      /registerHook\(\): .*requires no gradient.*requiresGrad_\(\)/s,
    );
    expect(() => leaf([1]).detach().retainGrad()).toThrow(/retainGrad\(\): .*requires no gradient/);
    const x = leaf([1, 2]);
    x.registerHook((g) => g.sum());
    expect(() => x.sum().backward()).toThrow(/hook gave a gradient \[\] for a tensor \[2\]/);
  });
});

type Context = gb.autograd.FunctionContext;

/** x^2 y with a derivative by hand. */
class Product extends autograd.Function {
  static forward(context: Context, x: gb.Tensor, y: gb.Tensor, scale: number): gb.Tensor {
    context.saveForBackward(x, y);
    context.scale = scale;
    return x.square().mul(y).mul(scale);
  }
  static backward(context: Context, gradient: gb.Tensor): (gb.Tensor | null)[] {
    const [x, y] = context.savedTensors as [gb.Tensor, gb.Tensor];
    const g = gradient.mul(context.scale as number);
    const [wantX, wantY] = context.needsInputGrad;
    return [wantX ? g.mul(x).mul(y).mul(2) : null, wantY ? g.mul(x.square()) : null, null];
  }
}

/** Two results, and one that has no gradient. */
class Several extends autograd.Function {
  static forward(context: Context, x: gb.Tensor): readonly [gb.Tensor, gb.Tensor, gb.Tensor] {
    const root = x.sqrt();
    context.saveForBackward(x, root);
    return [root, x.sum(), x.argmax()];
  }
  static backward(context: Context, first: gb.Tensor, second: gb.Tensor): gb.Tensor {
    const [x] = context.savedTensors as [gb.Tensor];
    return first.div(x.sqrt().mul(2)).add(second);
  }
}

describe("functions with a derivative of their own", () => {
  test("are differentiated by it, also twice", () => {
    const [x, y] = [leaf([1, -2]), leaf([3, 0.5])];
    const f = (a?: gb.Tensor, b?: gb.Tensor): gb.Tensor => Product.apply(a!, b!, 3);
    expect(valuesOf(f(x, y))).toEqual([9, 6]);
    f(x, y).sum().backward();
    expect([valuesOf(x.grad!), valuesOf(y.grad!)]).toEqual([
      [18, -6],
      [3, 12],
    ]);
    expect(autograd.gradcheck(f, [x, y])).toBe(true);
    expect(autograd.gradgradcheck(f, [x, y])).toBe(true);
  });

  test("may have several results, whose gradients come together", () => {
    const x = leaf([1, 4]);
    const [root, sum, place] = Several.apply(x);
    expect([root.requiresGrad, sum.requiresGrad, place.requiresGrad, place.item()]).toEqual([
      true,
      true,
      false,
      1,
    ]);
    root
      .mul(tensor([1, 2]))
      .sum()
      .add(sum.mul(10))
      .backward();
    expect(valuesOf(x.grad!)).toEqual([10.5, 10.5]);
    expect(autograd.gradgradcheck((t) => Several.apply(t!).slice(0, 2), x)).toBe(true);
  });

  test("record nothing inside noGrad or for inputs without gradient; a straight-through estimator", () => {
    expect(Product.apply(tensor([1]), tensor([2]), 1).requiresGrad).toBe(false);
    expect(noGrad(() => Product.apply(leaf([1]), leaf([2]), 1)).requiresGrad).toBe(false);
    class Round extends autograd.Function {
      static forward(_: Context, x: gb.Tensor): gb.Tensor {
        return x.round();
      }
      static backward(_: Context, gradient: gb.Tensor): gb.Tensor {
        return gradient;
      }
    }
    const x = leaf([0.4, 1.7]);
    Round.apply(x)
      .mul(tensor([2, 3]))
      .sum()
      .backward();
    expect(valuesOf(x.grad!)).toEqual([2, 3]);
  });

  test("that give back an argument leave it as it is", () => {
    class Reverse extends autograd.Function {
      static forward(_: Context, x: gb.Tensor): gb.Tensor {
        return x;
      }
      static backward(_: Context, gradient: gb.Tensor): gb.Tensor {
        return gradient.neg();
      }
    }
    const x = leaf([1, 2]);
    Reverse.apply(x).sum().add(x.sum().mul(3)).backward();
    expect([valuesOf(x.grad!), x.isLeaf]).toEqual([[2, 2], true]);
  });

  test("with a wrong gradient are told so", () => {
    class Wrong extends autograd.Function {
      static forward(_: Context, x: gb.Tensor): gb.Tensor {
        return x.mul(2);
      }
      static backward(_: Context, gradient: gb.Tensor): gb.Tensor[] {
        return [gradient.sum()];
      }
    }
    class TooMany extends Wrong {
      static override backward(_: Context, gradient: gb.Tensor): gb.Tensor[] {
        return [gradient, gradient];
      }
    }
    class Half extends Wrong {
      static override backward(_: Context, gradient: gb.Tensor): gb.Tensor[] {
        return [gradient];
      }
    }
    const x = leaf([1, 2]);
    expect(() => Wrong.apply(x).sum().backward()).toThrow(
      /Wrong\.backward gave a gradient \[\] for argument 0, which is \[2\]/,
    );
    expect(() => TooMany.apply(x).sum().backward()).toThrow(
      /TooMany\.backward gave 2 gradients for the 1 arguments/,
    );
    expect(() => autograd.gradcheck((t) => Half.apply(t!), x)).toThrow(
      /element 0 of output 0 by element 0 of input 0 is 1, but differences give 2/,
    );
    expect(autograd.gradcheck((t) => Half.apply(t!), x, { raiseException: false })).toBe(false);
    expect(() => autograd.gradcheck((t) => t!.exp(), tensor([1]))).toThrow(/no input requires a gradient/);
  });
});

describe("gradcheck of what has derivatives of its own", () => {
  const points = [-1.7, -0.6, 0.3, 1.4];
  test.each([
    "gelu",
    "silu",
    "mish",
    "softplus",
    "elu",
    "celu",
    "selu",
    "softsign",
    "tanhshrink",
    "logsigmoid",
  ] as const)("%s, twice", (name) => {
    expect(autograd.gradgradcheck((x) => F[name](x!), leaf(points))).toBe(true);
  });

  test("batch and layer normalisation, convolution and pooling, twice", () => {
    manualSeed(6);
    const x = tensor.randn([4, 3], { requiresGrad: true });
    expect(autograd.gradgradcheck((t) => nn.BatchNorm1d(3)(t!), x)).toBe(true);
    expect(autograd.gradgradcheck((t) => F.layerNorm(t!, 3), x)).toBe(true);
    const image = tensor.randn([1, 2, 4, 3], { requiresGrad: true });
    const weight = tensor.randn([2, 2, 2, 2], { requiresGrad: true });
    const conv = (t?: gb.Tensor, w?: gb.Tensor): gb.Tensor =>
      F.conv2d(t!, w!, null, { stride: 2, padding: 1 });
    expect(autograd.gradgradcheck(conv, [image, weight])).toBe(true);
    expect(autograd.gradcheck((t) => F.avgPool2d(t!, 2, { padding: 1 }).square(), image)).toBe(true);
  });
});

test("a leaf that requires a gradient is not changed in place by accident", () => {
  const x = leaf([1]);
  expect(() => x.add_(1)).toThrow(/in-place change of a leaf that requires a gradient.*noGrad/s);
  noGrad(() => x.add_(1));
  expect(x.item()).toBe(2);
});
