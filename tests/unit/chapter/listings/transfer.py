"""Reusing pretrained layers: copy all but the head, freeze, train the head, then unfreeze."""
import copy

import torch
from torch import nn
from torch.nn import functional as F


def build(n_out):
    return nn.Sequential(nn.Flatten(), nn.Linear(16, 20), nn.ReLU(), nn.Linear(20, 20), nn.ReLU(), nn.Linear(20, n_out))


def train(model, optimizer, X, y, loss_fn, steps):
    for _ in range(steps):
        loss = loss_fn(model(X), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return loss.item()


def b_on_a():
    torch.manual_seed(42)
    model_a = build(8)
    X_a, y_a = torch.randn(64, 4, 4), torch.randint(0, 8, (64,))
    first = train(model_a, torch.optim.SGD(model_a.parameters(), lr=0.1), X_a, y_a, F.cross_entropy, 10)

    torch.manual_seed(43)
    reused_layers = copy.deepcopy(model_a[:-1])
    model_b_on_a = nn.Sequential(*reused_layers, nn.Linear(20, 1))
    for layer in model_b_on_a[:-1]:
        for param in layer.parameters():
            param.requires_grad = False
    X_b, y_b = torch.randn(32, 4, 4), torch.randint(0, 2, (32, 1)).float()
    xentropy = nn.BCEWithLogitsLoss()
    frozen = train(model_b_on_a, torch.optim.SGD(model_b_on_a.parameters(), lr=0.1), X_b, y_b, xentropy, 5)

    for layer in model_b_on_a[2:]:
        for param in layer.parameters():
            param.requires_grad = True
    unfrozen = train(model_b_on_a, torch.optim.SGD(model_b_on_a.parameters(), lr=0.05), X_b, y_b, xentropy, 5)
    accuracy = ((model_b_on_a(X_b) > 0) == y_b.bool()).float().mean()
    same = torch.equal(model_b_on_a[1].weight, model_a[1].weight)
    return first, frozen, unfrozen, accuracy, same, model_b_on_a[3].weight, model_a[3].weight
