"""Runs a program of toPyTorch with our parameters and prints, as JSON, the largest differences to our outputs and losses.

Called by make_pytorch.ts: run_pytorch.py PROGRAM FOLDER NAME LOSSES
"""

import contextlib
import io
import json
import sys
from pathlib import Path

import numpy as np
import torch

program, folder, name, losses = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], json.loads(sys.argv[4])
scope = {}
exec(compile(program.read_text(), str(program), "exec"), scope)
model = scope["model"]
state = {key: torch.from_numpy(value) for key, value in np.load(folder / f"{name}-state.npz").items()}
model.load_state_dict(state)
ours = {key: torch.from_numpy(value) for key, value in np.load(folder / f"{name}.npz").items()}
result = {"torch": torch.__version__}
model.eval()
if "output" in ours:
    with torch.no_grad():
        result["output"] = (model(ours["input"]) - ours["output"]).abs().max().item()
else:
    try:
        model(ours["input"])
    except NotImplementedError as error:
        result["refuses"] = str(error)
if "targets" in ours:
    targets = ours["targets"].long() if ours["targets"].dtype == torch.int32 else ours["targets"]
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        theirs = scope["fit"](model, [(ours["input"], targets)])
    assert printed.getvalue().count("\n") == len(losses)
    result["losses"] = max(abs(a - b) for a, b in zip(theirs, losses, strict=True))
print(json.dumps(result))
