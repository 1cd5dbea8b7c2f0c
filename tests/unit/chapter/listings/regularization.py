"""l1, l2, parameter groups, dropout and MC dropout, max-norm. What dropout draws is not compared: only what follows from it."""
import torch
from torch import nn
from torch.nn import functional as F


def problem():
    torch.manual_seed(42)
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.BatchNorm1d(16), nn.Linear(16, 3))
    return model, torch.randn(48, 8), torch.randint(0, 3, (48,))


def train(model, optimizer, X, y, penalty=lambda: 0.0, after=lambda: None, steps=5):
    losses = []
    for _ in range(steps):
        loss = F.cross_entropy(model(X), y) + penalty()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        after()
        losses.append(loss.item())
    return losses, model[0].weight


def weight_decay():
    model, X, y = problem()
    return train(model, torch.optim.SGD(model.parameters(), lr=0.05, weight_decay=1e-2), X, y)


def l2_by_hand():
    model, X, y = problem()
    chosen = [p for name, p in model.named_parameters() if "bias" not in name]
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    return train(model, optimizer, X, y, lambda: 1e-2 * sum(p.pow(2.0).sum() for p in chosen))


def l1_by_hand():
    model, X, y = problem()
    chosen = [p for name, p in model.named_parameters() if "bias" not in name]
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    return train(model, optimizer, X, y, lambda: 1e-3 * sum(p.abs().sum() for p in chosen))


def parameter_groups():
    model, X, y = problem()
    plain = [p for name, p in model.named_parameters() if "bias" in name or name.startswith("2.")]
    decayed = [p for name, p in model.named_parameters() if not ("bias" in name or name.startswith("2."))]
    optimizer = torch.optim.SGD([{"params": decayed, "weight_decay": 1e-2}, {"params": plain}], lr=0.05)
    return train(model, optimizer, X, y)


def apply_max_norm(model, max_norm=2.0, epsilon=1e-8, dim=1):
    with torch.no_grad():
        for name, param in model.named_parameters():
            if "bias" not in name and param.ndim > 1:
                actual = param.norm(p=2, dim=dim, keepdim=True)
                target = torch.clamp(actual, 0, max_norm)
                param *= target / (epsilon + actual)


def max_norm():
    model, X, y = problem()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    losses, weight = train(model, optimizer, X, y, after=lambda: apply_max_norm(model, max_norm=0.5))
    return losses, weight, weight.norm(p=2, dim=1).max()


def dropout_model():
    torch.manual_seed(42)
    return nn.Sequential(nn.Flatten(), nn.Dropout(p=0.2), nn.Linear(16, 20), nn.ReLU(), nn.Dropout(p=0.2),
                         nn.Linear(20, 20), nn.ReLU(), nn.Dropout(p=0.2), nn.Linear(20, 10))


def dropout_off():
    model = dropout_model()
    X = torch.randn(3, 4, 4)
    model.eval()
    return (model(X),)


def mc_dropout():
    model = dropout_model()
    X = torch.randn(3, 4, 4)
    model.eval()
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.train()
    with torch.no_grad():
        repeated = X.repeat_interleave(100, dim=0)
        logits = model(repeated)
        probabilities = torch.softmax(logits, dim=1).reshape(3, 100, 10)
        y_mean, y_std = probabilities.mean(dim=1), probabilities.std(dim=1)
    return list(repeated.shape), y_mean.sum(dim=1), bool((y_std > 0).all()), list(y_std.shape)
