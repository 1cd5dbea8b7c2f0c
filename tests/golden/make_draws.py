"""What PyTorch's CPU generator draws for a seed, function by function, and counted tensors: writes draws.json beside itself.

Run with any Python that has PyTorch 1.13 or newer: `python3 make_draws.py`. After each draw stands the next uniform number, which
tells whether as many numbers were taken. Values are float32 or int64, exact.
"""
from pathlib import Path

import torch

import golden


def drawn(name, function):
    torch.manual_seed(42)
    result = function()
    return {"id": name, **golden.encode(result, 9), "following": golden.flat(torch.rand(1), 9)}


shares = torch.tensor([0.1, 0.2, 0.3, 0.4])
draws = [
    drawn("bernoulli", lambda: torch.bernoulli(torch.linspace(0, 1, 24).reshape(4, 6))),
    drawn("bernoulli_", lambda: torch.empty(20).bernoulli_(0.3)),
    drawn("exponential_", lambda: torch.empty(20).exponential_(2.0)),
    drawn("multinomial", lambda: torch.multinomial(shares, 3)),
    drawn("multinomialRows", lambda: torch.multinomial(torch.tensor([[1.0, 2, 3, 0, 5], [3, 3, 0, 1, 1]]), 4)),
    drawn("multinomialReplaced", lambda: torch.multinomial(shares, 12, replacement=True)),
    drawn("normalNumbers", lambda: torch.normal(10.0, 2.0, (5,))),
    drawn("normalTensors", lambda: torch.normal(torch.arange(4.0), torch.tensor([1.0, 0.5, 2.0, 0.1]))),
    drawn("randint", lambda: torch.randint(7, (9,))),
    drawn("uniform_", lambda: torch.empty(6).uniform_(-1, 1)),
    drawn("normal_", lambda: torch.empty(18).normal_(1, 3)),
]
counted = {
    "linspace": torch.linspace(-1, 2, 7), "logspace": torch.logspace(-1, 1, 5, base=2.0), "arange": torch.arange(1, 2, 0.3),
    "eye": torch.eye(2, 3), "trilIndices": torch.tril_indices(3, 4, -1), "triuIndices": torch.triu_indices(3, 4, 1),
}
golden.write(Path(__file__).parent / "draws.json", {
    "torch": torch.__version__, "draws": draws,
    "counted": [{"id": name, **golden.encode(value, 9)} for name, value in counted.items()]})
