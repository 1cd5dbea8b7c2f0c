"""Prints tensors with PyTorch, so that ours can be compared: python3 printing.py > printing.json"""

import json
import torch

NAN, INF = float("nan"), float("inf")


def numbers(count, start=0.0, step=1.0):
    return {"count": count, "start": start, "step": step}


def values_of(given):
    return [given["start"] + i * given["step"] for i in range(given["count"])] if isinstance(given, dict) else given


# name: (values, shape, dtype)
CASES = {
    "0-d": ([1.5], [], "float32"),
    "0-d whole": ([3.0], [], "float32"),
    "0-d int": ([7], [], "int32"),
    "0-d bool": ([1], [], "bool"),
    "0-d nan": ([NAN], [], "float32"),
    "0-d small": ([1e-7], [], "float32"),
    "0-d large": ([123456789.0], [], "float32"),
    "0-d negative": ([-0.25], [], "float32"),
    "whole": ([1.0, 2.0, 3.0], [3], "float32"),
    "whole negative": ([-1.0, 20.0, 300.0], [3], "float32"),
    "fractions": ([0.1, 0.25, -3.14159], [3], "float32"),
    "zeros": ([0.0] * 4, [2, 2], "float32"),
    "negative zero": ([-0.0, 0.0, 1.0], [3], "float32"),
    "wide range": ([1e-3, 1.0, 1e4], [3], "float32"),
    "wide range negative": ([-1e-5, 2.0, 3e6], [3], "float32"),
    "small": ([1e-5, 2e-5, 3e-5], [3], "float32"),
    "below 1e-4": ([0.00005, 0.5], [2], "float32"),
    "exactly 1e-4": ([0.0001, 0.05], [2], "float32"),
    "large whole": ([1e8, 2e8], [2], "float32"),
    "larger whole": ([1e9, 2e9], [2], "float32"),
    "large fractions": ([1e5 + 0.5, 2e5 + 0.5], [2], "float32"),
    "whole of a wide range": ([1.0, 5000.0], [2], "float32"),
    "thousands": ([1000.5, 1.0], [2], "float32"),
    "nan and inf": ([NAN, INF, -INF, 1.0], [4], "float32"),
    "nan and inf and fractions": ([NAN, INF, -INF, 1.25], [4], "float32"),
    "only inf": ([INF, -INF], [2], "float32"),
    "3.4e38": ([3.4e38, 1.0], [2], "float32"),
    "denormal": ([1e-42, 1.0], [2], "float32"),
    "halves": ([0.03125, 0.09375, -0.03125, 100.125, 2.5], [5], "float32"),
    "ints": ([1, -20, 300], [3], "int32"),
    "large ints": ([2147483647, -2147483648], [2], "int32"),
    "bools": ([1, 0, 1, 1], [2, 2], "bool"),
    "matrix": (numbers(6, 0.5), [2, 3], "float32"),
    "3-d": (numbers(12, -2.5), [2, 2, 3], "float32"),
    "4-d": (numbers(8), [2, 2, 1, 2], "float32"),
    "line of 30": (numbers(30, 0.0, 0.37), [30], "float32"),
    "rows of 28 ints": (numbers(56, -3, 7), [2, 28], "int32"),
    "line of 40 bools": ([i % 3 == 0 for i in range(40)], [40], "bool"),
    "1000": (numbers(1000), [1000], "float32"),
    "1001": (numbers(1001), [1001], "float32"),
    "long matrix": (numbers(2000, 0.5), [500, 4], "float32"),
    "wide matrix": (numbers(2000, -7.25, 0.5), [4, 500], "float32"),
    "large 3-d": (numbers(4000, 0.0, 0.125), [10, 20, 20], "float32"),
    "large ints 2-d": (numbers(1200), [30, 40], "int32"),
    "extreme hidden by the dots": (numbers(1201, -6e9, 1e7), [1201], "float32"),
    "empty": ([], [0], "float32"),
    "empty matrix": ([], [0, 3], "float32"),
    "empty ints": ([], [0], "int32"),
    "empty rows": ([], [2, 0], "bool"),
    "one element": ([0.3333333], [1, 1], "float32"),
}

TYPES = {"float32": torch.float32, "int32": torch.int32, "bool": torch.bool}


def plain(x):
    return x if x == x and abs(x) != INF else str(x)


golden = []
for name, (values, shape, dtype) in CASES.items():
    tensor = torch.tensor(values_of(values), dtype=TYPES[dtype]).reshape(shape)
    entry = {"name": name, "shape": shape, "dtype": dtype, "printed": repr(tensor)}
    golden.append({**entry, "values": values if isinstance(values, dict) else [plain(x) for x in values]})

print(json.dumps({"torch": torch.__version__, "tensors": golden}, separators=(",", ":")).replace('{"name"', '\n{"name"'))
