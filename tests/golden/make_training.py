"""Golden values of whole networks from PyTorch: seeds, signal propagation, training curves. Writes training.json beside itself.

`python3 make_training.py` with any Python that has PyTorch. The Fashion-MNIST files (idx, gzipped) are taken from
$GRADBOOK_DATA/fashion-mnist, the project's .gradbook/data/fashion-mnist, or Debian's /usr/share/datasets/fashion-mnist.
Unlike make_ops.py everything here is PyTorch's own float32, as a reader of the chapter gets it.
"""
import gzip
import os
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

sys.dont_write_bytecode = True
import golden  # noqa: E402

HERE = Path(__file__).parent
torch.set_num_threads(1)


def exact(t):
    """float32 values with enough digits to come back bit for bit."""
    return golden.flat(t, 9)


# ---------------------------------------------------------------- the generator

def generator():
    torch.manual_seed(42)
    first = torch.rand(5)
    normal_short, normal_long = torch.randn(5), torch.randn(20)
    integers, permutation = torch.randint(0, 1000, (8,)), torch.randperm(10)
    return {"rand5": exact(first), "randn5": exact(normal_short), "randn20": exact(normal_long),
            "randint1000x8": integers.tolist(), "randperm10": permutation.tolist(), "rand3": exact(torch.rand(3))}


def leaky_weights():
    """The chapter's cells 23 and 24: the weights it prints begin 0.0269, -0.2432, -0.2572."""
    torch.manual_seed(42)
    layer = nn.Linear(50, 40)
    nn.init.kaiming_uniform_(layer.weight, 0.2, nonlinearity="leaky_relu")
    assert [round(v, 4) for v in layer.weight[0, :3].tolist()] == [0.0269, -0.2432, -0.2572]
    return {"weight": exact(layer.weight), "bias": exact(layer.bias)}


# ---------------------------------------------------------------- 30 layers of 100 ReLU units

INITS = {"default": None, "defaultZeroBias": lambda w: None, "glorot": nn.init.xavier_uniform_,
         "he": lambda w: nn.init.kaiming_uniform_(w, nonlinearity="relu")}


def depth(name):
    """Seed 42; 30 x (Linear(100, 100), ReLU); init of the weights with zero biases (`default` keeps PyTorch's own biases);
    randn(200, 100); the standard deviation of each layer's output; backward from the mean of the last."""
    torch.manual_seed(42)
    model = nn.Sequential(*[layer for _ in range(30) for layer in (nn.Linear(100, 100), nn.ReLU())])
    if INITS[name]:
        for layer in model:
            if isinstance(layer, nn.Linear):
                INITS[name](layer.weight)
                nn.init.zeros_(layer.bias)
    x = torch.randn(200, 100)
    std = []
    for layer in model:
        x = layer(x)
        if isinstance(layer, nn.ReLU):
            std.append(float(x.std()))
    loss = x.mean()
    loss.backward()
    linear = [layer for layer in model if isinstance(layer, nn.Linear)]
    return {"std": [golden.number(s, 9) for s in std], "loss": golden.number(float(loss), 9),
            "gradientNorm": [golden.number(float(layer.weight.grad.double().norm()), 9) for layer in linear],
            "firstWeights": exact(linear[0].weight[0, :5]), "lastWeights": exact(linear[-1].weight[0, :5])}


def moving_average():
    """BatchNorm1d over 50 batches, and the same running statistics as a float64 moving average of the batches' own."""
    torch.manual_seed(42)
    x = torch.randn(50, 32, 8) * torch.arange(1, 9) + torch.arange(8) * 3
    norm = nn.BatchNorm1d(8)
    mean, var, steps = torch.zeros(8).double(), torch.ones(8).double(), {}
    for i, batch in enumerate(x):
        norm(batch)
        mean = 0.9 * mean + 0.1 * batch.double().mean(0)
        var = 0.9 * var + 0.1 * batch.double().var(0, unbiased=True)
        if i + 1 in (1, 10, 50):
            assert golden.disagreement(norm.running_mean, mean) < 1e-5
            assert golden.disagreement(norm.running_var, var) < 1e-5
            steps[str(i + 1)] = {"mean": exact(mean), "var": exact(var)}
    return steps


# ---------------------------------------------------------------- Fashion-MNIST

def data_folder():
    for folder in (Path(os.environ.get("GRADBOOK_DATA", "/nonexistent")) / "fashion-mnist",
                   HERE.parents[1] / ".gradbook/data/fashion-mnist", Path("/usr/share/datasets/fashion-mnist")):
        if (folder / "train-images-idx3-ubyte.gz").exists():
            return folder
    sys.exit("Fashion-MNIST not found: set GRADBOOK_DATA, or install Debian's package dataset-fashion-mnist")


def idx(name, offset):
    with gzip.open(data_folder() / name) as f:
        return torch.frombuffer(bytearray(f.read()[offset:]), dtype=torch.uint8)


def fashion(part):
    images = idx(f"{part}-images-idx3-ubyte.gz", 16).reshape(-1, 1, 28, 28).float() / 255
    return images, idx(f"{part}-labels-idx1-ubyte.gz", 8).long()


def he(module):
    if isinstance(module, nn.Linear):
        nn.init.kaiming_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def classifier(sizes, batch_norm):
    layers = [nn.Flatten()]
    for fan_in, fan_out in zip(sizes[:-2], sizes[1:-1]):
        layers += [nn.Linear(fan_in, fan_out, bias=False), nn.BatchNorm1d(fan_out)] if batch_norm else [nn.Linear(fan_in, fan_out)]
        layers += [nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1]))


def evaluate(model, images, labels):
    model.eval()
    with torch.no_grad():
        logits = model(images)
    return float(F.cross_entropy(logits, labels)), float((logits.argmax(1) == labels).double().mean())


def train(sizes, train_set, test_set, batch_norm=False, threads=1, epochs=2, dtype=torch.float32, nudge=0):
    """manual_seed(42); the network; He-uniform weights and zero biases through apply; SGD 0.05; shuffled batches of 32.
    `nudge` moves each weight by about one unit in the last place, as another order of summation would."""
    torch.set_num_threads(threads)
    torch.manual_seed(42)
    model = classifier(sizes, batch_norm)
    model.apply(he)
    model.to(dtype)
    if nudge:
        noise = torch.Generator().manual_seed(nudge)
        for p in model.parameters():
            p.data *= 1 + 1e-7 * torch.randn(p.shape, generator=noise)
    images, labels = train_set[0].to(dtype), train_set[1]
    loader = DataLoader(TensorDataset(images, labels, torch.arange(len(labels))), batch_size=32, shuffle=True)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    norms = [m for m in model if isinstance(m, nn.BatchNorm1d)]
    running = [[torch.zeros(m.num_features).double(), torch.ones(m.num_features).double()] for m in norms]
    record = {"firstLosses": [], "firstBatches": [], "epochs": []}
    step = 0
    for _ in range(epochs):
        model.train()
        total, right, seen = 0.0, 0, 0
        for i, (x, y, order) in enumerate(loader):
            if i == 0:
                record["firstBatches"].append(order.tolist())
            h, averages = x, iter(running)
            for m in model:
                if isinstance(m, nn.BatchNorm1d) and step < 50:
                    average = next(averages)
                    batch = h.detach().double()
                    average[0] = 0.9 * average[0] + 0.1 * batch.mean(0)
                    average[1] = 0.9 * average[1] + 0.1 * batch.var(0, unbiased=True)
                h = m(h)
            loss = F.cross_entropy(h, y)
            total, right, seen = total + loss.item() * len(y), right + int((h.argmax(1) == y).sum()), seen + len(y)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            step += 1
            if step <= 50:
                record["firstLosses"].append(golden.number(loss.item(), 9))
            if step == 50 and norms:
                for m, (mean, var) in zip(norms, running):
                    assert golden.disagreement(m.running_mean, mean) < 1e-4 and golden.disagreement(m.running_var, var) < 1e-4
                record["running50"] = [{"mean": golden.flat(mean, 7), "var": golden.flat(var, 7)} for mean, var in running]
        result = {"trainLoss": total / seen, "trainAccuracy": right / seen}
        if test_set:
            result["testLoss"], result["testAccuracy"] = evaluate(model, *(test_set[0].to(dtype), test_set[1]))
        record["epochs"].append({k: golden.number(v, 7) for k, v in result.items()})
    torch.set_num_threads(1)
    print(f"{'-'.join(map(str, sizes))} batch norm {batch_norm} threads {threads} {dtype}: {record['epochs']}", flush=True)
    return record


def rounded(batch_norm):
    others = [{"dtype": torch.float64}, *({"nudge": k} for k in range(1, 8))]
    return [train(small, full, test, batch_norm, **other)["epochs"] for other in others]


full, test = fashion("train"), fashion("t10k")
book = full[0][:55000], full[1][:55000]
small, deep = [784, 300, 100, 10], [784, 100, 100, 100, 10]
document = {
    "torch": torch.__version__,
    "generator": generator(),
    "leakyWeights": leaky_weights(),
    "depth": {name: depth(name) for name in INITS},
    "movingAverage": moving_average(),
    # Fashion-MNIST's 60,000 training images and 10,000 test images; one record for each count of threads.
    "classifier": [{"threads": t, **train(small, full, test, threads=t)} for t in (1, 2)],
    "classifierBatchNorm": [{"threads": t, **train(small, full, test, batch_norm=True, threads=t)} for t in (1, 2)],
    # How far rounding alone moves PyTorch's own curves: float64, and weights moved by a unit in the last place.
    "classifierRounded": rounded(False),
    "classifierBatchNormRounded": rounded(True),
    # The chapter's own network on its own split, the first 55,000 images.
    "chapter": train(deep, book, test),
}
golden.write(HERE / "training.json", document)
for name, result in document["depth"].items():
    print(name, [f"{result['std'][i]:.3g}" for i in (0, 9, 29)], [f"{result['gradientNorm'][i]:.3g}" for i in (0, 29)])
