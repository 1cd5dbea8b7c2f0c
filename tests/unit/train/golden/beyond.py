import torch
from torch import nn


class Standardizer(nn.Module):
    """(x - mean) / std, with the statistics of a training set."""

    def __init__(self, mean, std):
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)

    def forward(self, x):
        return (x - self.mean) / self.std


class ReLU2(nn.Module):
    """max(0, x) squared. So et al. 2021."""

    def forward(self, x):
        return torch.relu(x) ** 2


class Swish(nn.Module):
    """x sigmoid(beta x) with a beta that is learned, if it is trainable. Ramachandran et al. 2017."""

    def __init__(self, beta=1.0, trainable=True):
        super().__init__()
        self.beta = nn.Parameter(torch.tensor(float(beta))) if trainable else beta

    def forward(self, x):
        return x * torch.sigmoid(self.beta * x)


class SwiGLU(nn.Module):
    """Swish of the first half of dim times the second half. Shazeer 2020."""

    def __init__(self, dim=-1, beta=1.0):
        super().__init__()
        self.dim, self.beta = dim, beta

    def forward(self, x):
        a, b = x.chunk(2, dim=self.dim)
        return a * torch.sigmoid(self.beta * a) * b


class GEGLU(nn.Module):
    """GELU of the first half of dim times the second half. Shazeer 2020."""

    def __init__(self, dim=-1, approximate="none"):
        super().__init__()
        self.dim, self.approximate = dim, approximate

    def forward(self, x):
        a, b = x.chunk(2, dim=self.dim)
        return nn.functional.gelu(a, approximate=self.approximate) * b


model = nn.Sequential(
    Standardizer(torch.tensor([[[0.5]],[[5.5]]]), torch.tensor([[[1.5]],[[1.5]]])),
    nn.Flatten(),
    nn.Linear(32, 12),
    ReLU2(),
    nn.GroupNorm(3, 12),
    Swish(),
    Swish(beta=0.5, trainable=False),
    SwiGLU(),
    nn.Linear(6, 4),
    nn.PReLU(num_parameters=4, init=0.1),
    GEGLU(),
)
