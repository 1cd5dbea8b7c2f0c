"""Writes loader.json: the order of samples PyTorch's DataLoader takes. Run with a Python that has torch (made with Debian's 1.13).

`after` is one more draw from the default generator (or from the loader's own), so that the number of draws is checked too.
"""

import hashlib
import json
import pathlib
import re

import torch
from torch.utils.data import (
    DataLoader,
    RandomSampler,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    random_split,
)


def loader_for(n, **options):
    return DataLoader(TensorDataset(torch.arange(n)), **options)


def epochs(n, count, **options):
    """All batches of `count` passes after manual_seed(42)."""
    torch.manual_seed(42)
    loader = loader_for(n, **options)
    passes = [[batch.tolist() for (batch,) in loader] for _ in range(count)]
    return {"passes": passes, "after": torch.randint(0, 2**31 - 1, (1,)).item()}


def own_generator(n, **options):
    generator = torch.Generator().manual_seed(7)
    loader = loader_for(n, generator=generator, shuffle=True, **options)
    passes = [[batch.tolist() for (batch,) in loader] for _ in range(2)]
    return {"passes": passes, "after": torch.randint(0, 2**31 - 1, (1,), generator=generator).item()}


def left_early(n):
    """One batch, then a new pass: what a broken-off pass has drawn."""
    generator = torch.Generator().manual_seed(7)
    loader = loader_for(n, generator=generator, shuffle=True, batch_size=4)
    first = next(iter(loader))[0].tolist()
    return {"first": first, "second": next(iter(loader))[0].tolist()}


def long(n):
    torch.manual_seed(42)
    loader = loader_for(n, batch_size=32, shuffle=True)
    order = lambda: torch.cat([batch for (batch,) in loader]).int().numpy().tobytes()
    return [hashlib.sha256(order()).hexdigest() for _ in range(2)]


def interleaved(n):
    """A draw between making the iterator and asking it for the first batch."""
    torch.manual_seed(42)
    iterator = iter(loader_for(n, batch_size=4, shuffle=True))
    between = torch.randint(0, 2**31 - 1, (1,)).item()
    return {"between": between, "first": next(iterator)[0].tolist()}


def split(n, lengths):
    torch.manual_seed(42)
    return [part.indices for part in random_split(range(n), lengths)]


def samplers():
    """Two passes of each sampler after manual_seed(42), and a loader with one."""
    ten, weights = range(10), [0.1, 0.2, 0, 3, 1, 0.7]
    make = {
        "random": lambda: RandomSampler(ten),
        "randomFewer": lambda: RandomSampler(ten, num_samples=4),
        "randomMore": lambda: RandomSampler(ten, num_samples=25),
        "randomReplacement": lambda: RandomSampler(ten, replacement=True, num_samples=70),
        "subset": lambda: SubsetRandomSampler([5, 3, 9, 7]),
        "weighted": lambda: WeightedRandomSampler(weights, 50),
        "weightedWithout": lambda: WeightedRandomSampler(weights, 4, replacement=False),
    }
    found = {}
    for name, build in make.items():
        torch.manual_seed(42)
        sampler = build()
        found[name] = [[int(i) for i in sampler] for _ in range(2)]
    torch.manual_seed(42)
    loader = loader_for(6, batch_size=3, sampler=WeightedRandomSampler(weights, 7))
    found["loader"] = [batch.tolist() for (batch,) in loader]
    return found


result = {
    "samplers": samplers(),
    "torch": torch.__version__,
    "shuffled": epochs(10, 2, batch_size=3, shuffle=True),
    "shuffledDropLast": epochs(10, 2, batch_size=3, shuffle=True, drop_last=True),
    "inOrder": epochs(7, 2, batch_size=3),
    "ownGenerator": own_generator(10, batch_size=3),
    "ownGeneratorExact": own_generator(9, batch_size=3),
    "ownGeneratorDropLast": own_generator(10, batch_size=3, drop_last=True),
    "leftEarly": left_early(10),
    "interleaved": interleaved(10),
    "long": long(60000),
    "split": split(10, [7, 3]),
    "splitFractions": split(11, [0.5, 0.5]),
}
text = re.sub(r"\[\s*((?:\d+,\s*)*\d+)\s*\]", lambda list_: f"[{' '.join(list_[1].split())}]", json.dumps(result, indent=1))
pathlib.Path(__file__).with_suffix(".json").write_text(text + "\n")
