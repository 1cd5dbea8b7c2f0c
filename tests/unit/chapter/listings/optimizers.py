"""Every optimizer of the chapter on the same small problem; momentum's terminal speed."""
import torch
from torch import nn
from torch.nn import functional as F


def losses_with(make, steps=20):
    torch.manual_seed(42)
    model = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 3))
    optimizer = make(model.parameters())
    X, y = torch.randn(48, 8), torch.randint(0, 3, (48,))
    losses = []
    for _ in range(steps):
        loss = F.cross_entropy(model(X), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses, model[0].weight


def momentum():
    return losses_with(lambda p: torch.optim.SGD(p, momentum=0.9, lr=0.05))


def nesterov():
    return losses_with(lambda p: torch.optim.SGD(p, momentum=0.9, nesterov=True, lr=0.05))


def adagrad():
    return losses_with(lambda p: torch.optim.Adagrad(p, lr=0.05))


def rmsprop():
    return losses_with(lambda p: torch.optim.RMSprop(p, alpha=0.9, lr=0.05))


def adam():
    return losses_with(lambda p: torch.optim.Adam(p, betas=(0.9, 0.999), lr=0.05))


def adamax():
    return losses_with(lambda p: torch.optim.Adamax(p, betas=(0.9, 0.999), lr=0.05))


def nadam():
    return losses_with(lambda p: torch.optim.NAdam(p, betas=(0.9, 0.999), lr=0.05))


def adamw():
    return losses_with(lambda p: torch.optim.AdamW(p, betas=(0.9, 0.999), weight_decay=1e-5, lr=0.05))


def terminal_speed():
    position = nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([position], lr=1.0, momentum=0.9)
    before = 0.0
    for _ in range(200):
        position.grad = torch.ones(1)
        before = position.item()
        optimizer.step()
    return (before - position.item(),)
