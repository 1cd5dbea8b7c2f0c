"""Golden values of second derivatives, from PyTorch: writes gradients.json beside itself.

Run with any Python that has PyTorch: `python3 make_gradients.py`. For a function f of inputs x: s = Σ w f(x), g = ds/dx, and what is
recorded is the derivative of Σ w' g by x. w and w' are the fixed weights of golden.py, running on over several outputs or inputs.
Computed in float64, and compared with PyTorch's float32.
"""
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

sys.dont_write_bytecode = True
torch.manual_seed(9)
torch.set_num_threads(1)

import golden  # noqa: E402
from modules import keyword  # noqa: E402
from operations import distinct, ints, rand, weighted, worst  # noqa: E402

cases = []


def second(f, inputs, dtype):
    xs = [x.detach().to(dtype).requires_grad_() if x.is_floating_point() else x for x in inputs]
    by = [x for x in xs if x.requires_grad]
    y = f(*xs)
    g = torch.autograd.grad(weighted([y]), by, create_graph=True, allow_unused=True)
    g = [a for a in g if a is not None and a.requires_grad]
    if not g:
        return [torch.zeros_like(x) for x in by]
    found = torch.autograd.grad(weighted(g), by, allow_unused=True)
    return [torch.zeros_like(x) if a is None else a for a, x in zip(found, by)]


def case(where, name, f, *inputs, args=(), **options):
    """`where`: "F" (a function of the inputs, then args and options), "Tensor" (a method), "nn" (a layer of args and options)."""
    exact, half = second(f, inputs, torch.float64), second(f, inputs, torch.float32)
    for a, b in zip(half, exact):
        error = golden.disagreement(a, b)
        worst["float32"] = max(worst["float32"], error)
        assert error < golden.RELATIVE, f"{name}: PyTorch's float32 differs by {error}"
    label = "-".join([name, *(f"{k}={v}" for k, v in options.items())])
    used = sum(c["id"].split("#")[0] == label for c in cases)
    cases.append({"id": f"{label}#{used}" if used else label, "where": where, "op": name, "inputs": [golden.encode(x) for x in inputs],
                  "arguments": list(args), "options": options, "second": [golden.flat(a) for a in exact]})


def function(name, *inputs, args=(), **options):
    keywords = {keyword(k): v for k, v in options.items()}
    case("F", name, lambda *xs: getattr(F, keyword(name))(*xs, *args, **keywords), *inputs, args=args, **options)


def method(name, *inputs, args=(), f=None):
    case("Tensor", name, f or (lambda *xs: getattr(torch, name)(*xs, *args)), *inputs, args=args)


def layer(name, x, *args, **options):
    module = lambda dtype: getattr(nn, name)(*args, **{keyword(k): v for k, v in options.items()}).to(dtype)  # noqa: E731
    case("nn", name, lambda x: module(x.dtype)(x), x, args=args, **options)


# ---------------------------------------------------------------- activations

for name in "silu mish softplus logsigmoid tanhshrink sigmoid tanh".split():
    function(name, rand(3, 4, low=-3, high=3))
for name in "softsign elu celu selu relu leakyRelu hardswish relu6".split():
    function(name, rand(3, 4, low=-3, high=3, away=[-3, 0, 3, 6]))
function("gelu", rand(3, 4, low=-3, high=3))
function("gelu", rand(3, 4, low=-3, high=3), approximate="tanh")
function("softplus", rand(3, 4, low=-3, high=3), beta=2)
function("celu", rand(3, 4, low=-3, high=3, away=[0]), alpha=1.5)
function("glu", rand(3, 4))
function("prelu", rand(2, 3, away=[0]), rand(3))
case("F", "swish", lambda x: x * torch.sigmoid(0.7 * x), rand(3, 4), beta=0.7)
for name in ("softmax", "logSoftmax", "softmin"):
    case("F", name, lambda x, name=name: getattr(F, keyword(name))(x, 1), rand(3, 4), dim=1)

# ---------------------------------------------------------------- operations

for name in "exp sin cos tanh sigmoid erf expm1".split():
    method(name, rand(5))
for name in "log sqrt rsqrt reciprocal log1p".split():
    method(name, rand(5, low=0.4, high=3))
method("mul", rand(3, 4), rand(4))
method("div", rand(3, 4), rand(4, low=0.5, high=2))
method("pow", rand(5, low=0.5, high=2), rand(5))
method("pow", rand(5), args=[3])
method("pow", rand(5, low=0.5, high=2), args=[-1.5])
method("prod", rand(2, 3), args=[1])
method("prod", torch.tensor([2.0, 0.0, 3.0]))
method("logsumexp", rand(3, 4), args=[1])
method("norm", rand(3, 4))
method("std", rand(3, 4), args=[1])
method("var", rand(3, 4), args=[0])
method("amax", distinct(3, 4), args=[1])
method("matmul", rand(2, 3), rand(3, 2))
method("matmul", rand(2, 2, 3), rand(3, 2))
method("maximum", distinct(4), distinct(4) + 0.1)
method("clamp", rand(6, away=[-0.5, 0.5]), args=[{"min": -0.5, "max": 0.5}], f=lambda x: torch.clamp(x, -0.5, 0.5).square())
cases[-1]["then"] = "square"
method("cumsum", rand(2, 3), args=[1], f=lambda x: torch.cumsum(x, 1).square())
cases[-1]["then"] = "square"

# ---------------------------------------------------------------- linear maps and convolutions

function("linear", rand(2, 3), rand(4, 3), rand(4))
function("bilinear", rand(2, 3), rand(2, 2), rand(4, 3, 2))
function("conv1d", rand(2, 2, 5), rand(3, 2, 2), rand(3), padding=1)
function("conv2d", rand(1, 2, 4, 3), rand(2, 2, 2, 2), rand(2), stride=2, padding=1)
function("conv2d", rand(1, 2, 4, 4), rand(4, 1, 2, 2), rand(4), groups=2, dilation=2)
function("conv2d", rand(2, 2, 2, 2), rand(6, 2, 2, 2), rand(6), padding=1)
function("convTranspose2d", rand(1, 2, 3, 2), rand(2, 2, 2, 2), rand(2), stride=2)
square = {"then": "square"}
for name, x, args in (("maxPool2d", distinct(1, 2, 4, 4), [2]), ("avgPool2d", rand(1, 2, 4, 4), [3]), ("adaptiveAvgPool2d", rand(1, 1, 5, 4), [3]),
                      ("lpPool2d", rand(1, 1, 4, 4, low=0.3, high=1), [2, 2]), ("unfold", rand(1, 2, 3, 3), [2])):
    python = {"maxPool2d": "max_pool2d", "avgPool2d": "avg_pool2d", "adaptiveAvgPool2d": "adaptive_avg_pool2d", "lpPool2d": "lp_pool2d"}.get(name, name)
    case("F", name, lambda x, f=python, args=args: getattr(F, f)(x, *args).square(), x, args=args)
    cases[-1].update(square)
for mode in ("reflect", "replicate", "circular"):
    case("F", "pad", lambda x, mode=mode: F.pad(x, [1, 2], mode=mode).square(), rand(1, 2, 4), args=[[1, 2]], mode=mode)
    cases[-1].update(square)

# ---------------------------------------------------------------- normalisation

layer("BatchNorm1d", rand(5, 3), 3)
layer("BatchNorm2d", rand(2, 2, 3, 2), 2, affine=False)
layer("InstanceNorm1d", rand(2, 2, 4), 2)
function("layerNorm", rand(3, 4), args=[[4]])
cases[-1]["arguments"] = [4]
case("F", "layerNorm", lambda x, w, b: F.layer_norm(x, [4], w, b), rand(3, 4), rand(4), rand(4), args=[4])
cases[-1]["tensors"] = ["weight", "bias"]
case("F", "groupNorm", lambda x: F.group_norm(x, 2), rand(2, 4, 3), args=[2])
case("F", "rmsNorm", lambda x: x / (x.square().mean(1, keepdim=True) + 2**-23).sqrt(), rand(3, 4), args=[4])

# ---------------------------------------------------------------- losses

function("crossEntropy", rand(4, 3), ints([0, 2, 1, 1]))
function("crossEntropy", rand(4, 3), ints([0, 2, 1, 1]), labelSmoothing=0.2, reduction="sum")
function("mseLoss", rand(3, 2), rand(3, 2))
function("huberLoss", rand(6, away=[0]), torch.zeros(6), delta=0.7)
function("smoothL1Loss", rand(6, low=-2, high=2, away=[0, 1, -1]), torch.zeros(6))
case("F", "binaryCrossEntropyWithLogits", lambda x: F.binary_cross_entropy_with_logits(x, torch.full_like(x, 0.25)), rand(4))
cases[-1]["target"] = 0.25
case("F", "binaryCrossEntropy", lambda x: F.binary_cross_entropy(x, torch.full_like(x, 0.25)), rand(4, low=0.2, high=0.8))
cases[-1]["target"] = 0.25

golden.write(Path(__file__).parent / "gradients.json", {"torch": torch.__version__, "cases": cases})
print(f"{len(cases)} cases of {len({c['op'] for c in cases})} functions")
print("largest disagreement: " + ", ".join(f"{k} {v:.1e}" for k, v in worst.items()))
