"""Training steps on one fixed batch, as in step.ts."""
import torch
from torch.nn import functional as F


def training_steps(build):
    torch.manual_seed(42)
    model, optimizer = build()
    images, labels = torch.randn(32, 784), torch.randint(0, 10, (32,))

    def run(iterations):
        for _ in range(iterations):
            loss = F.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        return loss.item()

    return run
