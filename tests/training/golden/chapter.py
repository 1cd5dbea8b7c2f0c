"""Writes chapter.json: the chapter's build_model and its regularised runs in PyTorch, for tests/training/chapter.test.ts.

Run with a Python that has torch (made with Debian's 1.13); the images are taken from $GRADBOOK_DATA/fashion-mnist, the project's
.gradbook/data/fashion-mnist or Debian's /usr/share/datasets/fashion-mnist.
"""

import gzip
import hashlib
import json
import os
import pathlib

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

HERE = pathlib.Path(__file__).parent
torch.set_num_threads(1)


def images():
    places = [os.environ.get("GRADBOOK_DATA", "") + "/fashion-mnist", HERE.parents[2] / ".gradbook/data/fashion-mnist",
              "/usr/share/datasets/fashion-mnist"]
    folder = next(pathlib.Path(p) for p in places if (pathlib.Path(p) / "train-images-idx3-ubyte.gz").exists())
    read = lambda name, skip: torch.frombuffer(bytearray(gzip.open(folder / name).read()[skip:]), dtype=torch.uint8)
    x = read("train-images-idx3-ubyte.gz", 16).reshape(60000, 1, 28, 28).float() / 255
    return x, read("train-labels-idx1-ubyte.gz", 8).long()


def use_he_init(module):
    if isinstance(module, nn.Linear):
        nn.init.kaiming_uniform_(module.weight)
        nn.init.zeros_(module.bias)


def build_model():
    torch.manual_seed(42)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 100), nn.ReLU(), nn.Linear(100, 100), nn.ReLU(),
                          nn.Linear(100, 100), nn.ReLU(), nn.Linear(100, 10))
    model.apply(use_he_init)
    return model


def digest(tensors):
    return hashlib.sha256(b"".join(t.detach().numpy().tobytes() for t in tensors)).hexdigest()


def max_norm(model, limit=2, epsilon=1e-8):
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:
                norm = weight.norm(dim=1, keepdim=True)
                weight *= torch.clamp(norm, max=limit) / (norm + epsilon)


def run(x, y, penalty=None, after=None):
    """One epoch, learning rate 0.05, batches of 32; the average of the loss without penalty, and sums over the parameters at the end."""
    model = build_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    loader = DataLoader(TensorDataset(x, y), batch_size=32, shuffle=True)
    total = correct = 0
    for inputs, targets in loader:
        logits = model(inputs)
        loss = nn.functional.cross_entropy(logits, targets)
        total += loss.item() * len(targets)
        correct += (logits.argmax(1) == targets).sum().item()
        if penalty:
            loss = loss + 1e-4 * sum(penalty(p) for p in model.parameters())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if after:
            after(model)
    sums = {"l1": sum(p.abs().sum().item() for p in model.parameters()), "l2": sum((p**2).sum().item() for p in model.parameters())}
    return {"loss": total / len(x), "accuracy": correct / len(x), **sums}


x, y = images()
model = build_model()
order = DataLoader(TensorDataset(torch.arange(55000, dtype=torch.int32)), batch_size=32, shuffle=True)
orders = [digest([batch for (batch,) in order]) for _ in range(2)]
small = x[:10000], y[:10000]
result = {
    "torch": torch.__version__,
    "weights": digest(model.parameters()),
    "orders": orders,
    "plain": run(*small),
    "l1": run(*small, penalty=lambda p: p.abs().sum()),
    "l2": run(*small, penalty=lambda p: (p**2).sum()),
    "maxNorm": run(*small, after=lambda model: max_norm(model, 1)),
}
(HERE / "chapter.json").write_text(json.dumps(result, indent=1) + "\n")
print(result)
