"""The twin of matmul.ts."""
import numpy as np


def prepare(size):
    n = int(size)

    def operand(step):
        return ((np.arange(n * n) * step % 17) - 8).astype(np.float32).reshape(n, n)

    a, b = operand(5), operand(7)
    product = np.empty_like(a)

    def run(iterations):
        for _ in range(iterations):
            np.matmul(a, b, out=product)

    return run, lambda: float(np.abs(product).mean(dtype=np.float64))
