import torch
from torch import nn

model = nn.Sequential(
    nn.Conv2d(2, 4, 3, padding=1, bias=False),
    nn.BatchNorm2d(4),
    nn.GELU(approximate="tanh"),
    nn.MaxPool2d(2),
    nn.Dropout2d(0.25),
    nn.Conv2d(4, 6, (1, 2), stride=(1, 2), groups=2),
    nn.LeakyReLU(negative_slope=0.2),
    nn.AdaptiveAvgPool2d((2, 1)),
    nn.Flatten(),
    nn.Linear(12, 3),
    nn.LogSoftmax(dim=1),
)
