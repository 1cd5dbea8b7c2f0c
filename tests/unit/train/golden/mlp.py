import torch
from torch import nn

model = nn.Sequential(
    nn.Flatten(),
    nn.Linear(16, 8),
    nn.ReLU(),
    nn.Linear(8, 8),
    nn.ReLU(),
    nn.Linear(8, 8),
    nn.ReLU(),
    nn.Linear(8, 3),
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True)
loss_fn = nn.CrossEntropyLoss(label_smoothing=0.1)


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
            nn.utils.clip_grad_norm_(model.parameters(), 1)
            optimizer.step()
            total += loss.item() * len(targets)
            count += len(targets)
        history.append(total / count)
        print(f"epoch {epoch + 1}/{epochs}: loss {history[-1]:.4f}")
    return history
