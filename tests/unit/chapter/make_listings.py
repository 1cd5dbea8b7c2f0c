"""Writes listings.json: what each listing in listings/*.py gives. Run it with a Python that has PyTorch 2 (the NAdam of 1.13 differs)."""
import importlib
import inspect
import json
import sys
from pathlib import Path

import torch

HERE = Path(__file__).parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE / "listings"))


def number(value):
    return float(f"{value:.8g}")


def plain(value):
    """A tensor as its shape, its first values and two sums; everything else as it is."""
    if isinstance(value, torch.Tensor):
        flat = value.detach().double().flatten()
        return {"shape": list(value.shape), "head": [number(v) for v in flat[:6].tolist()],
                "sum": number(flat.sum().item()), "norm": number(flat.norm().item())}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return number(value) if isinstance(value, float) else value


found = {}
for path in sorted((HERE / "listings").glob("*.py")):
    module = importlib.import_module(path.stem)
    calls = [(name, f) for name, f in vars(module).items()
             if inspect.isfunction(f) and f.__module__ == path.stem and not inspect.signature(f).parameters]
    helpers = {"problem", "optimizer", "dropout_model"}
    found[path.stem] = {name: plain(f()) for name, f in calls if name not in helpers}
(HERE / "listings.json").write_text(json.dumps(found, separators=(",", ":")).replace('"},"', '"},\n"').replace('},"', '},\n"') + "\n")
