"""The twin of mlp-sgd-32.ts."""
import torch
from step import training_steps
from torch import nn


def build():
    model = nn.Sequential(nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, 100), nn.ReLU(), nn.Linear(100, 10))
    return model, torch.optim.SGD(model.parameters(), lr=0.05)


def prepare():
    return training_steps(build)
