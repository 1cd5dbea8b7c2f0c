"""The twin of layernorm.ts."""
from derivatives import derivatives
from place import DEVICE
from torch import nn


def build():
    layer = nn.LayerNorm([100, 200]).to(DEVICE)
    return layer, list(layer.parameters())


def prepare(_):
    return derivatives((32, 3, 100, 200), build)
