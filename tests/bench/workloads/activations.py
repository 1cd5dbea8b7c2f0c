"""The twin of activations.ts."""
import torch
from derivatives import derivatives
from torch.nn import functional as F


def gated(gate):
    def f(x):
        a, b = x.chunk(2, dim=-1)
        return gate(a) * b
    return f


PLAIN = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softmax": lambda x: F.softmax(x, dim=1),
    "relu": F.relu,
    "leaky-relu": lambda x: F.leaky_relu(x, 0.2),
    "elu": F.elu,
    "selu": F.selu,
    "celu": F.celu,
    "gelu": F.gelu,
    "gelu-tanh": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
    "swish": lambda x: x * torch.sigmoid(0.6 * x),
    "mish": F.mish,
    "relu2": lambda x: F.relu(x).square(),
    "softplus": F.softplus,
    "softsign": F.softsign,
    "hardswish": F.hardswish,
    "hardsigmoid": F.hardsigmoid,
    "hardtanh": F.hardtanh,
    "relu6": F.relu6,
    "logsigmoid": F.logsigmoid,
    "rrelu": lambda x: F.rrelu(x, training=True),
    "glu": F.glu,
    "geglu": gated(F.gelu),
    "swiglu": gated(F.silu),
}


def prelu():
    slope = torch.tensor([0.25]).requires_grad_()
    return (lambda x: F.prelu(x, slope)), [slope]


def prepare(name):
    return derivatives((1000, 1000), prelu if name == "prelu" else lambda: (PLAIN[name], []))
