"""The twin of book-epoch.ts; the images come from the folder GRADBOOK_FASHION_MNIST, where the library keeps them."""
import gzip
import os
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def idx(name, offset):
    with gzip.open(Path(os.environ["GRADBOOK_FASHION_MNIST"]) / name) as f:
        return torch.frombuffer(bytearray(f.read()[offset:]), dtype=torch.uint8)


def he(module):
    if isinstance(module, nn.Linear):
        nn.init.kaiming_uniform_(module.weight)
        nn.init.zeros_(module.bias)


def prepare(_):
    images = idx("train-images-idx3-ubyte.gz", 16).reshape(-1, 1, 28, 28)[:55000].float() / 255
    labels = idx("train-labels-idx1-ubyte.gz", 8)[:55000].long()
    torch.manual_seed(42)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 100), nn.ReLU(), nn.Linear(100, 100), nn.ReLU(),
                          nn.Linear(100, 100), nn.ReLU(), nn.Linear(100, 10))
    model.apply(he)
    loader = DataLoader(TensorDataset(images, labels), batch_size=32, shuffle=True)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    loss_fn = nn.CrossEntropyLoss()

    mean_loss = None

    def run(epochs):
        nonlocal mean_loss
        for _ in range(epochs):
            total, correct = 0.0, torch.tensor(0)
            for x, y in loader:
                logits = model(x)
                loss = loss_fn(logits, y)
                total += loss.item()
                loss.backward()
                optimizer.step()
                optimizer.zero_grad()
                correct += (logits.argmax(1) == y).sum()
            correct.item()
            mean_loss = total / len(loader)

    return run, lambda: mean_loss
