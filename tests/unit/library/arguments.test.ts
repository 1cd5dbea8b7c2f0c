// Arguments that TypeScript refuses are refused at run time, too, where the call stands and with what it needs: cells of a notebook
// run in spite of errors of types.

import * as gb from "gradbook";
import { F, init, nn, noGrad, tensor } from "gradbook";
import { expect, test } from "vitest";

// biome-ignore lint/suspicious/noExplicitAny: what this file is about
const x = tensor.arange(6).reshape(2, 3) as any;
// biome-ignore lint/suspicious/noExplicitAny: as above
const [t, f, n] = [tensor as any, F as any, nn as any];

const CASES: readonly (readonly [call: () => unknown, message: string])[] = [
  [() => x.slice([0, 1]), "slice: needs two positions: slice(start, end), got an array"],
  [() => x.slice(0, "1"), 'slice: needs two positions: slice(start, end), got "1"'],
  [() => x.slice(), "slice: needs two positions: slice(start, end), got nothing"],
  [() => x.slice(0, 1, 1), "slice: needs options such as { dim: 1, step: 2 }, got 1"],
  [() => x.narrow(0, "0", 1), 'narrow: needs a position and a length: narrow(dim, start, length), got "0"'],
  [() => x.reshape("6"), 'reshape: needs whole numbers, or one array of them, got "6"'],
  [() => x.reshape([2, undefined]), "reshape: needs whole numbers, or one array of them, got nothing"],
  [() => x.expand(2.5, 2, 3), "expand: needs whole numbers, or one array of them, got 2.5"],
  [() => x.permute("a", "b"), 'permute: dim must be a whole number, got "a"'],
  [() => x.sum({ dim: "0" }), 'sum: dim must be a whole number, got "0"'],
  [() => x.unsqueeze(), "unsqueeze: dim must be a whole number, got nothing"],
  [() => x.split("a"), 'split: needs a size, or an array of sizes, got "a"'],
  [() => x.matmul(3), "matmul: needs a tensor, got 3"],
  [() => x.matmul([[1], [2], [3]]), "matmul: needs a tensor, got an array; write tensor(...)"],
  [() => x.add([1, 2, 3]), "add: needs a tensor or a number, got an array; write tensor(...)"],
  [() => x.mul(null), "mul: needs a tensor or a number, got null"],
  [() => x.div("2"), 'div: needs a tensor or a number, got "2"'],
  [() => t.sub(1, "2"), 'sub: needs a tensor or a number, got "2"'],
  [() => t.where(true, x, x), "where: needs a tensor of bools, got a boolean"],
  [() => t.cat(x, x), "cat: needs an array of tensors: [a, b], got a tensor"],
  [() => t.stack([[1], [2]]), "stack: needs an array of tensors, got an array; write tensor(...)"],
  [() => t.full([2]), "full: needs a number, got nothing"],
  [() => x.clamp("0", 1), 'clamp: needs a tensor or a number, got "0"'],
  [() => x.clamp({ low: 0 }), 'clamp: has no option "low"; it has min, max'],
  [() => x.sum({ axis: 1 }), 'sum: has no option "axis"; it has dim, keepdim'],
  [() => x.max(1, 2), "max: needs options such as { keepdim: true }, got 2"],
  [() => x.float().std(1, true), "std: needs options such as { keepdim: true }, got a boolean"],
  [() => x.float().norm({ ord: 1 }), 'norm: has no option "ord"; it has dim, keepdim, p'],
  [() => x.gather(0, [[0]]), "gather: needs a tensor, got an array; write tensor(...)"],
  [() => x.index({}), "index: needs positions, slices, null, or a tensor, got an object"],
  [() => x.indexSelect(0, 1), "index: needs positions as a tensor or an array, got 1"],
  // biome-ignore lint/suspicious/noExplicitAny: as above
  [() => (noGrad as any)(), "noGrad: needs a function, as in noGrad(() => model(x)), got nothing"],
  [
    () => x.to("float64"),
    'to: needs a tensor, or one of float32, int32, bool, float16, uint8, got "float64"',
  ],
  [
    () => f.crossEntropy(x.float(), [0, 1]),
    "crossEntropy: needs a target as a tensor, got an array; write tensor(...)",
  ],
];

const PER_DIM = "must be a whole number of at least 1 or an array of 2";

const LAYERS: readonly (readonly [call: () => unknown, message: string])[] = [
  [() => n.Linear(10), "Linear: outFeatures must be a whole number >= 0, got nothing"],
  [() => n.Conv2d(1, 2, { kernelSize: 3 }), `Conv2d: kernelSize ${PER_DIM}, got an object`],
  [() => n.MaxPool2d(), `MaxPool2d: kernelSize ${PER_DIM}, got nothing`],
  [() => n.Linear("a", 3), 'Linear: inFeatures must be a whole number >= 0, got "a"'],
  [() => n.Conv2d(1, 2.5, 3), "Conv2d: outChannels must be a whole number >= 1, got 2.5"],
  [() => n.BatchNorm1d(), "BatchNorm1d: numFeatures must be a whole number >= 1, got nothing"],
  [() => n.Embedding(10, null), "Embedding: embeddingDim must be a whole number >= 1, got null"],
];

/** Names that nobody reads: a misspelled option would do nothing. */
const NAMES: readonly (readonly [call: () => unknown, message: string])[] = [
  [() => t([1], { type: "int32" }), 'tensor: has no option "type"; it has dtype, requiresGrad'],
  [
    () => t.zeros(2, { requires_grad: true }),
    'zeros: has no option "requires_grad"; it has dtype, requiresGrad',
  ],
  [
    () => t.rand(2, { dtype: "float64" }),
    'rand: needs one of the types float32, int32, bool, float16, uint8, got "float64"',
  ],
  [() => n.Linear(2, 3, { Bias: false }), 'Linear: has no option "Bias"; it has bias'],
  [() => n.Linear(2, 3, false), "Linear: needs options such as { bias: ... }, got a boolean"],
  [
    () => n.Conv2d(1, 2, 3, { pad: 1 }),
    'Conv2d: has no option "pad"; it has stride, padding, dilation, groups, bias, paddingMode',
  ],
  [() => n.Dropout({ rate: 0.5 }), 'Dropout: has no option "rate"; it has p'],
  [
    () => n.BatchNorm1d(2, { decay: 0.1 }),
    'BatchNorm1d: has no option "decay"; it has eps, momentum, affine, trackRunningStats',
  ],
  [
    () => n.CrossEntropyLoss({ label_smoothing: 0.1 }),
    'CrossEntropyLoss: has no option "label_smoothing"; it has weight, ignoreIndex, reduction, labelSmoothing',
  ],
  [
    () => f.crossEntropy(x.float(), t([0, 1], { dtype: "int32" }), { smoothing: 0.1 }),
    'crossEntropy: has no option "smoothing"; it has weight, ignoreIndex, reduction, labelSmoothing',
  ],
  [
    () => n.utils.clipGradNorm_([], 1, { norm_type: 1 }),
    'clipGradNorm_: has no option "norm_type"; it has normType, errorIfNonfinite',
  ],
  [
    () => init.kaimingUniform_(tensor.zeros(2, 2), { fan: "out" } as object),
    'kaimingUniform_: has no option "fan"; it has a, mode, nonlinearity, generator',
  ],
  [
    () => new gb.data.DataLoader(new gb.data.TensorDataset(x), { batch_size: 2 } as object),
    'DataLoader: has no option "batch_size"; it has batchSize, shuffle, dropLast, generator, sampler, batchSampler, collate',
  ],
];

/** Of functions that train, and schedules. */
const layer = nn.Linear(2, 1);
const optimizer = new gb.optim.SGD(layer.parameters(), { lr: 0.1 });
// biome-ignore lint/suspicious/noExplicitAny: as above
const schedules = gb.optim.lrScheduler as any;
const TRAINING: readonly (readonly [call: () => unknown, message: string])[] = [
  [
    () => new schedules.CosineAnnealingLR(optimizer, 5, { eta_min: 0 }),
    'CosineAnnealingLR: has no option "eta_min"; it has etaMin',
  ],
  [() => new schedules.StepLR(optimizer, 5, 0.1), "StepLR: needs options such as { gamma: ... }, got 0.1"],
  [
    () => new schedules.ReduceLROnPlateau(optimizer, { min_lr: 0 }),
    'ReduceLROnPlateau: has no option "min_lr"; it has mode, factor, patience, threshold, thresholdMode, cooldown, minLr, eps',
  ],
  [
    () => gb.watch(layer, { title: "He" } as object),
    'watch: has no option "title"; it has name, dataset, level, snapshots, stopOn',
  ],
];

/** Of figures. */
// biome-ignore lint/suspicious/noExplicitAny: as above
const plot = gb.plot as any;
const FIGURES: readonly (readonly [call: () => unknown, message: string])[] = [
  [() => plot.schedule([1, 0.5], 20), "plot.schedule: needs options such as { steps: ... }, got 20"],
  [() => plot.activation("relu", { min: 0 }), 'plot.activation: has no option "min"; it has from, to, at'],
  [
    () => plot.distribution(x.float(), { count: 3 }),
    'plot.distribution: has no option "count"; it has bins, range',
  ],
];

/** What stands in the wrong place. */
const PLACES: readonly (readonly [call: () => unknown, message: string])[] = [
  [() => n.ReLU(x), "ReLU: makes a layer, which is then called with tensors; write nn.ReLU()(x)"],
  [() => n.MSELoss()(x), "MSELoss: compares 2 tensors, got 1"],
  [
    () => n.Sequential([n.ReLU()]),
    "Sequential: argument 0 is not a module, but an array; write nn.Sequential(...layers)",
  ],
  [
    () => n.ReLU().loadStateDict(Promise.resolve({})),
    "loadStateDict: needs what stateDict() or gb.load gave, got a promise; write await",
  ],
];

/** Names as PyTorch writes them, for reading, calling and, the most treacherous, writing. */
const PYTHON: readonly (readonly [call: () => unknown, message: string])[] = [
  [() => x.requires_grad, "a tensor has no requires_grad; it is requiresGrad here"],
  [() => x.masked_fill(x, 0), "a tensor has no masked_fill; it is maskedFill here"],
  [
    () => {
      n.Linear(2, 3).weight.requires_grad = false;
    },
    "a tensor has no requires_grad; it is requiresGrad here",
  ],
  [() => x.dim(), "a tensor has no dim() as in PyTorch; use ndim"],
  [() => n.ReLU().state_dict(), "a module has no state_dict; it is stateDict here"],
  [
    () => n.ReLU().to("cuda"),
    'a module has no to() as in PyTorch; gb.device("webgpu") chooses where everything is computed',
  ],
  [
    () => {
      n.ReLU().requires_grad_ = false;
    },
    "a module has no requires_grad_; it is requiresGrad_ here",
  ],
];

test.each([...NAMES, ...TRAINING, ...FIGURES, ...PLACES, ...PYTHON])("%s", (call, message) => {
  expect(call).toThrow(new TypeError(message));
});

test("fields of a module may be written in Python's style", () => {
  class Own extends n.Module {
    constructor() {
      super();
      this.hidden_size = 3;
    }
  }
  expect(new Own().hidden_size).toBe(3);
});

test("keepdim may stand in the second place, as in PyTorch", () => {
  expect(x.sum(1, true).shape).toEqual([2, 1]);
  expect(x.max(1, true).values.shape).toEqual([2, 1]);
});

test("the limits of clamp may stand in their places, as in PyTorch", () => {
  expect(x.clamp(1, 4).toArray()).toEqual(x.clamp({ min: 1, max: 4 }).toArray());
  expect(x.clamp(null, 4).toArray()).toEqual(x.clamp({ max: 4 }).toArray());
  expect(x.clamp(tensor([1, 2, 3]).int()).toArray()).toEqual([
    [1, 2, 3],
    [3, 4, 5],
  ]);
  expect(x.clone().clamp_(1, 4).toArray()).toEqual(x.clamp(1, 4).toArray());
});

test.each(CASES)("%s", (call, message) => {
  expect(call).toThrow(new TypeError(message));
});

test.each(LAYERS)("%s", (call, message) => {
  expect(call).toThrow(new RangeError(message));
});

test("a model without forward", () => {
  class Unfinished extends n.Module {}
  expect(() => (new Unfinished() as (x: unknown) => unknown)(x)).toThrow(
    "Unfinished: has no forward; write it",
  );
});

test("softmax takes its dim as a number, too", () => {
  expect(f.softmax(tensor([[0, 0]]), 1).toArray()).toEqual([[0.5, 0.5]]);
});

test("a device that there is not", () => {
  expect(() => gb.device("cuda" as never)).toThrow(
    'device: there is no "cuda"; "wasm" is the CPU, "webgpu" the GPU, of any make',
  );
});
