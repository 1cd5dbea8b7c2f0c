// How each layer is made in PyTorch: which of its fields are arguments, and what those are by default.

import type { Module } from "../../module/module.js";
import { Tensor } from "../../tensor/tensor.js";
import { type Arguments, call } from "./python.js";

interface Layer {
  /** Fields that are given by position. */
  readonly first?: readonly string[];
  /** Fields that are given by name where they differ from PyTorch's default. A function: the default follows from the layer. */
  readonly rest?: Readonly<Record<string, unknown>>;
  /** Python for a class that PyTorch lacks. */
  readonly define?: string;
}

const PLAIN: Layer = {};
const activation = (rest: Readonly<Record<string, unknown>>): Layer => ({ rest });
const sized = (first: string, rest: Readonly<Record<string, unknown>> = {}): Layer => ({
  first: [first],
  rest,
});

const convolution: Layer = {
  first: ["inChannels", "outChannels", "kernelSize"],
  rest: { stride: 1, padding: 0, dilation: 1, groups: 1, bias: true, paddingMode: "zeros" },
};
const transposed: Layer = {
  first: ["inChannels", "outChannels", "kernelSize"],
  rest: { stride: 1, padding: 0, outputPadding: 0, groups: 1, bias: true, dilation: 1 },
};
const batchNorm = sized("numFeatures", { eps: 1e-5, momentum: 0.1, affine: true, trackRunningStats: true });
const instanceNorm = sized("numFeatures", {
  eps: 1e-5,
  momentum: 0.1,
  affine: false,
  trackRunningStats: false,
});
const ownKernel = (layer: Arguments): unknown => layer.kernelSize;
const maxPool = sized("kernelSize", { stride: ownKernel, padding: 0, dilation: 1, ceilMode: false });
const averagePool1d = sized("kernelSize", {
  stride: ownKernel,
  padding: 0,
  ceilMode: false,
  countIncludePad: true,
});
const averagePool: Layer = { ...averagePool1d, rest: { ...averagePool1d.rest, divisorOverride: null } };
const lpPool: Layer = { first: ["normType", "kernelSize"], rest: { stride: ownKernel, ceilMode: false } };
const dropout = sized("p");

/** The same layer for one, two and three dimensions. */
function each(name: string, layer: Layer): Record<string, Layer> {
  return { [`${name}1d`]: layer, [`${name}2d`]: layer, [`${name}3d`]: layer };
}

const LAYERS: Readonly<Record<string, Layer>> = {
  ...Object.fromEntries(
    "Identity ReLU ReLU6 SELU SiLU Mish Hardswish Hardsigmoid Sigmoid LogSigmoid Tanh Tanhshrink Softsign Softmax2d"
      .split(" ")
      .map((name) => [name, PLAIN]),
  ),
  Linear: { first: ["inFeatures", "outFeatures"], rest: { bias: true } },
  Bilinear: { first: ["in1Features", "in2Features", "outFeatures"], rest: { bias: true } },
  Embedding: { first: ["numEmbeddings", "embeddingDim"], rest: { paddingIdx: null } },
  Flatten: { rest: { startDim: 1, endDim: -1 } },
  Unflatten: { first: ["dim", "unflattenedSize"] },
  ...each("Conv", convolution),
  ...each("ConvTranspose", transposed),
  ...each("BatchNorm", batchNorm),
  ...each("InstanceNorm", instanceNorm),
  LayerNorm: sized("normalizedShape", { eps: 1e-5, elementwiseAffine: true }),
  RMSNorm: sized("normalizedShape", { eps: null, elementwiseAffine: true }),
  GroupNorm: { first: ["numGroups", "numChannels"], rest: { eps: 1e-5, affine: true } },
  ...each("MaxPool", maxPool),
  ...each("AvgPool", averagePool),
  AvgPool1d: averagePool1d,
  LPPool1d: lpPool,
  LPPool2d: lpPool,
  ...each("AdaptiveAvgPool", sized("outputSize")),
  ...each("AdaptiveMaxPool", sized("outputSize")),
  ...each("ZeroPad", sized("padding")),
  ...each("ReflectionPad", sized("padding")),
  ...each("ReplicationPad", sized("padding")),
  ...each("CircularPad", sized("padding")),
  ...each("ConstantPad", { first: ["padding", "value"] }),
  ...each("Dropout", dropout),
  Dropout: dropout,
  AlphaDropout: dropout,
  FeatureAlphaDropout: dropout,
  LeakyReLU: activation({ negativeSlope: 0.01 }),
  PReLU: activation({ numParameters: 1, init: 0.25 }),
  RReLU: activation({ lower: 1 / 8, upper: 1 / 3 }),
  ELU: activation({ alpha: 1 }),
  CELU: activation({ alpha: 1 }),
  GELU: activation({ approximate: "none" }),
  GLU: activation({ dim: -1 }),
  Hardtanh: activation({ minVal: -1, maxVal: 1 }),
  Hardshrink: activation({ lambd: 0.5 }),
  Softshrink: activation({ lambd: 0.5 }),
  Softplus: activation({ beta: 1, threshold: 20 }),
  Threshold: { first: ["threshold", "value"] },
  Softmax: { rest: { dim: null } },
  LogSoftmax: { rest: { dim: null } },
  Softmin: { rest: { dim: null } },
  ReLU2: {
    define: `class ReLU2(nn.Module):
    """max(0, x) squared. So et al. 2021."""

    def forward(self, x):
        return torch.relu(x) ** 2`,
  },
  Swish: {
    define: `class Swish(nn.Module):
    """x sigmoid(beta x) with a beta that is learned, if it is trainable. Ramachandran et al. 2017."""

    def __init__(self, beta=1.0, trainable=True):
        super().__init__()
        self.beta = nn.Parameter(torch.tensor(float(beta))) if trainable else beta

    def forward(self, x):
        return x * torch.sigmoid(self.beta * x)`,
    rest: { beta: 1, trainable: true },
  },
  SwiGLU: {
    define: `class SwiGLU(nn.Module):
    """Swish of the first half of dim times the second half. Shazeer 2020."""

    def __init__(self, dim=-1, beta=1.0):
        super().__init__()
        self.dim, self.beta = dim, beta

    def forward(self, x):
        a, b = x.chunk(2, dim=self.dim)
        return a * torch.sigmoid(self.beta * a) * b`,
    rest: { dim: -1, beta: 1 },
  },
  GEGLU: {
    define: `class GEGLU(nn.Module):
    """GELU of the first half of dim times the second half. Shazeer 2020."""

    def __init__(self, dim=-1, approximate="none"):
        super().__init__()
        self.dim, self.approximate = dim, approximate

    def forward(self, x):
        a, b = x.chunk(2, dim=self.dim)
        return nn.functional.gelu(a, approximate=self.approximate) * b`,
    rest: { dim: -1, approximate: "none" },
  },
  Standardizer: {
    define: `class Standardizer(nn.Module):
    """(x - mean) / std, with the statistics of a training set."""

    def __init__(self, mean, std):
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)

    def forward(self, x):
        return (x - self.mean) / self.std`,
    first: ["mean", "std"],
  },
};

/** A layer as a call of its class, and what has to be defined for it; undefined for classes that are not the library's. */
export function layerCall(module: Module): { code: string; define: string | undefined } | undefined {
  const name = module.constructor.name;
  if (!Object.hasOwn(LAYERS, name)) return undefined;
  const { first = [], rest = {}, define } = LAYERS[name]!;
  const fields = module as unknown as Arguments;
  const argument = (key: string): unknown => (DERIVED[key] ?? ((of) => given(key, of[key])))(fields);
  const own = Object.fromEntries(Object.keys(rest).map((key) => [key, argument(key)]));
  const defaults = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [
      key,
      typeof value === "function" ? given(key, value(fields)) : value,
    ]),
  );
  const prefix = define === undefined ? "nn." : "";
  return { code: call(`${prefix}${name}`, first.map(argument), own, defaults), define };
}

/** Arguments that are not kept as fields. */
const DERIVED: Readonly<Record<string, (layer: Arguments) => unknown>> = {
  bias: ({ bias }) => bias !== null,
  beta: ({ beta }) => (beta instanceof Tensor ? beta.item() : beta),
  trainable: ({ beta }) => beta instanceof Tensor,
};

/** What a field says as an argument: one number stands for a list of equal ones. */
function given(key: string, value: unknown): unknown {
  // a shape to normalise over, or to unflatten to, is a list whatever is in it
  const list = Array.isArray(value) && key !== "normalizedShape" && key !== "unflattenedSize";
  return list && value.every((item) => item === value[0]) ? value[0] : value;
}
