"""Initialisation: He by hand and by function, for a whole model, and for leaky ReLU."""
import torch
from torch import nn


def he_by_hand():
    torch.manual_seed(42)
    layer = nn.Linear(40, 10)
    layer.weight.data *= 6 ** 0.5  # the default is uniform within 1 / sqrt(fan_in): He's bound is sqrt(6) times that
    torch.zero_(layer.bias.data)
    return layer.weight, layer.bias


def he_by_function():
    torch.manual_seed(42)
    layer = nn.Linear(40, 10)
    nn.init.kaiming_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer.weight, layer.bias


def use_he_init(module):
    if isinstance(module, nn.Linear):
        nn.init.kaiming_uniform_(module.weight)
        nn.init.zeros_(module.bias)


def he_everywhere():
    torch.manual_seed(42)
    model = nn.Sequential(nn.Linear(50, 40), nn.ReLU(), nn.Linear(40, 1), nn.ReLU())
    model.apply(use_he_init)
    return model[0].weight, model[2].weight, model[2].bias, model(torch.ones(3, 50))


def leaky_relu_init():
    torch.manual_seed(42)
    alpha = 0.2
    model = nn.Sequential(nn.Linear(50, 40), nn.LeakyReLU(negative_slope=alpha))
    nn.init.kaiming_uniform_(model[0].weight, alpha, nonlinearity="leaky_relu")
    return model[0].weight, model[0].weight.abs().max(), model(torch.ones(3, 50))


def lecun_by_hand():
    torch.manual_seed(42)
    layer = nn.Linear(50, 40)
    layer.weight.data *= 3 ** 0.5
    nn.init.zeros_(layer.bias)
    return layer.weight, layer.weight.std()


def orthogonal():
    torch.manual_seed(42)
    layer = nn.Linear(40, 50)
    nn.init.orthogonal_(layer.weight)
    return (layer.weight.T @ layer.weight,)
