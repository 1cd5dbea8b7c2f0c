import torch
from torch import nn

model = nn.Sequential(
    nn.Linear(6, 8, bias=False),
    nn.BatchNorm1d(8, momentum=0.01),
    nn.Tanh(),
    nn.Sequential(
        nn.Linear(8, 8),
        nn.LayerNorm((8,)),
        nn.SiLU(),
    ),
    nn.Linear(8, 2),
)
model.get_parameter("0.weight").requires_grad_(False)
parameters = dict(model.named_parameters())
optimizer = torch.optim.Adam(
    [
        {"params": [parameters[name] for name in ["3.0.weight", "4.weight"]], "lr": 0.01, "betas": (0.8, 0.99), "weight_decay": 0.1},
        {"params": [parameters[name] for name in ["1.weight", "1.bias", "3.0.bias", "3.1.weight", "3.1.bias", "4.bias"]], "lr": 0.05, "betas": (0.8, 0.99)},
    ],
    lr=0.01,
)
loss_fn = nn.HuberLoss(delta=0.5)


def fit(model, loader, epochs=5):
    """Trains on batches of inputs and targets; gives the average loss of each epoch."""
    history = []
    for epoch in range(epochs):
        model.train()
        total, count = 0.0, 0
        for inputs, targets in loader:
            outputs = model(inputs)
            loss = loss_fn(outputs, targets)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_value_(model.parameters(), 0.5)
            optimizer.step()
            total += loss.item() * len(targets)
            count += len(targets)
        history.append(total / count)
        print(f"epoch {epoch + 1}/{epochs}: loss {history[-1]:.4f}")
    return history
