import torch
from torch import nn


class SwiGLU(nn.Module):
    """Swish of the first half of dim times the second half. Shazeer 2020."""

    def __init__(self, dim=-1, beta=1.0):
        super().__init__()
        self.dim, self.beta = dim, beta

    def forward(self, x):
        a, b = x.chunk(2, dim=self.dim)
        return a * torch.sigmoid(self.beta * a) * b


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(4, 4),
            SwiGLU(),
        )
        self.scale = nn.Parameter(torch.zeros((1,)))

    def forward(self, *inputs):
        raise NotImplementedError("translate Residual.forward from the TypeScript above")


model = nn.Sequential(
    nn.Linear(4, 4),
    Residual(),
    nn.ModuleList([
        nn.Identity(),
    ]),
)
