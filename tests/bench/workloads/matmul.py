"""The twin of matmul.ts."""
import numpy as np


def prepare(sizes):
    m, k, n = map(int, sizes.split())

    def operand(rows, columns, step):
        return ((np.arange(rows * columns) * step % 17) - 8).astype(np.float32).reshape(rows, columns)

    a, b = operand(m, k, 5), operand(k, n, 7)
    product = np.empty((m, n), np.float32)

    def run(iterations):
        for _ in range(iterations):
            np.matmul(a, b, out=product)

    return run, lambda: float(np.abs(product).mean(dtype=np.float64))
