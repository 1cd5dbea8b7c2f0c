"""The twin of derivatives.ts."""
import torch
from place import DEVICE


def derivatives(shape, build):
    torch.manual_seed(42)
    x = torch.randn(shape).to(DEVICE).requires_grad_()
    f, parameters = build()
    leaves = [x, *parameters]
    gradient = torch.randn(f(x).shape).to(DEVICE)
    kept = []

    def run(iterations):
        nonlocal kept
        for _ in range(iterations):
            kept = []
            y = f(x)
            y.backward(gradient)
            kept = [y.detach(), *(leaf.grad for leaf in leaves)]
            for leaf in leaves:
                leaf.grad = None

    return run, lambda: sum(result.abs().mean().item() for result in kept)
