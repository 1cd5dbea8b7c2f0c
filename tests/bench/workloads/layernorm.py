"""The twin of layernorm.ts."""
from derivatives import derivatives
from torch import nn


def build():
    layer = nn.LayerNorm([100, 200])
    return layer, list(layer.parameters())


def prepare(_):
    return derivatives((32, 3, 100, 200), build)
