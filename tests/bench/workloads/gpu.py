"""The twin of gpu.ts: "matmul M K N TYPE", "map NAME COUNT TYPE", "layernorm ROWS COLUMNS" and "tiny-step"."""
import torch
from place import DEVICE
from torch import nn
from torch.nn import functional as F

MAPS = {"add": lambda x: x + 1, "gelu": F.gelu}


def numbers(count, step, scale):
    return ((torch.arange(count) * step % 17) - 8).mul(scale)


def repeated(f):
    """Runs `f`, whose result is looked at once."""
    kept = None

    def run(iterations):
        nonlocal kept
        for _ in range(iterations):
            kept = None
            kept = f()

    return run, lambda: kept.double().abs().mean().item()


def matmul(m, k, n, dtype):
    scale = 1 / 64 if dtype == "float16" else 1
    a, b = (numbers(r * c, step, scale).to(getattr(torch, dtype)).reshape(r, c).to(DEVICE)
            for r, c, step in ((int(m), int(k), 5), (int(k), int(n), 7)))
    if DEVICE == "cpu" and dtype == "float16":  # which older versions do not multiply there
        return repeated(lambda: (a.float() @ b.float()).half())
    return repeated(lambda: a @ b)


def elementwise(name, count, dtype):
    x = numbers(int(count), 5, 1 / 4).to(getattr(torch, dtype)).to(DEVICE)
    return repeated(lambda: MAPS[name](x))


def layernorm(rows, columns):
    x = numbers(int(rows) * int(columns), 5, 1 / 4).float().reshape(int(rows), int(columns)).to(DEVICE)
    layer = nn.LayerNorm(int(columns)).to(DEVICE)
    with torch.no_grad():
        return repeated(lambda: layer(x).detach())


def tiny_step():
    torch.manual_seed(42)
    layer = nn.Linear(4, 4).to(DEVICE)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.01)
    x = torch.randn(4, 4).to(DEVICE)
    loss = None

    def run(iterations):
        nonlocal loss
        for _ in range(iterations):
            loss = layer(x).square().mean()
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()

    return run, lambda: loss.item()


KINDS = {"matmul": matmul, "map": elementwise, "layernorm": layernorm, "tiny-step": tiny_step}


def prepare(argument):
    kind, *arguments = argument.split()
    return KINDS[kind](*arguments)
