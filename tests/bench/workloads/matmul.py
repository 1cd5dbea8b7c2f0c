"""The twin of matmul.ts."""
import os

import numpy as np

cuda = os.environ.get("GRADBOOK_TORCH_DEVICE") == "cuda"


def prepare(sizes):
    m, k, n = map(int, sizes.split())

    def operand(rows, columns, step):
        return ((np.arange(rows * columns) * step % 17) - 8).astype(np.float32).reshape(rows, columns)

    a, b = operand(m, k, 5), operand(k, n, 7)
    if cuda:
        return on_gpu(a, b)
    product = np.empty((m, n), np.float32)

    def run(iterations):
        for _ in range(iterations):
            np.matmul(a, b, out=product)

    return run, lambda: float(np.abs(product).mean(dtype=np.float64))


def on_gpu(a, b):
    import torch

    left, right = torch.from_numpy(a).to("cuda"), torch.from_numpy(b).to("cuda")
    product = left @ right

    def run(iterations):
        for _ in range(iterations):
            torch.matmul(left, right, out=product)

    return run, lambda: product.abs().mean(dtype=torch.float64).item()
