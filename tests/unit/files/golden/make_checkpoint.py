"""A training run in PyTorch, saved by torch.save after three steps (checkpoint.pt), and what three more steps give (checkpoint.json).

Also containers.pt, with one of everything that may be in such a file, and refused.pt, with a whole model. Made with
PyTorch 2.15 (NAdam had an error before 2.0): python3 make_checkpoint.py
"""
import json
from pathlib import Path

import torch
from torch import nn

HERE = Path(__file__).parent

torch.manual_seed(42)
model = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1, bias=False), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(48, 4))
optimizer = torch.optim.NAdam(model.parameters(), lr=0.02, weight_decay=0.01)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)
x = torch.randn(8, 1, 4, 4)
y = torch.randint(0, 4, (8,))


def steps(count):
    losses = []
    for _ in range(count):
        loss = nn.functional.cross_entropy(model(x), y)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
    return losses


steps(3)
torch.save(
    {"epoch": 3, "model": model.state_dict(), "optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict()},
    HERE / "checkpoint.pt",
)
losses = steps(3)
model.eval()
expected = {
    "torch": torch.__version__,
    "x": x.flatten().tolist(),
    "y": y.tolist(),
    "losses": losses,
    "lr": optimizer.param_groups[0]["lr"],
    "logits": model(x).flatten().tolist(),
}
(HERE / "checkpoint.json").write_text(json.dumps(expected) + "\n")

base = torch.arange(12, dtype=torch.float32)
torch.save(
    {
        "view": base.reshape(3, 4).t()[1:, ::2],
        "same": base,
        "half": torch.tensor([0.5, -2], dtype=torch.float16),
        "bfloat": torch.tensor([0.5, -2], dtype=torch.bfloat16),
        "double": torch.tensor(2.5, dtype=torch.float64),
        "long": torch.tensor([[1, -2]]),
        "byte": torch.tensor([255], dtype=torch.uint8),
        "bool": torch.tensor([True, False]),
        "empty": torch.zeros(0, 3),
        "parameter": nn.Parameter(torch.ones(2)),
        "size": torch.Size([2, 3]),
        "nested": [(1, -2, 2**40), {"a": None, 5: 1.5}, "größe", True, []],
    },
    HERE / "containers.pt",
)
torch.save(nn.Linear(2, 1), HERE / "refused.pt")
