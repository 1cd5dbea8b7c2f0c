"""The cases of modules (with their parameters, buffers and modes) and of optimizers (20 steps on a small problem)."""
import torch
import torch.nn.functional as F

import golden
from cases_structure import labels, logits, target
from modules import module_case, modules
from operations import floats, rand

optimizers = []

# ---------------------------------------------------------------- modules

def train(*inputs):
    return [("train", [i]) for i in inputs]


linear_state = {"weight": rand(3, 5), "bias": rand(3)}
module_case("Linear/batch", [5, 3], train(rand(4, 5)), linear_state)
module_case("Linear/no-bias", [5, 3], train(rand(4, 5)), {"weight": rand(3, 5)}, bias=False)
module_case("Linear/vector", [5, 3], train(rand(5)), linear_state)
module_case("Linear/three", [5, 3], train(rand(2, 4, 5)), linear_state)
module_case("Flatten/images", [], train(rand(2, 1, 3, 4)))
module_case("Flatten/dims", [], train(rand(2, 3, 4, 2)), startDim=0, endDim=2)
for kind in ("ReLU", "Sigmoid", "Tanh", "SiLU"):
    module_case(f"{kind}/matrix", [], train(rand(3, 4, low=-3, high=3)))
    module_case(f"{kind}/empty", [], train(torch.zeros(0, 4)))

norm_state = {"weight": rand(4, low=0.5, high=1.5), "bias": rand(4, low=-0.5, high=0.5)}
rows = [rand(6, 4) + floats([0, 1, -1, 5]) for _ in range(3)]
signals = [rand(3, 4, 5) * floats([[0.5], [1], [2], [3]]) for _ in range(3)]
for label, batches in (("rows", rows), ("signals", signals)):
    module_case(f"BatchNorm1d/{label}", [4], [*train(*batches), ("eval", [batches[0]])], norm_state)
    module_case(f"BatchNorm1d/{label}-cumulative", [4], [*train(*batches), ("eval", [batches[1]])], norm_state, momentum=None)
    module_case(f"BatchNorm1d/{label}-plain", [4], [*train(*batches), ("eval", [batches[2]])], affine=False)
module_case("BatchNorm1d/momentum", [4], [*train(*rows), ("eval", [rows[0]])], norm_state, momentum=0.01, eps=0.1)
module_case("BatchNorm1d/untracked", [4], [*train(rows[0]), ("eval", [rows[1]])], norm_state, trackRunningStats=False)
module_case("BatchNorm1d/eval-first", [4], [("eval", [rows[0]]), *train(rows[1])], norm_state)
module_case("BatchNorm1d/one-by-length", [4], train(signals[0][:1]), norm_state)
module_case("BatchNorm1d/offset", [4], train(rand(32, 4) + 50), norm_state)

for reduction_ in ("mean", "sum", "none"):
    module_case(f"CrossEntropyLoss/{reduction_}", [], [("train", [logits, labels])], reduction=reduction_)
module_case("CrossEntropyLoss/smoothing", [], [("train", [logits, labels])], labelSmoothing=0.1)
module_case("CrossEntropyLoss/weight", [], [("train", [logits, labels])], weight=[0.5, 1.0, 2.0, 0.25])
module_case("CrossEntropyLoss/ignore", [], [("train", [logits, labels])], ignoreIndex=3)
module_case("CrossEntropyLoss/probabilities", [], [("train", [logits, target])])

# ---------------------------------------------------------------- optimizers: tanh(X W' + b) fitted to Y, 20 steps

features, wanted, weight0, bias0 = rand(8, 4), rand(8, 3, low=-0.9, high=0.9), rand(3, 4), rand(3)
OPTIMIZERS = {
    "SGD/plain": {"lr": 0.1}, "SGD/momentum": {"lr": 0.1, "momentum": 0.9},
    "SGD/nesterov": {"lr": 0.1, "momentum": 0.9, "nesterov": True},
    "SGD/dampening": {"lr": 0.1, "momentum": 0.9, "dampening": 0.5},
    "SGD/decay": {"lr": 0.1, "weightDecay": 0.05}, "SGD/maximize": {"lr": 0.01, "maximize": True},
    "SGD/momentum-decay-nesterov": {"lr": 0.05, "momentum": 0.8, "weightDecay": 0.01, "nesterov": True},
    "Adam/default": {}, "Adam/fast": {"lr": 0.05}, "Adam/betas": {"lr": 0.05, "betas": [0.8, 0.95], "eps": 1e-6},
    "Adam/amsgrad": {"lr": 0.1, "betas": [0.5, 0.6], "amsgrad": True}, "Adam/decay": {"lr": 0.05, "weightDecay": 0.1},
    "Adam/maximize": {"lr": 0.01, "maximize": True}}


def trajectory(name, options, dtype):
    keywords = {{"weightDecay": "weight_decay"}.get(k, k): v for k, v in options.items()}
    w, b = (t.detach().to(dtype, copy=True).requires_grad_() for t in (weight0, bias0))
    optimizer = getattr(torch.optim, name.split("/")[0])([w, b], **keywords)
    path = []
    for _ in range(20):
        loss = (torch.tanh(F.linear(features.to(dtype), w, b)) - wanted.to(dtype)).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        path.append(torch.cat([w.detach().reshape(-1), b.detach(), loss.detach().reshape(1)]))
    return torch.stack(path)


for name, options in OPTIMIZERS.items():
    path = trajectory(name, options, torch.float64)
    error = golden.disagreement(trajectory(name, options, torch.float32), path)
    assert error < 1e-4, f"{name}: PyTorch's float32 differs by {error}"
    optimizers.append({"id": name, "optimizer": name.split("/")[0], "options": options,
                       "steps": [golden.flat(row) for row in path]})
