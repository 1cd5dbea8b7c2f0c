"""Batch norm after and before the activations, what it holds, folding it away; layer norm and its formula."""
import torch
from torch import nn
from torch.nn import functional as F


def batch(n=32):
    return torch.rand(n, 1, 28, 28), torch.randint(0, 10, (n,))


def batch_norm_after():
    torch.manual_seed(42)
    model = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(1 * 28 * 28),
                          nn.Linear(1 * 28 * 28, 300), nn.ReLU(), nn.BatchNorm1d(300),
                          nn.Linear(300, 100), nn.ReLU(), nn.BatchNorm1d(100), nn.Linear(100, 10))
    X, y = batch()
    loss = F.cross_entropy(model(X), y)
    loss.backward()
    model.eval()
    return loss, model[1].running_mean, model[1].running_var, model[4].weight.grad, model(X)


def what_it_holds():
    bn = nn.BatchNorm1d(784)
    return ([name for name, _ in bn.named_parameters()], [list(p.shape) for p in bn.parameters()],
            [name for name, _ in bn.named_buffers()], [list(b.shape) for b in bn.buffers()])


def batch_norm_before():
    torch.manual_seed(42)
    model = nn.Sequential(nn.Flatten(), nn.Linear(1 * 28 * 28, 300, bias=False), nn.BatchNorm1d(300), nn.ReLU(),
                          nn.Linear(300, 100, bias=False), nn.BatchNorm1d(100), nn.ReLU(), nn.Linear(100, 10))
    X, y = batch()
    loss = F.cross_entropy(model(X), y)
    loss.backward()
    return loss, model[1].weight.grad, model[2].bias.grad, sum(p.numel() for p in model.parameters())


def fold_by_hand():
    torch.manual_seed(42)
    linear, bn = nn.Linear(20, 10), nn.BatchNorm1d(10)
    for _ in range(5):
        bn(linear(torch.randn(16, 20) * 3 + 1))
    bn.eval()
    scale = bn.weight / torch.sqrt(bn.running_var + bn.eps)
    folded = nn.Linear(20, 10)
    folded.weight.data = linear.weight * scale.unsqueeze(1)
    folded.bias.data = scale * (linear.bias - bn.running_mean) + bn.bias
    X = torch.randn(4, 20)
    return bn(linear(X)), folded(X)


def layer_norm_images():
    torch.manual_seed(42)
    inputs = torch.randn(32, 3, 100, 200)
    result = nn.LayerNorm([100, 200])(inputs)
    means = inputs.mean(dim=[2, 3], keepdim=True)
    variances = inputs.var(dim=[2, 3], keepdim=True, unbiased=False)
    by_hand = (inputs - means) / torch.sqrt(variances + 1e-5)
    return result, torch.allclose(result, by_hand, atol=1e-6), nn.LayerNorm([3, 100, 200])(inputs)
