// Modules: calling, hooks, containers, what belongs to a module, state, printing, and the types of all that.

import * as gb from "gradbook";
import { describe, expect, expectTypeOf, test } from "vitest";
import { difference, smallClassifier, valuesOf } from "./support.js";

const { nn, tensor, norm, noGrad } = gb;

class Residual extends nn.Module {
  readonly body: gb.nn.Module;
  readonly scale: number;
  constructor(body: gb.nn.Module, options: { scale?: number } = {}) {
    super();
    this.body = body;
    this.scale = options.scale ?? 1;
  }
  forward(x: gb.Tensor, flip = false): { out: gb.Tensor; flipped: boolean } {
    return { out: x.add((this.body(x) as gb.Tensor).mul(this.scale)), flipped: flip };
  }
}

describe("calling", () => {
  test("a module is a function with the types of its own forward", () => {
    const block = new Residual(nn.ReLU(), { scale: 2 });
    const result = block(tensor([1, -1]), true);
    expectTypeOf(result).toEqualTypeOf<{ out: gb.Tensor; flipped: boolean }>();
    expectTypeOf(block).parameter(0).toEqualTypeOf<gb.Tensor>();
    expectTypeOf(block).parameter(1).toEqualTypeOf<boolean | undefined>();
    // @ts-expect-error a string is no tensor
    expect(() => block("x")).toThrow();
    expect(valuesOf(result.out)).toEqual([3, -1]);
    expect(result.flipped).toBe(true);
  });

  test("library classes work with and without new, instanceof and extends", () => {
    const plain = nn.Linear(2, 3);
    const made = new nn.Linear(2, 3, { bias: false });
    expectTypeOf(plain).toExtend<gb.nn.Linear>();
    expectTypeOf(plain.bias).toEqualTypeOf<gb.Parameter>();
    expectTypeOf(made.bias).toEqualTypeOf<null>();
    expectTypeOf(plain(tensor.zeros(1, 2))).toEqualTypeOf<gb.Tensor>();
    expect(plain).toBeInstanceOf(nn.Linear);
    expect(made).toBeInstanceOf(nn.Linear);
    expect(plain).toBeInstanceOf(nn.Module);
    expect(plain).not.toBeInstanceOf(nn.ReLU);
    expect(nn.BatchNorm1d).toBe(norm.BatchNorm1d);
    class Doubled extends nn.Linear {
      override forward(x: gb.Tensor): gb.Tensor {
        return super.forward(x).mul(2);
      }
    }
    const doubled = new Doubled(1, 1);
    doubled.weight.data = tensor([[3]]);
    doubled.bias.data = tensor([1]);
    expect(doubled).toBeInstanceOf(nn.Linear);
    expect(doubled(tensor([[2]])).item()).toBe(14);
    expect(String(doubled)).toBe("Doubled(inFeatures=1, outFeatures=1, bias=true)");
  });

  test("a field of the user's own class may have any name a function has", () => {
    class Named extends nn.Module {
      override name = "encoder";
      override length = 7;
      forward(x: gb.Tensor): gb.Tensor {
        return x;
      }
    }
    const named = new Named();
    expect([named.name, named.length]).toEqual(["encoder", 7]);
  });
});

describe("hooks", () => {
  test("run in the order they were registered, may replace the output, and can be removed", () => {
    const layer = nn.ReLU();
    const calls: string[] = [];
    layer.registerForwardPreHook((module, [x]) => {
      calls.push(`pre ${module === layer} ${valuesOf(x as gb.Tensor)}`);
    });
    const first = layer.registerForwardHook((_module, _inputs, output) => {
      calls.push(`first ${valuesOf(output as gb.Tensor)}`);
      return (output as gb.Tensor).add(1);
    });
    layer.registerForwardHook((_module, inputs, output) => {
      calls.push(`second ${inputs.length} ${valuesOf(output as gb.Tensor)}`);
    });
    expect(valuesOf(layer(tensor([-1, 2])))).toEqual([1, 3]);
    expect(calls).toEqual(["pre true -1,2", "first 0,2", "second 1 1,3"]);
    first.remove();
    expect(valuesOf(layer(tensor([-1, 2])))).toEqual([0, 2]);
    expect(calls.slice(3)).toEqual(["pre true -1,2", "second 1 0,2"]);
  });

  test("of inner modules run when the whole is called; forward() alone runs none", () => {
    const model = nn.Sequential(nn.ReLU(), nn.ReLU());
    let count = 0;
    for (const child of model.children()) child.registerForwardHook(() => void count++);
    model(tensor([1]));
    expect(count).toBe(2);
    model[0].forward(tensor([1]));
    expect(count).toBe(2);
  });

  test("a value a hook keeps can be read after later steps", () => {
    const model = smallClassifier();
    const optimizer = new gb.optim.SGD(model.parameters(), { lr: 0.5 });
    const kept: gb.Tensor[] = [];
    model.at(3)!.registerForwardHook((_m, _x, output) => {
      kept.push((output as gb.Tensor).detach());
    });
    const x = tensor.randn(6, 3, 4);
    const y = tensor([0, 1, 2, 3, 0, 1], { dtype: "int32" });
    for (let i = 0; i < 3; i++) {
      nn.CrossEntropyLoss()(model(x), y).backward();
      optimizer.step();
      optimizer.zeroGrad();
    }
    const values = kept.map(valuesOf);
    expect(values.every((list) => list.length === 48 && list.every((v) => v >= 0))).toBe(true);
    expect(difference(values[1]!, values[2]!)).toBeGreaterThan(1e-3);
  });
});

describe("a tensor in the place of a parameter", () => {
  const message =
    /weight was a parameter, and is now a tensor, which would not be trained\. Write \.weight\.data = /;

  test("is an error when the layer is called, and when its parameters are asked for", () => {
    const layer: gb.nn.Linear = nn.Linear(2, 3);
    layer.weight = tensor.ones(3, 2);
    expect(() => layer(tensor.ones(1, 2))).toThrow(message);
    expect(() => nn.Sequential(layer).parameters()).toThrow(message);
    layer.weight = new nn.Parameter(tensor.ones(3, 2));
    expect(layer.parameters()).toContain(layer.weight);
    layer.bias = null;
    expect(layer(tensor.ones(1, 2)).toArray()).toEqual([[2, 2, 2]]);
  });

  test("is one in modules of one's own once their parameters have been asked for, and in copies", () => {
    class Own extends nn.Module {
      weight: gb.Tensor = new nn.Parameter(tensor.ones(2));
      scale = tensor.ones(2);
      forward(x: gb.Tensor): gb.Tensor {
        return x.mul(this.weight).mul(this.scale);
      }
    }
    const model = new Own();
    expect(model.parameters().length).toBe(1);
    model.scale = tensor.zeros(2);
    expect(model(tensor.ones(2)).toArray()).toEqual([0, 0]);
    const copy = gb.deepcopy(model);
    for (const module of [model, copy]) {
      module.weight = tensor.ones(2);
      expect(() => module(tensor.ones(2))).toThrow(message);
    }
  });

  test("is none where the weight is computed from other parameters", () => {
    const layer = nn.utils.parametrizations.weightNorm(nn.Linear(2, 3));
    expect(layer(tensor.ones(1, 2)).shape).toEqual([1, 3]);
  });
});

describe("Sequential", () => {
  test("is typed by its layers", () => {
    const model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2));
    expectTypeOf(model[0]).toExtend<gb.nn.Linear>();
    expectTypeOf(model[0].bias).toEqualTypeOf<gb.Parameter>();
    expectTypeOf(model[1]).toEqualTypeOf<gb.nn.ReLU>();
    expectTypeOf(model(tensor.zeros(1, 4))).toEqualTypeOf<gb.Tensor>();
    expect(model[0].weight.shape).toEqual([3, 4]);
    expect(model.length).toBe(3);
    expect(model.at(-1)).toBe(model[2]);
    expect([...model]).toEqual([model[0], model[1], model[2]]);
  });

  test("a slice shares the parameters", () => {
    const model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2));
    const body = model.slice(0, 2);
    expect(body.length).toBe(2);
    expect(body.parameters()[0]).toBe(model[0].weight);
    noGrad(() => model[0].weight.zero_());
    noGrad(() => model[0].bias!.fill_(-1));
    expect(valuesOf(body(tensor.ones(1, 4)) as gb.Tensor)).toEqual([0, 0, 0]);
    const last = model.slice(-1).parameters();
    expect(last.length).toBe(2);
    expect(last.every((parameter, i) => parameter === model[2].parameters()[i])).toBe(true);
  });

  test("append, extend and insert as in PyTorch", () => {
    const [first, last, middle] = [nn.Linear(4, 3), nn.Linear(3, 2), nn.Linear(3, 3)];
    const model = nn.Sequential(first);
    expect(model.append(last)).toBe(model);
    expect(model.insert(-1, middle)).toBe(model);
    model.extend(nn.Sequential(nn.ReLU(), nn.Softmax(1)));
    expect(model.children().slice(0, 3)).toEqual([first, middle, last]);
    expect(Object.keys(model.stateDict())).toEqual([0, 1, 2].flatMap((i) => [`${i}.weight`, `${i}.bias`]));
    expect((model as gb.nn.Sequential)(tensor.zeros(5, 4)).shape).toEqual([5, 2]);
    expect(() => model.insert(6, nn.ReLU())).toThrow("insert at 6, but there are 5 layers");
    expect(() => model.append(nn.ReLU as never)).toThrow("argument 5 is not a module");
    expect(model.length).toBe(5);
  });

  test("a layer used twice counts twice as a layer and once as parameters", () => {
    const shared = nn.Linear(2, 2);
    const model = nn.Sequential(shared, nn.ReLU(), shared);
    expect(model.length).toBe(3);
    expect(model.at(2)).toBe(shared);
    expect(model.parameters().length).toBe(2);
  });

  test("a class instead of a layer is told", () => {
    // @ts-expect-error a class is no layer
    expect(() => nn.Sequential(nn.Flatten(), nn.ReLU)).toThrow(/argument 1 is not a module.*nn\.ReLU\(\)/s);
  });
});

describe("what belongs to a module", () => {
  class Net extends nn.Module {
    readonly scale = new nn.Parameter(tensor([1, 2]));
    readonly layers = [nn.Linear(2, 2, { bias: false }), nn.ReLU()];
    readonly heads = { left: nn.Linear(2, 1), right: nn.Linear(2, 1, { bias: false }) };
    readonly gates = [new nn.Parameter(tensor([0])), new nn.Parameter(tensor([1]))];
    readonly normalize = nn.BatchNorm1d(2);
    readonly notes = { author: "me", sizes: [1, 2] };
    readonly constant = tensor([5]);
    forward(x: gb.Tensor): gb.Tensor {
      return this.heads.left(this.layers[0]!(x) as gb.Tensor);
    }
  }

  test("fields, arrays and records of modules and parameters, under PyTorch's names", () => {
    const net = new Net();
    const names = [...net.namedParameters()].map(([name]) => name);
    expect([...names].sort()).toEqual(
      [
        "scale",
        "gates.0",
        "gates.1",
        "layers.0.weight",
        "heads.left.weight",
        "heads.left.bias",
        "heads.right.weight",
        "normalize.weight",
        "normalize.bias",
      ].sort(),
    );
    expect([...net.namedBuffers()].map(([name]) => name)).toEqual([
      "normalize.running_mean",
      "normalize.running_var",
      "normalize.num_batches_tracked",
    ]);
    expect([...net.namedChildren()].map(([name]) => name)).toEqual([
      "layers.0",
      "layers.1",
      "heads.left",
      "heads.right",
      "normalize",
    ]);
  });

  test("train() and eval() reach everything; apply() visits children first", () => {
    const net = new Net();
    net.eval();
    expect(net.modules().map(({ training }) => training)).toEqual(net.modules().map(() => false));
    net.train();
    expect(net.normalize.training && net.heads.left.training && net.training).toBe(true);
    const seen: string[] = [];
    nn.Sequential(nn.Sequential(nn.ReLU()), nn.Tanh()).apply((module) => seen.push(module.constructor.name));
    expect(seen).toEqual(["ReLU", "Sequential", "Tanh", "Sequential"]);
  });
});

describe("state", () => {
  test("keys are PyTorch's, in PyTorch's order", () => {
    expect(Object.keys(smallClassifier().stateDict())).toEqual([
      "1.weight",
      "2.weight",
      "2.bias",
      "2.running_mean",
      "2.running_var",
      "2.num_batches_tracked",
      "4.weight",
      "4.bias",
    ]);
  });

  test("goes from one model into another, which then computes the same", () => {
    const from = smallClassifier();
    const x = tensor.randn(5, 3, 4);
    from(x);
    const to = smallClassifier();
    to.apply((module) => {
      if (module instanceof nn.Linear) noGrad(() => module.weight.fill_(0.5));
    });
    expect(to.loadStateDict(from.stateDict())).toEqual({ missingKeys: [], unexpectedKeys: [] });
    expect(to.buffers().at(-1)!.item()).toBe(1);
    expect(valuesOf(to.eval()(x) as gb.Tensor)).toEqual(valuesOf(from.eval()(x) as gb.Tensor));
    noGrad(() => from.parameters()[0]!.zero_());
    expect(difference(valuesOf(to.parameters()[0]!), valuesOf(from.parameters()[0]!))).toBeGreaterThan(0.01);
  });

  test("what does not match is named; strict: false loads what fits", () => {
    const model = nn.Sequential(nn.Linear(2, 1));
    const state = { "0.weight": tensor([[1, 2]]), "1.weight": tensor([[3]]) };
    expect(() => model.loadStateDict(state)).toThrow(
      /missing: 0\.bias; unexpected: 1\.weight.*\{ strict: false \}/s,
    );
    expect(model.loadStateDict(state, { strict: false })).toEqual({
      missingKeys: ["0.bias"],
      unexpectedKeys: ["1.weight"],
    });
    expect(valuesOf(model[0].weight)).toEqual([1, 2]);
    expect(() => model.loadStateDict({ "0.weight": tensor([[1]]), "0.bias": tensor([0]) })).toThrow(
      /0\.weight has shape \[1, ?1\], the module needs \[1, ?2\]/,
    );
  });

  test("nothing is changed by a state that does not fit", () => {
    const model = nn.Sequential(nn.Linear(2, 1), nn.Linear(1, 1));
    const before = model.parameters().map(valuesOf);
    const state = { ...model.stateDict(), "0.weight": tensor([[9, 9]]), "1.weight": tensor([[1, 2]]) };
    expect(() => model.loadStateDict(state)).toThrow(/1\.weight/);
    expect(model.parameters().map(valuesOf)).toEqual(before);
  });
});

describe("printing", () => {
  test("as PyTorch prints, with our names", () => {
    expect(String(smallClassifier())).toBe(
      [
        "Sequential(",
        "  (0): Flatten(startDim=1, endDim=-1)",
        "  (1): Linear(inFeatures=12, outFeatures=8, bias=false)",
        "  (2): BatchNorm1d(8, eps=1e-05, momentum=0.1, affine=true, trackRunningStats=true)",
        "  (3): ReLU()",
        "  (4): Linear(inFeatures=8, outFeatures=4, bias=true)",
        ")",
      ].join("\n"),
    );
  });

  test("nested modules are indented; lambdas of fields keep their names", () => {
    const block = new Residual(nn.Sequential(nn.Tanh(), nn.Linear(1, 1)));
    expect(String(block)).toBe(
      [
        "Residual(",
        "  (body): Sequential(",
        "    (0): Tanh()",
        "    (1): Linear(inFeatures=1, outFeatures=1, bias=true)",
        "  )",
        ")",
      ].join("\n"),
    );
    expect(`${nn.CrossEntropyLoss()}`).toBe("CrossEntropyLoss()");
  });
});
