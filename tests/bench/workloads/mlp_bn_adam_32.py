"""The twin of mlp-bn-adam-32.ts."""
import torch
from step import training_steps
from torch import nn


def build():
    model = nn.Sequential(nn.Linear(784, 300, bias=False), nn.BatchNorm1d(300), nn.ReLU(),
                          nn.Linear(300, 100, bias=False), nn.BatchNorm1d(100), nn.ReLU(), nn.Linear(100, 10))
    return model, torch.optim.Adam(model.parameters())


def prepare():
    return training_steps(build)
