"""Writes transforms.json: affine maps of two small images by PyTorch's grid_sample, the pixel places computed in float64.

Run with a Python that has torch (made with Debian's 1.13). Angles are clockwise, as torchvision's.
"""

import json
import math
import pathlib

import torch

torch.manual_seed(42)
x = torch.rand(2, 2, 5, 7)
maps = [
    [{"angle": 0, "translate": [2, -1], "scale": 1}, {"angle": 90, "translate": [0, 0], "scale": 1}],
    [{"angle": 20, "translate": [1, 0], "scale": 1.3}, {"angle": -35, "translate": [-1, 2], "scale": 0.8}],
]


def grid(angle, translate, scale):
    """For each place of the result, the place in the image, as grid_sample wants it: -1 and 1 are the outermost pixels."""
    height, width = x.shape[2:]
    radians = math.radians(angle)
    rows = []
    for i in range(height):
        row = []
        for j in range(width):
            down, right = i - (height - 1) / 2 - translate[1], j - (width - 1) / 2 - translate[0]
            column = (math.cos(radians) * right + math.sin(radians) * down) / scale + (width - 1) / 2
            line = (math.cos(radians) * down - math.sin(radians) * right) / scale + (height - 1) / 2
            row.append([2 * column / (width - 1) - 1, 2 * line / (height - 1) - 1])
        rows.append(row)
    return rows


cases = []
for pair in maps:
    grids = torch.tensor([grid(**each) for each in pair], dtype=torch.float64)
    for mode in ("nearest", "bilinear"):
        y = torch.nn.functional.grid_sample(x.double(), grids, mode=mode, align_corners=True)
        cases.append({"maps": pair, "interpolation": mode, "y": [round(v, 7) for v in y.flatten().tolist()]})
result = {"torch": torch.__version__, "x": x.flatten().tolist(), "shape": list(x.shape), "cases": cases}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(result) + "\n")
