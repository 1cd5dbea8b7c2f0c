"""What the golden scripts share: tensors as JSON, fixed weights, the criterion of agreement. No cases live here."""
import json
import math
from pathlib import Path

import torch

NAMES = {torch.float32: "float32", torch.float64: "float32", torch.int64: "int32", torch.int32: "int32", torch.bool: "bool"}
RELATIVE = 1e-5
FLOOR = 1e-2  # the smallest scale a tensor is given: differences below RELATIVE * FLOOR = 1e-7 never count


def number(value, digits=8):
    """A JSON number of `digits` significant digits; infinities and NaN as strings."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    text = float(f"%.{digits}g" % value)
    return int(text) if text.is_integer() and abs(text) < 1e15 and math.copysign(1, text) > 0 else text


def flat(t, digits=8):
    return [number(v, digits) for v in t.detach().reshape(-1).tolist()]


def encode(t, digits=8):
    return {"dtype": NAMES[t.dtype], "shape": list(t.shape), "data": flat(t, digits)}


def weights(count, dtype=torch.float32):
    """The fixed weights of the sum that gradients are taken of: w[i] = ((7 i + 3) mod 11 - 4.5) / 4."""
    return torch.tensor([((7 * i + 3) % 11 - 4.5) / 4 for i in range(count)], dtype=dtype)


def scale(t):
    t = t.double()
    t = t[torch.isfinite(t)]
    return max(FLOOR, float(t.pow(2).mean().sqrt()) if t.numel() else 0.0)


def disagreement(a, b):
    """The largest |a - b| / max(|b|, scale(b)); infinities and NaN must coincide, else it is infinite."""
    a, b = a.detach().double(), b.detach().double()
    if a.shape != b.shape:
        return math.inf
    finite = torch.isfinite(b)
    same = (a == b) | (torch.isnan(a) & torch.isnan(b))
    if not bool((finite | same).all()) or not bool(torch.isfinite(a[finite]).all()):
        return math.inf
    if not bool(finite.any()):
        return 0.0
    return float(((a - b).abs() / b.abs().clamp(min=scale(b)))[finite].max())


def write(path, document):
    text = json.dumps(document, separators=(",", ":"), allow_nan=False)
    # one case a line: a readable diff when one changes
    text = text.replace('{"id":', '\n{"id":')
    Path(path).write_text(text + "\n")
    print(f"{path}: {len(text) / 1e6:.2f} MB")
