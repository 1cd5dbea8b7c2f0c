"""One module, one case: PyTorch's class for each module's name, and `module_case`, which computes, checks and records. No cases."""
import re

import torch
from torch import nn

import golden
from operations import weighted, worst

modules = []
BUILD = {}  # modules that PyTorch 1.13 lacks, or lacks an option of; others are those of torch.nn


def keyword(name):
    """startDim -> start_dim"""
    return re.sub("[A-Z]", lambda letter: "_" + letter.group().lower(), name)


def run_module(kind, arguments, options, state, steps, dtype):
    keywords = {keyword(k): v for k, v in options.items()}
    if "weight" in keywords:
        keywords["weight"] = torch.tensor(keywords["weight"], dtype=dtype)
    module = BUILD.get(kind, getattr(nn, kind, None))(*arguments, **keywords).to(dtype)
    if state:
        module.load_state_dict({k: v.to(dtype) if v.is_floating_point() else v for k, v in state.items()}, strict=False)
    done = []
    for mode, inputs in steps:
        module.train(mode == "train")
        leaves = [i.detach().to(dtype).requires_grad_() if i.is_floating_point() else i for i in inputs]
        module.zero_grad()
        output = module(*leaves)
        weighted([output]).backward()
        done.append((mode, inputs, output.detach(), [leaf.grad for leaf in leaves],
                     {k: p.grad.clone() for k, p in module.named_parameters()},
                     {k: b.clone() for k, b in module.named_buffers()}))
    return done


def module_case(name, arguments, steps, state=None, **options):
    kind = name.split("/")[0]
    done = run_module(kind, arguments, options, state, steps, torch.float64)
    half = run_module(kind, arguments, options, state, steps, torch.float32)
    for (_, _, o1, g1, p1, b1), (_, _, o2, g2, p2, b2) in zip(half, done):
        for a, b in [(o1, o2), *((a, b) for a, b in zip(g1, g2) if b is not None), *((p1[k], p2[k]) for k in p2),
                     *((b1[k], b2[k]) for k in b2)]:
            error = golden.disagreement(a, b)
            worst["float32"] = max(worst["float32"], error)
            assert error < golden.RELATIVE, f"{name}: PyTorch's float32 differs by {error}"
    modules.append({
        "id": name, "module": kind, "arguments": arguments, "options": options,
        "state": {k: golden.encode(v) for k, v in (state or {}).items()},
        "steps": [{"mode": mode, "inputs": [golden.encode(i) for i in inputs], "output": golden.encode(output),
                   "gradients": [None if g is None else golden.flat(g) for g in gradients],
                   "parameterGradients": {k: golden.encode(v) for k, v in parameters.items()},
                   "buffers": {k: golden.encode(v) for k, v in buffers.items()}}
                  for mode, inputs, output, gradients, parameters, buffers in done]})
