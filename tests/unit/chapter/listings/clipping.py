"""Gradient clipping by norm and by value."""
import torch
from torch import nn


def by_norm_and_by_value():
    p, q = nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(2))
    p.grad, q.grad = torch.tensor([0.9, 100.0]), torch.tensor([0.9, 100.0])
    total = nn.utils.clip_grad_norm_([p], max_norm=1.0)
    nn.utils.clip_grad_value_([q], clip_value=1.0)
    return total, p.grad, q.grad


def in_a_loop():
    torch.manual_seed(42)
    model = nn.Sequential(nn.Linear(10, 50), nn.ReLU(), nn.Linear(50, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    X, y = torch.randn(64, 10), torch.randn(64, 1) * 100
    losses = []
    for _ in range(5):
        loss = nn.functional.mse_loss(model(X), y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses, model[0].weight
