"""Golden paths of optimizers, schedulers and gradient clipping, from PyTorch: writes optim.json beside itself.

Run with a Python that has PyTorch 2.9 or newer and NumPy: `python3 make_optim.py`. Optimizers run in float64, and the script stops
unless the same in float32 agrees by the tests' criterion. Lion, which PyTorch lacks, is computed from its paper's equations, and so
is Muon: PyTorch's rounds to bfloat16 on the way, and is only checked to agree with the equations within that.
"""
import math
import sys
import warnings
from pathlib import Path

import numpy as np
import torch

sys.dont_write_bytecode = True
torch.manual_seed(7)
torch.set_num_threads(1)
warnings.simplefilter("ignore")

import golden  # noqa: E402

STEPS, SAVED = 20, 10


def snake(name):
    return {"tMax": "T_max", "tMult": "T_mult"}.get(name) or "".join(
        "_" + c.lower() if c.isupper() else c for c in name)


def keywords(options):
    return {snake(k): v for k, v in options.items()}


def uniform(*shape, scale=1.0):
    return (torch.rand(*shape) * 2 - 1) * scale


# ---------------------------------------------------------------- optimizers: tanh(X W' + b) V' fitted to Y

features, wanted = uniform(8, 4), uniform(8, 5, scale=0.9)
start = {"weight": uniform(3, 4), "bias": uniform(3), "head": uniform(5, 3)}


class Lion:
    """Chen et al. 2023, algorithm 2."""
    def __init__(self, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0, maximize=False):
        self.lr, self.betas, self.decay, self.sign = lr, betas, weight_decay, -1 if maximize else 1

    def step(self, p, g, state):
        m = state.setdefault("exp_avg", np.zeros_like(p))
        g, (beta1, beta2) = self.sign * g, self.betas
        update = np.sign(beta1 * m + (1 - beta1) * g)
        state["exp_avg"] = beta2 * m + (1 - beta2) * g
        return p - self.lr * (update + self.decay * p)


class Muon:
    """Jordan et al. 2024, with the weight decay and the second scaling of Liu et al. 2025."""
    def __init__(self, lr=1e-3, weight_decay=0.1, momentum=0.95, nesterov=True, ns_coefficients=(3.4445, -4.775, 2.0315),
                 eps=1e-7, ns_steps=5, adjust_lr_fn="original"):
        self.__dict__.update(locals())

    def step(self, p, g, state):
        m = state.setdefault("momentum_buffer", np.zeros_like(p))
        m = state["momentum_buffer"] = self.momentum * m + (1 - self.momentum) * g
        x = self.momentum * m + (1 - self.momentum) * g if self.nesterov else m
        a, b, c = self.ns_coefficients
        tall = x.shape[0] > x.shape[1]
        x = x.T if tall else x
        x = x / max(float(np.linalg.norm(x)), self.eps)
        for _ in range(self.ns_steps):
            gram = x @ x.T
            x = a * x + (b * gram + c * gram @ gram) @ x
        x = x.T if tall else x
        rows, columns = p.shape
        scale = math.sqrt(max(1, rows / columns)) if self.adjust_lr_fn == "original" else 0.2 * math.sqrt(max(rows, columns))
        return p * (1 - self.lr * self.weight_decay) - self.lr * scale * x


OURS = {"Lion": Lion, "Muon": Muon}
OPTIMIZERS = {
    "SGD/plain": {"lr": 0.1}, "SGD/momentum": {"lr": 0.1, "momentum": 0.9},
    "SGD/all": {"lr": 0.05, "momentum": 0.8, "dampening": 0.3, "weightDecay": 0.02, "maximize": True},
    "SGD/nesterov": {"lr": 0.05, "momentum": 0.9, "weightDecay": 0.01, "nesterov": True},
    "Adam/default": {}, "Adam/all": {"lr": 0.05, "betas": [0.5, 0.6], "eps": 1e-6, "weightDecay": 0.1, "amsgrad": True},
    "Adam/maximize": {"lr": 0.01, "maximize": True},
    "AdamW/default": {}, "AdamW/all": {"lr": 0.05, "betas": [0.8, 0.9], "eps": 1e-5, "weightDecay": 0.3, "amsgrad": True},
    "AdamW/maximize": {"lr": 0.01, "maximize": True},
    "Adagrad/default": {}, "Adagrad/all": {"lr": 0.1, "lrDecay": 0.2, "weightDecay": 0.05, "initialAccumulatorValue": 0.1,
                                           "eps": 1e-3},
    "Adagrad/maximize": {"lr": 0.02, "maximize": True},
    "Adadelta/default": {}, "Adadelta/all": {"lr": 2.0, "rho": 0.7, "eps": 1e-3, "weightDecay": 0.1},
    "Adadelta/maximize": {"eps": 1e-4, "maximize": True},
    "RMSprop/default": {}, "RMSprop/momentum": {"lr": 0.01, "alpha": 0.9, "momentum": 0.8, "eps": 1e-4, "weightDecay": 0.05},
    "RMSprop/centered": {"lr": 0.02, "alpha": 0.8, "centered": True, "eps": 1e-3},
    "RMSprop/centered-momentum": {"lr": 0.01, "alpha": 0.8, "centered": True, "eps": 1e-2, "momentum": 0.5, "maximize": True},
    "Adamax/default": {}, "Adamax/all": {"lr": 0.05, "betas": [0.7, 0.9], "eps": 1e-4, "weightDecay": 0.1},
    "Adamax/maximize": {"lr": 0.02, "maximize": True},
    "NAdam/default": {}, "NAdam/all": {"lr": 0.05, "betas": [0.8, 0.95], "eps": 1e-5, "weightDecay": 0.1, "momentumDecay": 0.1},
    "NAdam/decoupled": {"lr": 0.03, "weightDecay": 0.2, "decoupledWeightDecay": True},
    "NAdam/maximize": {"lr": 0.01, "maximize": True},
    "RAdam/default": {}, "RAdam/all": {"lr": 0.1, "betas": [0.8, 0.95], "eps": 1e-5, "weightDecay": 0.1},
    "RAdam/short": {"lr": 0.02, "betas": [0.5, 0.6]},
    "RAdam/decoupled": {"lr": 0.05, "weightDecay": 0.2, "decoupledWeightDecay": True},
    "RAdam/maximize": {"lr": 0.01, "maximize": True},
    "ASGD/default": {}, "ASGD/all": {"lr": 0.1, "lambd": 0.05, "alpha": 0.5, "t0": 4, "weightDecay": 0.1},
    "ASGD/maximize": {"lr": 0.02, "t0": 0, "maximize": True},
    "Adam/decoupled": {"lr": 0.05, "weightDecay": 0.2, "decoupledWeightDecay": True, "amsgrad": True},
    "Rprop/default": {}, "Rprop/all": {"lr": 0.05, "etas": [0.3, 1.5], "stepSizes": [1e-3, 0.1]},
    "Rprop/maximize": {"lr": 0.005, "maximize": True},
    "Lion/default": {}, "Lion/all": {"lr": 0.02, "betas": [0.8, 0.95], "weightDecay": 0.5},
    "Lion/maximize": {"lr": 0.01, "maximize": True},
    "Muon/default": {}, "Muon/all": {"lr": 0.05, "weightDecay": 0.3, "momentum": 0.8, "nesterov": False,
                                     "nsCoefficients": [2, -1.5, 0.5], "nsSteps": 8, "eps": 1e-4},
    "Muon/adamw": {"lr": 0.1, "adjustLrFn": "match_rms_adamw"},
}
# the first group holds the matrices, the second the bias
GROUPS = {"SGD/groups": ({"lr": 0.1, "momentum": 0.9}, [{}, {"lr": 0.02, "momentum": 0, "weightDecay": 0.1}]),
          "Adam/groups": ({"lr": 0.02}, [{"weightDecay": 0.1}, {"lr": 0.1, "betas": [0.6, 0.8]}]),
          "AdamW/groups": ({"lr": 0.02, "weightDecay": 0.2}, [{}, {"weightDecay": 0}])}


def paths(name, options, groups, dtype, theirs=False):
    """Parameters and loss after each step; the state after SAVED of them."""
    kind = name.split("/")[0]
    leaves = {k: v.detach().to(dtype, copy=True).requires_grad_() for k, v in start.items()}
    names = [n for n in leaves if kind != "Muon" or n != "bias"]
    own = OURS[kind](**keywords(options)) if kind in OURS and not theirs else None
    states = {n: {} for n in names}
    if groups is not None:
        names = ["weight", "head", "bias"]
        members = [["weight", "head"], ["bias"]]
        given = [{"params": [leaves[n] for n in m], **keywords(g)} for m, g in zip(members, groups)]
    else:
        given = [leaves[n] for n in names]
    if own is None:
        optimizer = getattr(torch.optim, kind)(given, **keywords(options))
    path, saved = [], None
    for step in range(STEPS):
        for leaf in leaves.values():
            leaf.grad = None
        hidden = torch.tanh(features.to(dtype) @ leaves["weight"].T + leaves["bias"])
        loss = (hidden @ leaves["head"].T - wanted.to(dtype)).pow(2).mean()
        loss.backward()
        with torch.no_grad():
            for n in names:
                leaf = leaves[n]
                if own is not None:
                    leaf.copy_(torch.from_numpy(own.step(leaf.detach().numpy().copy(), leaf.grad.numpy(), states[n])))
        if own is None:
            optimizer.step()
        path.append(torch.cat([*(leaves[n].detach().reshape(-1) for n in leaves), loss.detach().reshape(1)]))
        if step + 1 == SAVED:
            if own is None:
                states = {n: optimizer.state[leaves[n]] for n in names}
            saved = [{k: {"shape": list(np.shape(v)), "data": golden.flat(torch.as_tensor(v), 12)}
                      for k, v in states[n].items() if v is not None} for n in names]
    if own is None:
        hidden_keys = ("params", "foreach", "capturable", "differentiable", "fused")
        keys = sorted(k for k in optimizer.param_groups[0] if k not in hidden_keys)
    else:
        keys = None
    return torch.stack(path), saved, names, keys


optimizers, worst = [], 0.0
table = {**{k: (v, None) for k, v in OPTIMIZERS.items()}, **GROUPS}
for name, (options, groups) in table.items():
    path, saved, names, keys = paths(name, options, groups, torch.float64)
    error = golden.disagreement(paths(name, options, groups, torch.float32)[0], path)
    worst = max(worst, error)
    assert error < 1e-4, f"{name}: float32 differs by {error}"
    if name.startswith("Muon"):
        error = golden.disagreement(paths(name, options, groups, torch.float32, theirs=True)[0][:5], path[:5])
        assert error < 0.05, f"{name}: PyTorch's differs by {error}"
    case = {"id": name, "optimizer": name.split("/")[0], "options": options, "parameters": names,
            "steps": [golden.flat(row, 9) for row in path], "saved": saved}
    if groups is not None:
        case["groups"] = groups
    if keys is not None:
        case["groupKeys"] = keys
    optimizers.append(case)

# ---------------------------------------------------------------- schedulers: 60 steps

LAMBDAS = {"shrink": lambda epoch: 0.95 ** epoch, "inverse": lambda epoch: 1 / (1 + epoch / 10),
           "warm": lambda epoch: min((epoch + 1) / 10, 1.0), "saw": lambda epoch: 1 - (epoch % 7) / 10,
           "nine": lambda epoch: 0.9 if epoch % 2 else 1.05}
BUMPY = [2.0 / (1 + 0.3 * min(i, 9)) + 0.1 * math.sin(i) for i in range(60)]


def make(spec, optimizer):
    kind, arguments = spec["name"], list(spec.get("arguments", []))
    children = [make(child, optimizer) for child in spec.get("children", [])]
    if kind == "ChainedScheduler":
        return torch.optim.lr_scheduler.ChainedScheduler(children)
    if kind == "SequentialLR":
        return torch.optim.lr_scheduler.SequentialLR(optimizer, children, spec["milestones"])
    if "lambda" in spec:
        chosen = spec["lambda"]
        arguments = [[LAMBDAS[n] for n in chosen] if isinstance(chosen, list) else LAMBDAS[chosen]]
    home = torch.optim.swa_utils if kind == "SWALR" else torch.optim.lr_scheduler
    return getattr(home, kind)(optimizer, *arguments, **keywords(spec.get("options", {})))


def spec(kind, *arguments, **options):
    return {"name": kind, "arguments": list(arguments), "options": options}


def chain(*children):
    return {"name": "ChainedScheduler", "children": list(children)}


def sequence(milestones, *children):
    return {"name": "SequentialLR", "children": list(children), "milestones": milestones}


def with_lambda(kind, chosen):
    return {"name": kind, "lambda": chosen}


SGD, ADAM = {"optimizer": "SGD", "options": {"momentum": 0.5}}, {"optimizer": "Adam", "options": {}}
one, two = [0.4], [0.5, 0.03]
SCHEDULERS = {
    "LambdaLR/one": (one, SGD, with_lambda("LambdaLR", "inverse")),
    "LambdaLR/each": (two, SGD, with_lambda("LambdaLR", ["shrink", "saw"])),
    "MultiplicativeLR/one": (two, SGD, with_lambda("MultiplicativeLR", "nine")),
    "StepLR/default": (two, SGD, spec("StepLR", 7)), "StepLR/gamma": (one, SGD, spec("StepLR", 4, gamma=0.7)),
    "MultiStepLR/twice": (two, SGD, spec("MultiStepLR", [5, 9, 9, 30], gamma=0.5)),
    "ConstantLR/default": (two, SGD, spec("ConstantLR")), "ConstantLR/options": (one, SGD, spec("ConstantLR", factor=0.2, totalIters=11)),
    "LinearLR/default": (two, SGD, spec("LinearLR")),
    "LinearLR/options": (one, SGD, spec("LinearLR", startFactor=0.1, endFactor=0.8, totalIters=23)),
    "LinearLR/down": (one, SGD, spec("LinearLR", startFactor=1.0, endFactor=0.25, totalIters=40)),
    "ExponentialLR/one": (two, SGD, spec("ExponentialLR", 0.93)),
    "PolynomialLR/default": (two, SGD, spec("PolynomialLR")),
    "PolynomialLR/options": (one, SGD, spec("PolynomialLR", totalIters=50, power=2.5)),
    "CosineAnnealingLR/periods": (two, SGD, spec("CosineAnnealingLR", 13)),
    "CosineAnnealingLR/etaMin": (one, SGD, spec("CosineAnnealingLR", 60, etaMin=0.02)),
    "CosineAnnealingWarmRestarts/even": (two, SGD, spec("CosineAnnealingWarmRestarts", 9)),
    "CosineAnnealingWarmRestarts/growing": (one, SGD, spec("CosineAnnealingWarmRestarts", 5, tMult=2, etaMin=0.01)),
    "CyclicLR/triangular": (two, SGD, spec("CyclicLR", 0.01, 0.3, stepSizeUp=7)),
    "CyclicLR/triangular2": (one, SGD, spec("CyclicLR", 0.05, 0.4, stepSizeUp=6, stepSizeDown=9, mode="triangular2",
                                            baseMomentum=0.7, maxMomentum=0.95)),
    "CyclicLR/exp_range": (two, SGD, spec("CyclicLR", [0.01, 0.02], [0.3, 0.5], stepSizeUp=10, mode="exp_range", gamma=0.97)),
    "CyclicLR/still": (one, ADAM, spec("CyclicLR", 0.001, 0.01, stepSizeUp=8, cycleMomentum=False)),
    "OneCycleLR/default": (two, SGD, spec("OneCycleLR", 0.5, totalSteps=61)),
    "OneCycleLR/linear": (one, ADAM, spec("OneCycleLR", 0.1, epochs=8, stepsPerEpoch=8, annealStrategy="linear", pctStart=0.45)),
    "OneCycleLR/three": (two, SGD, spec("OneCycleLR", [0.5, 0.2], totalSteps=70, threePhase=True, divFactor=10, finalDivFactor=100,
                                        baseMomentum=0.8, maxMomentum=0.9)),
    "OneCycleLR/still": (one, SGD, spec("OneCycleLR", 0.5, totalSteps=65, cycleMomentum=False, pctStart=0.2)),
    "ReduceLROnPlateau/default": (two, SGD, spec("ReduceLROnPlateau")),
    "ReduceLROnPlateau/options": (two, SGD, spec("ReduceLROnPlateau", factor=0.5, patience=2, threshold=0.05, cooldown=3,
                                                 minLr=[0.01, 0.0])),
    "ReduceLROnPlateau/max": (one, SGD, spec("ReduceLROnPlateau", mode="max", patience=4, thresholdMode="abs", threshold=0.01)),
    "ReduceLROnPlateau/eps": (one, SGD, spec("ReduceLROnPlateau", factor=0.3, patience=0, eps=1e-3)),
    "SWALR/default": (two, SGD, spec("SWALR", 0.05)), "SWALR/linear": (two, SGD, spec("SWALR", [0.05, 0.02], annealEpochs=7,
                                                                                     annealStrategy="linear")),
    "SWALR/at-once": (one, SGD, spec("SWALR", 0.1, annealEpochs=0)),
    "ChainedScheduler/constant-exponential": (two, SGD, chain(spec("ConstantLR", factor=0.1, totalIters=5), spec("ExponentialLR", 0.95))),
    "ChainedScheduler/linear-step-cosine": (one, SGD, chain(spec("LinearLR", startFactor=0.2, totalIters=8), spec("StepLR", 10, gamma=0.6),
                                                            spec("CosineAnnealingLR", 60))),
    "ChainedScheduler/multiplicative-polynomial": (one, SGD, chain(with_lambda("MultiplicativeLR", "nine"),
                                                                   spec("PolynomialLR", totalIters=45, power=1.5))),
    "SequentialLR/constant-exponential": (two, SGD, sequence([6], spec("ConstantLR", factor=0.1, totalIters=3), spec("ExponentialLR", 0.9))),
    "SequentialLR/three": (one, SGD, sequence([8, 30], spec("LinearLR", startFactor=0.1, totalIters=8), spec("CosineAnnealingLR", 22),
                                              with_lambda("LambdaLR", "shrink"))),
    "SequentialLR/many": (one, SGD, sequence([5, 15, 25, 40], spec("StepLR", 2), with_lambda("MultiplicativeLR", "nine"),
                                             spec("PolynomialLR", totalIters=12), spec("MultiStepLR", [3, 6]),
                                             spec("CosineAnnealingWarmRestarts", 6))),
}

schedulers = []
for name, (rates, base, description) in SCHEDULERS.items():
    parameters = [torch.nn.Parameter(torch.zeros(1)) for _ in rates]
    groups = [{"params": [p], "lr": lr} for p, lr in zip(parameters, rates)]
    optimizer = getattr(torch.optim, base["optimizer"])(groups, lr=0.1, **base["options"])
    scheduler = make(description, optimizer)
    plateau = description["name"] == "ReduceLROnPlateau"

    def now():
        rows = []
        for group in optimizer.param_groups:
            momentum = group["betas"][0] if "betas" in group else group["momentum"]
            rows.append([golden.number(float(group["lr"]), 17), golden.number(float(momentum), 17)])
        return rows

    path = [now()]
    for i in range(60):
        optimizer.step()
        scheduler.step(BUMPY[i]) if plateau else scheduler.step()
        path.append(now())
    schedulers.append({"id": name, "scheduler": description["name"], "rates": rates, "base": base, "spec": description, "path": path})

# ---------------------------------------------------------------- clipping

ordinary = [[3.0, -4.0, 0.5], [[1.0, 2.0], [-2.0, 0.25]], [7.5]]
SETS = {"ordinary": ordinary, "small": [[0.01, -0.02], [0.003]], "zero": [[0.0, 0.0], [0.0]],
        "infinite": [[math.inf, 1.0], [2.0, -3.0]], "minus": [[-math.inf, 1.0], [2.0]], "nan": [[math.nan, 1.0], [2.0, -3.0]]}
CLIPS = [("clipGradNorm_", limit, {"normType": p}) for limit in (1.0, 100.0) for p in (2.0, 1.0, 3.0, "inf")] + [
    ("clipGradValue_", 1.5, {})]


def clipped(function, limit, options, values):
    parameters = []
    for v in values:
        gradient = torch.tensor(v, dtype=torch.float32)
        parameter = torch.nn.Parameter(torch.zeros_like(gradient))
        parameter.grad = gradient
        parameters.append(parameter)
    if function == "clipGradNorm_":
        total = golden.number(float(torch.nn.utils.clip_grad_norm_(parameters, limit, float(options["normType"]))))
    else:
        total = torch.nn.utils.clip_grad_value_(parameters, limit)
    return total, [golden.flat(p.grad) for p in parameters]


clips = []
for label, values in SETS.items():
    for function, limit, options in CLIPS:
        total, after = clipped(function, limit, options, values)
        clips.append({"id": f"{function}/{label}/{limit:g}/{options.get('normType', '')}", "function": function, "limit": limit,
                      "options": options, "gradients": [golden.encode(torch.tensor(v)) for v in values], "total": total, "after": after})

golden.write(Path(__file__).parent / "optim.json", {
    "torch": torch.__version__, "saved": SAVED,
    "problem": {k: golden.encode(v) for k, v in {"features": features, "wanted": wanted, **start}.items()},
    "optimizers": optimizers, "metrics": [golden.number(m, 17) for m in BUMPY], "schedulers": schedulers, "clips": clips})
print(f"{len(optimizers)} paths of optimizers (float32 within {worst:.1e}), {len(schedulers)} of schedulers, {len(clips)} clips")
