"""Golden values and gradients of the operations, layers, losses and optimizers, from PyTorch: writes ops.json beside itself.

Run with any Python that has PyTorch: `python3 make_ops.py`. Inputs are float32 numbers; PyTorch computes in float64, and the
script stops unless PyTorch's own float32 results agree by the criterion the tests use. Gradients are those of
sum(output * weights), with golden.weights; where a case is `smooth` they were also checked against finite differences here.
"""
import math
import sys
from pathlib import Path

import torch

sys.dont_write_bytecode = True
# before the cases, which draw their inputs when they are imported, in this order
torch.manual_seed(2)
torch.set_num_threads(1)

import golden  # noqa: E402
from cases_modules import bias0, features, modules, optimizers, wanted, weight0  # noqa: E402
import cases_tensor  # noqa: E402,F401
from operations import cases, worst  # noqa: E402

for c in cases:
    if c["options"].get("p") == math.inf:
        c["options"]["p"] = "inf"
golden.write(Path(__file__).parent / "ops.json", {
    "torch": torch.__version__,
    "problem": {k: golden.encode(v) for k, v in
                {"features": features, "wanted": wanted, "weight": weight0, "bias": bias0}.items()},
    "ops": cases, "modules": modules, "optimizers": optimizers})
print(f"{len(cases)} cases of {len({c['op'] for c in cases})} operations, {len(modules)} of modules, {len(optimizers)} of optimizers")
print("largest disagreement: " + ", ".join(f"{k} {v:.1e}" for k, v in worst.items()))
