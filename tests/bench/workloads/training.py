"""The twin of training.ts."""
import os

import torch
from place import DEVICE
from torch import nn, optim
from torch.nn import functional as F


def classifier():
    return nn.Sequential(nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, 100), nn.ReLU(), nn.Linear(100, 10))


def batch_norm_first():
    return nn.Sequential(nn.BatchNorm1d(784), nn.Linear(784, 300), nn.ReLU(), nn.BatchNorm1d(300),
                         nn.Linear(300, 100), nn.ReLU(), nn.BatchNorm1d(100), nn.Linear(100, 10))


def batch_norm_before():
    return nn.Sequential(nn.Linear(784, 300, bias=False), nn.BatchNorm1d(300), nn.ReLU(),
                         nn.Linear(300, 100, bias=False), nn.BatchNorm1d(100), nn.ReLU(), nn.Linear(100, 10))


def deep(*normalize):
    layers = []
    for i in range(20):
        layers += [nn.Linear(784 if i == 0 else 100, 100), *(layer(100) for layer in normalize), nn.SiLU()]
    return nn.Sequential(*layers, nn.Linear(100, 10))


def convolutional():
    return nn.Sequential(nn.Unflatten(1, (1, 28, 28)), nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(), nn.Linear(128, 10))


def sgd(parameters):
    return optim.SGD(parameters, lr=0.05)


NETWORKS = {
    "mlp-sgd-32": (32, classifier, sgd),
    "mlp-sgd-512": (512, classifier, sgd),
    "mlp-sgd-8192": (128 if os.environ.get("GRADBOOK_BENCH_TINY") == "1" else 8192, classifier, sgd),
    "mlp-bn-adam-32": (32, batch_norm_first, optim.Adam),
    "mlp-bn-before-adam-32": (32, batch_norm_before, optim.Adam),
    "cnn-sgd-32": (32, convolutional, sgd),
    "deep20-nadam-32": (32, deep, optim.NAdam),
    "deep20-bn-nadam-32": (32, lambda: deep(nn.BatchNorm1d), optim.NAdam),
    "deep20-ln-nadam-32": (32, lambda: deep(nn.LayerNorm), optim.NAdam),
}


def prepare(name):
    batch, build, optimize = NETWORKS[name]
    torch.manual_seed(42)
    model = build().to(DEVICE)
    optimizer = optimize(model.parameters())
    images, labels = torch.randn(batch, 784).to(DEVICE), torch.randint(0, 10, (batch,)).to(DEVICE)
    last = None

    def run(iterations):
        nonlocal last
        for _ in range(iterations):
            loss = F.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        last = loss.item()

    return run, lambda: last
