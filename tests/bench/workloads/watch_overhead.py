"""The twin of watch-overhead.ts: PyTorch's hooks take the statistics of lib/train/run.ts at every one of the first hundred steps,
and then at as many as watch() takes at most: fifty while the number of steps grows by the factor e."""
import math
import time

import torch
from torch import optim
from torch.nn import functional as F

from training import classifier

DENSE, DENSITY = 100, 50


def is_sampled(step):
    return step < DENSE or math.floor(DENSITY * math.log(step)) != math.floor(DENSITY * math.log(step - 1))


def histogram(x):
    """64 bins on a symmetric logarithmic scale."""
    exponent = torch.clamp(torch.floor(2 * torch.log2(x.abs() + 1e-30)) + 20, 0, 31)
    return torch.histc(torch.where(x < 0, -1 - exponent, exponent), 64, -32, 32)


def values(x):
    return [x.mean(), x.std(unbiased=False), x.norm(), x.min(), x.max(), (x == 0).float().mean(),
            torch.isnan(x).sum(), torch.isinf(x).sum()]


class Watch:
    """Statistics of each Linear layer and the activation behind it."""

    def __init__(self, model):
        self.step, self.record, self.kept = 0, [], []
        self.heads = [module for module in model if hasattr(module, "weight")]
        for i, module in enumerate(model):
            if module in self.heads:
                module.register_forward_hook(self.input_sum)
            if module not in self.heads or i == len(model) - 1:
                module.register_forward_hook(self.output)

    def input_sum(self, _module, _inputs, output):
        if is_sampled(self.step):
            x = output.detach()
            self.kept += [x.mean(), x.std(unbiased=False), histogram(x)]
            output.register_hook(self.gradient)

    def output(self, _module, _inputs, output):
        if is_sampled(self.step):
            x = output.detach()
            self.kept += [*values(x), x.std(0, unbiased=False).mean(), (x > 0).any(0).float(), histogram(x)]

    def gradient(self, gradient):
        self.kept += [*values(gradient), histogram(gradient)]

    def before_update(self):
        if not is_sampled(self.step):
            return
        with torch.no_grad():
            self.before = [torch.cat([p.flatten() for p in head.parameters()]) for head in self.heads]
            for head, weights in zip(self.heads, self.before):
                gradients = torch.cat([p.grad.flatten() for p in head.parameters()])
                self.kept += [*values(weights), histogram(weights), *values(gradients)]

    def after_update(self):
        if is_sampled(self.step):
            with torch.no_grad():
                for head, before in zip(self.heads, self.before):
                    after = torch.cat([p.flatten() for p in head.parameters()])
                    self.kept.append((after - before).norm() / before.norm())
            self.record.append(torch.cat([x.float().flatten() for x in self.kept]))
            self.kept = []
        self.step += 1


class Run:
    """A new network with its batch; what it takes of its hooks is as `watched` says."""

    def __init__(self, watched):
        torch.manual_seed(42)
        self.model = classifier()
        self.optimizer = optim.SGD(self.model.parameters(), lr=0.05)
        self.images, self.labels = torch.randn(32, 784), torch.randint(0, 10, (32,))
        self.watch = Watch(self.model) if watched else None

    def seconds(self, steps):
        since = time.perf_counter()
        for _ in range(steps):
            loss = F.cross_entropy(self.model(self.images), self.labels)
            loss.backward()
            if self.watch:
                self.watch.before_update()
            self.optimizer.step()
            if self.watch:
                self.watch.after_update()
            self.optimizer.zero_grad()
        loss.item()
        return time.perf_counter() - since


def pair(argument, watched_first):
    """Seconds of each slice, unwatched and watched, and how many of its steps are sampled."""
    steps, length = map(int, argument.split())
    Run(False).seconds(length)  # what the first training in a process costs is nobody's share
    plain, watched = Run(False), Run(True)
    slices = []
    for i in range(steps // length):
        runs = (watched, plain) if (i % 2 == 0) == watched_first else (plain, watched)
        seconds = {run: run.seconds(length) for run in runs}
        samples = sum(map(is_sampled, range(i * length, (i + 1) * length)))
        slices.append((seconds[plain], seconds[watched], samples))
    return slices
