"""Learning-rate schedules: the rates they give, and a training loop that steps them."""
import torch
from torch import nn
from torch.nn import functional as F
from torch.optim import lr_scheduler


def optimizer():
    return torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.05)


def rates(scheduler, n, *metric):
    found = []
    for _ in range(n):
        found.append(scheduler.optimizer.param_groups[0]["lr"])
        scheduler.optimizer.step()
        scheduler.step(*metric)
    return found


def exponential():
    return (rates(lr_scheduler.ExponentialLR(optimizer(), gamma=0.9), 21),)


def cosine():
    return (rates(lr_scheduler.CosineAnnealingLR(optimizer(), T_max=20, eta_min=0.001), 21),)


def performance():
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer(), mode="max", patience=2, factor=0.1)
    return (rates(scheduler, 10, 0.8),)


def warm_up():
    return (rates(lr_scheduler.LinearLR(optimizer(), start_factor=0.1, end_factor=1.0, total_iters=3), 6),)


def warm_up_lambda():
    return (rates(lr_scheduler.LambdaLR(optimizer(), lambda epoch: (min(epoch, 3) / 3) * (1.0 - 0.1) + 0.1), 6),)


def warm_restarts():
    return (rates(lr_scheduler.CosineAnnealingWarmRestarts(optimizer(), T_0=2, T_mult=2, eta_min=0.001), 62),)


def one_cycle():
    return (rates(lr_scheduler.OneCycleLR(optimizer(), max_lr=0.05, total_steps=30), 30),)


def in_a_loop():
    torch.manual_seed(42)
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
    opt = torch.optim.SGD(model.parameters(), lr=0.05)
    scheduler = lr_scheduler.ReduceLROnPlateau(opt, mode="max", patience=2, factor=0.1)
    X, y = torch.randn(48, 8), torch.randint(0, 3, (48,))
    losses, used = [], []
    for _ in range(12):
        loss = F.cross_entropy(model(X), y)
        loss.backward()
        opt.step()
        opt.zero_grad()
        losses.append(loss.item())
        used.append(opt.param_groups[0]["lr"])
        scheduler.step(0.5)
    return losses, used
