"""Activations as layers, and a SwiGLU layer written by hand."""
import torch
from torch import nn
from torch.nn import functional as F


def elu_and_selu():
    torch.manual_seed(42)
    elu = nn.Sequential(nn.Linear(50, 40), nn.ELU())
    selu = nn.Sequential(nn.Linear(50, 40), nn.SELU())
    nn.init.kaiming_uniform_(elu[0].weight)
    nn.init.normal_(selu[0].weight, std=50 ** -0.5)  # LeCun's, which self-normalisation needs
    nn.init.zeros_(selu[0].bias)
    x = torch.randn(20, 50)
    return elu(x), selu(x)


def smooth_ones():
    z = torch.linspace(-5, 5, 41)
    return nn.GELU()(z), nn.SiLU()(z), nn.Mish()(z), z * torch.sigmoid(0.6 * z), F.relu(z) ** 2, z * torch.sigmoid(1.702 * z)


class SwiGLU(nn.Module):
    def __init__(self, n_in, n_out, beta=1.0):
        super().__init__()
        self.linear = nn.Linear(n_in, 2 * n_out)
        self.beta = nn.Parameter(torch.tensor(beta))

    def forward(self, x):
        z1, z2 = self.linear(x).chunk(2, dim=-1)
        return z1 * torch.sigmoid(self.beta * z1) * z2


def swiglu_by_hand():
    torch.manual_seed(42)
    layer = SwiGLU(8, 4)
    out = layer(torch.randn(5, 8))
    out.sum().backward()
    return out, layer.beta.grad, layer.linear.weight.grad


def sigmoid_tangent():
    z = torch.linspace(-5, 5, 21, requires_grad=True)
    torch.sigmoid(z).sum().backward()
    return torch.sigmoid(z), z.grad, z.detach() / 4 + 0.5
