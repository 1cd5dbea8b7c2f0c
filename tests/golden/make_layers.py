"""Golden values of activations, initialisation and normalisation layers, from PyTorch: writes layers.json beside itself.

Run with any Python that has PyTorch: `python3 make_layers.py`. Cases are made as in make_ops.py. What PyTorch 1.13 lacks
(ReLU2, Swish, SwiGLU, GEGLU, RMSNorm, LayerNorm without bias) is written out here by its formula and computed in float64.
"""
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn import init

sys.dont_write_bytecode = True
torch.manual_seed(4)
torch.set_num_threads(1)

import golden  # noqa: E402
from modules import BUILD, keyword, module_case, modules  # noqa: E402
from operations import OPS, Viewed, case, cases, floats, rand, worst  # noqa: E402


def halves(x, o):
    return x.chunk(2, o.get("dim", -1))


def with_options(function):
    return lambda i, o: function(i[0], **{keyword(k): v for k, v in o.items()})


NAMES = """relu leakyRelu elu celu selu gelu softplus mish hardtanh relu6 hardsigmoid hardswish hardshrink softshrink tanhshrink
    softsign logsigmoid silu sigmoid tanh glu softmax logSoftmax softmin""".split()
OPS.update({
    **{name: with_options(getattr(F, keyword(name))) for name in NAMES},
    "threshold": lambda i, o: F.threshold(i[0], o["threshold"], o["value"]),
    "prelu": lambda i, o: F.prelu(i[0], i[1]),
    "relu2": lambda i, o: F.relu(i[0]).square(),
    "swish": lambda i, o: i[0] * torch.sigmoid((i[1] if len(i) > 1 else o.get("beta", 1)) * i[0]),
    "swiglu": lambda i, o: halves(i[0], o)[0] * torch.sigmoid(o.get("beta", 1) * halves(i[0], o)[0]) * halves(i[0], o)[1],
    "geglu": lambda i, o: F.gelu(halves(i[0], o)[0], approximate=o.get("approximate", "none")) * halves(i[0], o)[1],
})

# ---------------------------------------------------------------- activations: name, options, kinks

ELEMENTWISE = [
    ("relu", {}, [0]), ("leakyRelu", {}, [0]), ("leakyRelu", {"negativeSlope": 0.2}, [0]), ("leakyRelu", {"negativeSlope": -0.5}, [0]),
    ("elu", {}, [0]), ("elu", {"alpha": 0.5}, [0]), ("celu", {}, [0]), ("celu", {"alpha": 2.5}, [0]), ("selu", {}, [0]),
    ("gelu", {}, []), ("gelu", {"approximate": "tanh"}, []), ("softplus", {}, [20]), ("softplus", {"beta": 2.5, "threshold": 5}, [2]),
    ("softplus", {"threshold": 85}, [85]), ("mish", {}, []), ("hardtanh", {}, [-1, 1]), ("hardtanh", {"minVal": -0.5, "maxVal": 2}, [-0.5, 2]),
    ("relu6", {}, [0, 6]), ("hardsigmoid", {}, [-3, 3]), ("hardswish", {}, [-3, 3]), ("hardshrink", {}, [-0.5, 0.5]),
    ("hardshrink", {"lambd": 1.25}, [-1.25, 1.25]), ("softshrink", {}, [-0.5, 0.5]), ("softshrink", {"lambd": 1.25}, [-1.25, 1.25]),
    ("softshrink", {"lambd": 0}, [0]), ("tanhshrink", {}, []), ("softsign", {}, [0]), ("logsigmoid", {}, []), ("silu", {}, []),
    ("sigmoid", {}, []), ("tanh", {}, []), ("threshold", {"threshold": 0.125, "value": 20}, [0.125]),
    ("threshold", {"threshold": -1, "value": -1}, [-1]), ("relu2", {}, [0]), ("swish", {}, []), ("swish", {"beta": 0.6}, []),
    ("swish", {"beta": -2}, []),
]
for name, options, kinks in ELEMENTWISE:
    label = "-".join([name, *(f"{k}-{v}" for k, v in options.items())])
    wide = lambda *shape: rand(*shape, low=-8, high=8, away=kinks)  # noqa: E731
    case(f"{name}/{label}-matrix", wide(3, 5), **options)
    case(f"{name}/{label}-scalar", wide(), **options)
    case(f"{name}/{label}-one", wide(1), **options)
    case(f"{name}/{label}-empty", torch.zeros(0, 3), **options)
    case(f"{name}/{label}-transposed", Viewed(wide(4, 3), ("transpose", 0, 1)), **options)
    case(f"{name}/{label}-expanded", Viewed(wide(3, 1), ("expand", 3, 4)), **options)
    case(f"{name}/{label}-narrowed", Viewed(wide(3, 6), ("narrow", 1, 2, 3)), **options)
    case(f"{name}/{label}-kinks", floats([0, *kinks, -0.001, 0.001, *(-k for k in kinks)]), smooth=False, **options)
    case(f"{name}/{label}-large", floats([-1e4, -90, -20.5, -19.5, 19.5, 20.5, 90, 1e4]), smooth=False, **options)
    case(f"{name}/{label}-small", floats([-1e-3, -1e-5, -1e-20, 1e-20, 1e-5, 1e-3]), smooth=False, **options)

for label, x, weight in (("one", rand(3, 4, away=[0]), floats([0.25])), ("scalar-weight", rand(3, 4, away=[0]), torch.tensor(0.1)),
                         ("channels", rand(2, 3, 4, 2, away=[0]), floats([0.25, -0.5, 0.1])), ("rows", rand(5, 3, away=[0]), floats([0.25, 1.5, 0])),
                         ("vector", rand(6, away=[0]), floats([0.3])), ("scalar", torch.tensor(-1.5), floats([0.3])),
                         ("empty", torch.zeros(0, 3), floats([0.1, 0.2, 0.3])),
                         ("transposed", Viewed(rand(3, 4, away=[0]), ("transpose", 0, 1)), floats([0.25, 1, 2]))):
    if label != "scalar-weight":  # 1.13 takes a weight of one dim only
        case(f"prelu/{label}", x, weight)
case("prelu/zero", floats([[0.0, -0.0, 1]]), floats([0.25]), smooth=False)
case("swish/learned", rand(3, 4), torch.tensor(0.7))
case("swish/learned-vector", rand(3, 4), floats([1.5]))
for gate, options in (("glu", {}), ("swiglu", {}), ("swiglu", {"beta": 0.5}), ("geglu", {}), ("geglu", {"approximate": "tanh"})):
    label = "-".join([gate, *(str(v) for v in options.values())])
    case(f"{gate}/{label}-matrix", rand(3, 6), **options)
    case(f"{gate}/{label}-vector", rand(2), **options)
    case(f"{gate}/{label}-dim", rand(3, 4, 5), dim=1, **options)
    case(f"{gate}/{label}-first", rand(4, 3), dim=0, **options)
    case(f"{gate}/{label}-empty", torch.zeros(0, 4), **options)
    case(f"{gate}/{label}-transposed", Viewed(rand(4, 3), ("transpose", 0, 1)), **options)
    case(f"{gate}/{label}-large", floats([[-90, 90, 3, -90, 90, 200]]), smooth=False, **options)
for name in ("softmax", "logSoftmax", "softmin"):
    case(f"{name}/rows", rand(3, 5), dim=1)
    case(f"{name}/columns", rand(3, 5), dim=0)
    case(f"{name}/last", rand(2, 3, 4), dim=-1)
    case(f"{name}/middle", rand(2, 3, 4), dim=1)
    case(f"{name}/vector", rand(4), dim=0)
    case(f"{name}/scalar", torch.tensor(1.5), dim=0)
    case(f"{name}/one", rand(3, 1), dim=1)
    case(f"{name}/empty", torch.zeros(0, 3), dim=1)
    case(f"{name}/transposed", Viewed(rand(4, 3), ("transpose", 0, 1)), dim=1)
    case(f"{name}/large", floats([[-1000, 0, 1000], [1e4, 1e4, 1e4]]), smooth=False, dim=1)

# ---------------------------------------------------------------- modules


class Formula(nn.Module):
    def __init__(self, op, options):
        super().__init__()
        self.op, self.options = op, options

    def forward(self, x):
        return OPS[self.op]([x], self.options)


class Swish(nn.Module):
    def __init__(self, beta=1, trainable=True):
        super().__init__()
        self.beta = nn.Parameter(torch.tensor(float(beta))) if trainable else beta

    def forward(self, x):
        return x * torch.sigmoid(self.beta * x)


class LayerNorm(nn.LayerNorm):
    def __init__(self, shape, eps=1e-5, elementwise_affine=True, bias=True):
        super().__init__(shape, eps, elementwise_affine)
        if not bias:
            self.bias = None


class RMSNorm(nn.Module):
    def __init__(self, shape, eps=None, elementwise_affine=True):
        super().__init__()
        self.dims = tuple(range(-len(shape), 0))
        self.eps = torch.finfo(torch.float32).eps if eps is None else eps
        self.weight = nn.Parameter(torch.ones(shape)) if elementwise_affine else None

    def forward(self, x):
        y = x / (x.square().mean(self.dims, keepdim=True) + self.eps).sqrt()
        return y if self.weight is None else y * self.weight


for kind in ("ReLU2", "SwiGLU", "GEGLU"):
    BUILD[kind] = lambda kind=kind, **options: Formula(kind.lower(), options)
BUILD.update(Swish=Swish, RMSNorm=lambda *shape, **o: RMSNorm(shape, **o), LayerNorm=lambda *shape, **o: LayerNorm(shape, **o))


def train(*inputs):
    return [("train", [i]) for i in inputs]


LAYERS = [
    ("ReLU", {}), ("ReLU6", {}), ("SiLU", {}), ("Mish", {}), ("SELU", {}), ("Hardswish", {}), ("Hardsigmoid", {}), ("LeakyReLU", {}),
    ("LeakyReLU", {"negativeSlope": 0.2}), ("ELU", {}), ("ELU", {"alpha": 0.5}), ("CELU", {}), ("CELU", {"alpha": 2}), ("GELU", {}),
    ("GELU", {"approximate": "tanh"}), ("GLU", {}), ("GLU", {"dim": 0}), ("Softplus", {}), ("Softplus", {"beta": 3, "threshold": 2}),
    ("Softshrink", {}), ("Softshrink", {"lambd": 1}), ("Hardshrink", {}), ("Hardshrink", {"lambd": 1}), ("Hardtanh", {}),
    ("Hardtanh", {"minVal": -2, "maxVal": 0.5}), ("Sigmoid", {}), ("Tanh", {}), ("Softsign", {}), ("Tanhshrink", {}), ("LogSigmoid", {}),
    ("Softmax", {"dim": 1}), ("LogSoftmax", {"dim": -1}), ("Softmin", {"dim": 0}), ("ReLU2", {}), ("SwiGLU", {}), ("SwiGLU", {"beta": 2}),
    ("GEGLU", {}), ("GEGLU", {"dim": 0, "approximate": "tanh"}), ("PReLU", {}), ("PReLU", {"numParameters": 6, "init": 0.1}), ("Swish", {}),
    ("Swish", {"beta": 0.6, "trainable": False}), ("Swish", {"beta": 0.6})]
for kind, options in LAYERS:
    module_case("/".join([kind, *(f"{k}-{v}" for k, v in options.items())]), [], train(rand(4, 6, low=-4, high=4)), **options)
module_case("Threshold/numbers", [0.1, 20], train(rand(4, 6)))
module_case("Softmax2d/batch", [], train(rand(2, 3, 2, 4)))
module_case("Softmax2d/image", [], train(rand(3, 2, 4)))


def affine(*shape):
    return {"weight": rand(*shape, low=0.5, high=1.5), "bias": rand(*shape, low=-0.5, high=0.5)}


def spread(*shape, dim):
    """Numbers whose channels along `dim` differ in mean and size."""
    wide = [1] * len(shape)
    wide[dim] = shape[dim]
    step = torch.arange(shape[dim]).float().reshape(wide)
    return (rand(*shape) * (0.5 + step) + step).mul(1000).round().div(1000)


for kind, shape, features in (("BatchNorm2d", (3, 4, 2, 5), 4), ("BatchNorm3d", (2, 3, 2, 3, 2), 3)):
    batches = [spread(*shape, dim=1) for _ in range(3)]
    state = affine(features)
    module_case(f"{kind}/default", [features], [*train(*batches), ("eval", [batches[0]])], state)
    module_case(f"{kind}/cumulative", [features], [*train(*batches), ("eval", [batches[1]])], state, momentum=None)
    module_case(f"{kind}/plain", [features], [*train(*batches), ("eval", [batches[2]])], affine=False, momentum=0.3, eps=0.01)
    module_case(f"{kind}/untracked", [features], [*train(batches[0]), ("eval", [batches[1]])], state, trackRunningStats=False)
    module_case(f"{kind}/one", [features], train(batches[0][:1]), state)
for kind, shape, features in (("InstanceNorm1d", (3, 4, 5), 4), ("InstanceNorm2d", (3, 4, 2, 5), 4), ("InstanceNorm3d", (2, 3, 2, 3, 2), 3)):
    batches = [spread(*shape, dim=1) for _ in range(3)]
    state = affine(features)
    module_case(f"{kind}/default", [features], [*train(batches[0]), ("eval", [batches[0]])])
    module_case(f"{kind}/single", [features], [*train(batches[0][0]), ("eval", [batches[0][0]])])
    module_case(f"{kind}/affine", [features], [*train(batches[0]), ("eval", [batches[0]])], state, affine=True, eps=0.01)
    module_case(f"{kind}/tracked", [features], [*train(*batches), ("eval", [batches[0]])], state, affine=True, trackRunningStats=True)
    module_case(f"{kind}/momentum", [features], [*train(*batches), ("eval", [batches[0]])], trackRunningStats=True, momentum=0.5)
    module_case(f"{kind}/tracked-single", [features], train(batches[0][0]), trackRunningStats=True)
for label, groups, shape in (("pairs", 3, (2, 6, 4)), ("one", 1, (3, 4, 2, 2)), ("each", 4, (3, 4, 2, 2)), ("rows", 2, (3, 6)), ("empty", 2, (0, 6, 2)),
                             ("volumes", 2, (2, 4, 2, 2, 3))):
    x = spread(*shape, dim=1)
    module_case(f"GroupNorm/{label}", [groups, shape[1]], [*train(x), ("eval", [x])], affine(shape[1]))
    module_case(f"GroupNorm/{label}-plain", [groups, shape[1]], train(x), affine=False, eps=0.01)
for label, shape, last in (("rows", (4, 6), 1), ("vector", (6,), 1), ("sequence", (2, 3, 5), 1), ("two", (2, 3, 5), 2), ("all", (3, 4), 2),
                           ("empty", (0, 6), 1), ("image", (2, 3, 2, 4), 3)):
    x, trailing = spread(*shape, dim=0) + 3, shape[len(shape) - last:]
    for kind in ("LayerNorm", "RMSNorm"):
        state = affine(*trailing) if kind == "LayerNorm" else {"weight": rand(*trailing, low=0.5, high=1.5)}
        module_case(f"{kind}/{label}", [*trailing], [*train(x), ("eval", [x])], state)
        module_case(f"{kind}/{label}-plain", [*trailing], train(x), elementwiseAffine=False, eps=0.01)
module_case("LayerNorm/no-bias", [6], train(spread(4, 6, dim=0)), {"weight": rand(6, low=0.5, high=1.5)}, bias=False)
module_case("LayerNorm/offset", [64], train((rand(3, 64) + 50).mul(1000).round().div(1000)))
module_case("LayerNorm/wide", [300], train(rand(2, 300)))

# ---------------------------------------------------------------- initialisation

inits = []


def orthogonal64(tensor, gain=1):
    """orthogonal_ with the decomposition in float64: float32's own error is that of the condition number."""
    rows, cols = tensor.size(0), tensor.numel() // tensor.size(0)
    flat = tensor.new(rows, cols).normal_(0, 1).double()
    q, r = torch.linalg.qr(flat.t() if rows < cols else flat)
    q = q * torch.diag(r).sign()
    return tensor.copy_(((q.t() if rows < cols else q) * gain).reshape(tensor.shape))


def init_case(name, shape, *arguments, seed=42, **options):
    function = name.split("/")[0]
    keywords = {keyword(k): v for k, v in options.items()}
    torch.manual_seed(seed)
    tensor = torch.full(shape, 7.0)
    getattr(init, keyword(function))(tensor, *arguments, **keywords)
    following = torch.rand(1)  # as many numbers were drawn
    if function == "orthogonal_":
        torch.manual_seed(seed)
        exact = orthogonal64(torch.full(shape, 7.0), **keywords)
        error = golden.disagreement(tensor, exact)
        assert error < 1e-3, f"{name}: PyTorch's float32 differs by {error}"
        worst["orthogonal"] = max(worst.get("orthogonal", 0), error)
        tensor = exact
    inits.append({"id": name, "function": function, "shape": list(shape), "arguments": arguments, "options": options, "seed": seed,
                  "values": golden.flat(tensor), "following": golden.flat(following)})


for size, shape in (("few", (3, 5)), ("many", (6, 7)), ("deep", (4, 3, 2, 3)), ("block", (4, 4))):
    init_case(f"uniform_/{size}", shape, a=-1, b=3)
    init_case(f"normal_/{size}", shape, mean=1, std=0.5)
    init_case(f"truncNormal_/{size}", shape)
    init_case(f"truncNormal_/{size}-narrow", shape, mean=0.5, std=2, a=0, b=1)
    init_case(f"truncNormal_/{size}-bert", shape, std=0.02)
    init_case(f"truncNormal_/{size}-tail", shape, a=1, b=3, seed=7)
    for kind in ("Uniform_", "Normal_"):
        init_case(f"xavier{kind}/{size}", shape)
        init_case(f"xavier{kind}/{size}-gain", shape, gain=5 / 3)
        init_case(f"kaiming{kind}/{size}", shape)
        init_case(f"kaiming{kind}/{size}-out", shape, mode="fan_out", nonlinearity="relu")
        init_case(f"kaiming{kind}/{size}-leaky", shape, a=0.2)
        init_case(f"kaiming{kind}/{size}-tanh", shape, a=0.2, nonlinearity="tanh")
        init_case(f"kaiming{kind}/{size}-selu", shape, nonlinearity="selu")
    init_case(f"orthogonal_/{size}", shape)
    init_case(f"constant_/{size}", shape, 0.3)
    init_case(f"zeros_/{size}", shape)
    init_case(f"ones_/{size}", shape)
    if len(shape) == 2:
        init_case(f"eye_/{size}", shape)
        init_case(f"sparse_/{size}", shape, 0.3)
        init_case(f"sparse_/{size}-std", shape, 0.75, std=2, seed=1)
init_case("truncNormal_/pairs", (300, 7), std=1.5, a=-1.5, b=4, seed=3)
init_case("orthogonal_/gain", (5, 8), gain=1.5)
init_case("orthogonal_/tall", (8, 5), seed=9)
init_case("orthogonal_/square", (24, 24), seed=11)
init_case("orthogonal_/one", (1, 1))
init_case("sparse_/all", (4, 3), 1.0)
init_case("sparse_/none", (4, 3), 0.0)
for label, shape, groups in (("conv1d", (3, 3, 3), 1), ("conv2d", (4, 2, 3, 4), 1), ("conv3d", (2, 4, 3, 2, 3), 1), ("groups", (6, 2, 3, 3), 3)):
    init_case(f"dirac_/{label}", shape, groups=groups)
init_case("eye_/tall", (5, 3))
GAINS = [("linear",), ("conv1d",), ("conv2d",), ("conv3d",), ("conv_transpose1d",), ("conv_transpose2d",), ("conv_transpose3d",), ("sigmoid",),
         ("tanh",), ("relu",), ("leaky_relu",), ("leaky_relu", 0.2), ("leaky_relu", 1), ("selu",)]

golden.write(Path(__file__).parent / "layers.json", {
    "torch": torch.__version__, "ops": cases, "modules": modules, "inits": inits,
    "gains": [{"arguments": list(a), "gain": golden.number(init.calculate_gain(*a), 12)} for a in GAINS]})
print(f"{len(cases)} cases of {len({c['op'] for c in cases})} functions, {len(modules)} of {len({m['module'] for m in modules})} modules, "
      f"{len(inits)} of {len({i['function'] for i in inits})} inits")
print("largest disagreement: " + ", ".join(f"{k} {v:.1e}" for k, v in worst.items()))
