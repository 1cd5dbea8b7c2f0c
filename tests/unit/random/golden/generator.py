"""Writes generator.json: what PyTorch's CPU generator gives. Run with a Python that has torch (made with Debian's 1.13).

Floats are kept as the bits of their float32 values, long results as the SHA-256 of their little-endian bytes.
"""

import hashlib
import json
import pathlib

import torch

SEEDS = [0, 42, -1, 2**32 + 5, 2**53 - 1]


def bits(tensor):
    return tensor.numpy().view("int32").tolist()


def digest(tensor):
    return hashlib.sha256(tensor.numpy().tobytes()).hexdigest()


def draws(seed):
    """Every kind of draw, one after the other on one stream."""
    torch.manual_seed(seed)
    return {
        "seed": seed,
        "initialSeed": str(torch.initial_seed()),
        "uniform": bits(torch.rand(5)),
        "uniformRange": bits(torch.empty(7).uniform_(-0.0357142873108387, 0.0357142873108387)),
        "normalFew": bits(torch.randn(3)),
        "normalFewMore": bits(torch.empty(4).normal_(0.25, 1.5)),
        "normalBlock": bits(torch.randn(16)),
        "normalTail": bits(torch.empty(21).normal_(-0.5, 0.02)),
        "normalCached": bits(torch.randn(1)),
        "randperm": torch.randperm(20).tolist(),
        "randint": torch.randint(-5, 1000003, (6,)).tolist(),
        "drawSeed": str(torch.empty((), dtype=torch.int64).random_().item()),
        "longUniform": digest(torch.rand(10001)),
        "longNormal": digest(torch.randn(100003)),
        "longPermutation": digest(torch.randperm(60000).int()),
    }


result = {"torch": torch.__version__, "default": bits(torch.rand(4, generator=torch.Generator()))}
result["streams"] = [draws(seed) for seed in SEEDS]
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n")
