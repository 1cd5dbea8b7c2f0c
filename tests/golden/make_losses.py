"""Golden values of losses, bilinear layers and embeddings, from PyTorch: writes losses.json beside itself.

Run with any Python that has PyTorch: `python3 make_losses.py`. Cases are made as in make_ops.py. Tensors that are options (weights of
classes or elements) follow the inputs of a loss, in the order of TENSORS.
"""
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

sys.dont_write_bytecode = True
torch.manual_seed(6)
torch.set_num_threads(1)

import golden  # noqa: E402
from modules import keyword, module_case, modules  # noqa: E402
from operations import CONSTANTS, OPS, Viewed, case, cases, distinct, floats, ints, rand, worst  # noqa: E402

# number of inputs; names of the tensors that are options
LOSSES = {
    "mseLoss": 2, "l1Loss": 2, "smoothL1Loss": 2, "huberLoss": 2, "binaryCrossEntropy": 2, "binaryCrossEntropyWithLogits": 2, "nllLoss": 2,
    "klDiv": 2, "poissonNllLoss": 2, "gaussianNllLoss": 3, "hingeEmbeddingLoss": 2, "marginRankingLoss": 3, "softMarginLoss": 2,
    "cosineEmbeddingLoss": 3, "tripletMarginLoss": 3, "multiMarginLoss": 2, "multilabelMarginLoss": 2, "multilabelSoftMarginLoss": 2,
    "tripletMarginWithDistanceLoss": 3,
}
TENSORS = {"binaryCrossEntropy": ["weight"], "binaryCrossEntropyWithLogits": ["weight", "posWeight"], "nllLoss": ["weight"],
           "multiMarginLoss": ["weight"], "multilabelSoftMarginLoss": ["weight"]}


def loss(name):
    def call(inputs, o):
        count, tensors = LOSSES[name], TENSORS.get(name, [])
        given = {keyword(k): t for k, t in zip(o.get("tensors", tensors), inputs[count:])}
        plain = {keyword(k): v for k, v in o.items() if k != "tensors"}
        return getattr(F, keyword(name))(*inputs[:count], **given, **plain)
    return call


OPS.update({name: loss(name) for name in LOSSES})
# targets without a gradient in PyTorch, and the tensors that are options
CONSTANTS.update({"binaryCrossEntropy": (1, 2), "binaryCrossEntropyWithLogits": (1, 2, 3), "nllLoss": (1, 2), "hingeEmbeddingLoss": (1,),
                  "marginRankingLoss": (2,), "softMarginLoss": (1,), "cosineEmbeddingLoss": (2,), "poissonNllLoss": (1,), "klDiv": (), "multiMarginLoss": (1, 2),
                  "multilabelMarginLoss": (1,), "multilabelSoftMarginLoss": (1, 2)})
SHAPES = (("matrix", (3, 5)), ("vector", (7,)), ("single", (1, 1)), ("number", ()), ("cube", (2, 3, 4)))
REDUCTIONS = ("mean", "sum", "none")


def signs(*shape):
    return (rand(*shape) > 0).float() * 2 - 1


def both(name, label, *inputs, **options):
    """Each reduction."""
    for reduction in REDUCTIONS:
        case(f"{name}/{label}-{reduction}", *inputs, reduction=reduction, **options)


def apart(shape, *points):
    """Two tensors whose differences are away from kinks."""
    a = rand(*shape)
    return a, a - rand(*shape, away=points)


# ---------------------------------------------------------------- numbers

for label, shape in SHAPES:
    both("mseLoss", label, *apart(shape))
    both("l1Loss", label, *apart(shape, 0))
    both("smoothL1Loss", label, *apart(shape, -1, 0, 1))
    both("huberLoss", label, *apart(shape, -1, 0, 1))
    both("poissonNllLoss", label, rand(*shape), rand(*shape, low=0.1, high=6))
    both("gaussianNllLoss", label, rand(*shape), rand(*shape), rand(*shape, low=0.3, high=2))
    both("hingeEmbeddingLoss", label, rand(*shape, away=[1]), signs(*shape))
    both("marginRankingLoss", label, *apart(shape, 0), signs(*shape))
    both("softMarginLoss", label, rand(*shape), signs(*shape))
    both("binaryCrossEntropy", label, rand(*shape, low=0.05, high=0.95), rand(*shape, low=0, high=1))
    both("binaryCrossEntropyWithLogits", label, rand(*shape, low=-5, high=5), rand(*shape, low=0, high=1))
    both("klDiv", label, rand(*shape, low=-4, high=-0.1), rand(*shape, low=0.1, high=1))
    both("klDiv", f"{label}-log", rand(*shape, low=-4, high=-0.1), rand(*shape, low=-3, high=-0.1), logTarget=True)
    if shape:
        case(f"klDiv/{label}-batchmean", rand(*shape, low=-4, high=-0.1), rand(*shape, low=0.1, high=1), reduction="batchmean")
        both("tripletMarginLoss", label, rand(*shape), rand(*shape), rand(*shape))
for name in ("mseLoss", "l1Loss", "smoothL1Loss", "huberLoss"):
    transposed = Viewed(rand(5, 3), ("transpose", 0, 1))
    case(f"{name}/strided", transposed, rand(3, 5, low=3, high=6))
    for reduction in ("sum", "none", "mean"):
        case(f"{name}/empty-{reduction}", torch.zeros(0, 3), torch.zeros(0, 3), reduction=reduction)
    case(f"{name}/equal", floats([1, -2, 0]), floats([1, -2, 0]), smooth=False)
both("smoothL1Loss", "beta", *apart((4, 3), -0.5, 0, 0.5), beta=0.5)
both("smoothL1Loss", "zero", *apart((4, 3), 0), beta=0)
both("huberLoss", "delta", *apart((4, 3), -0.7, 0, 0.7), delta=0.7)
for name in ("smoothL1Loss", "huberLoss"):
    case(f"{name}/kink", floats([1, -1, 0]), floats([0, 0, 0]), smooth=False, reduction="none")

# ---------------------------------------------------------------- yes or no

p, x, t = rand(4, 3, low=0.05, high=0.95), rand(4, 3, low=-6, high=6), rand(4, 3, low=0, high=1)
each, classes = rand(4, 3, low=0.2, high=2), rand(3, low=0.2, high=3)
both("binaryCrossEntropy", "weight", p, t, each)
both("binaryCrossEntropy", "weights", p, t, classes)
both("binaryCrossEntropyWithLogits", "weight", x, t, each, tensors=["weight"])
both("binaryCrossEntropyWithLogits", "pos", x, t, classes, tensors=["posWeight"])
both("binaryCrossEntropyWithLogits", "both", x, t, each, classes)
# probabilities 0 and 1: logarithms end at -100
case("binaryCrossEntropy/ends", floats([0, 0, 1, 1, 0.5]), floats([0, 1, 0, 1, 1]), smooth=False, reduction="none")
case("binaryCrossEntropyWithLogits/far", floats([-200, -200, 200, 200, 0, 90, -90]), floats([0, 1, 0, 1, 1, 1, 0]), smooth=False, reduction="none")
case("softMarginLoss/far", floats([-60, -60, 60, 60, 0]), floats([-1, 1, -1, 1, 1]), smooth=False, reduction="none")

# ---------------------------------------------------------------- classes

for label, shape, target in (("matrix", (4, 3), [0, 2, 1, 2]), ("single", (1, 5), [3]), ("vector", (4,), 2), ("image", (2, 3, 2, 2), [[[0, 2], [1, 1]], [[2, 0], [0, 1]]]),
                             ("sequence", (2, 4, 3), [[0, 1, 3], [2, 2, 0]])):
    scores, weight = rand(*shape, low=-4, high=-0.1), rand(shape[1] if len(shape) > 1 else shape[0], low=0.2, high=2)
    both("nllLoss", label, scores, ints(target))
    both("nllLoss", f"{label}-weight", scores, ints(target), weight)
    if len(shape) > 1:
        both("nllLoss", f"{label}-ignore", scores, ints(target), ignoreIndex=0)
        both("nllLoss", f"{label}-both", scores, ints(target), weight, ignoreIndex=2)
both("nllLoss", "outside", rand(3, 2), ints([0, -100, 1]))
case("nllLoss/none-left", rand(2, 3), ints([-100, -100]), smooth=False)

# ---------------------------------------------------------------- counts and normal numbers

for full in (False, True):
    for log in (False, True):
        label = f"{'full' if full else 'short'}-{'log' if log else 'rate'}"
        rate = rand(3, 4) if log else rand(3, 4, low=0.2, high=5)
        both("poissonNllLoss", label, rate, rand(3, 4, low=1.2, high=6), full=full, logInput=log)
case("poissonNllLoss/small", rand(5), floats([0, 1, 0.5, 2, 3]), full=True, reduction="none")
case("poissonNllLoss/eps", rand(5, low=0, high=2), floats([0, 1, 0.5, 2, 3]), logInput=False, eps=0.01)
for label, shape in (("row", (3, 1)), ("batch", (3,))):
    both("gaussianNllLoss", label, rand(3, 4), rand(3, 4), rand(*shape, low=0.3, high=2))
both("gaussianNllLoss", "full", rand(3, 4), rand(3, 4), rand(3, 4, low=0.3, high=2), full=True)
both("gaussianNllLoss", "eps", rand(3), rand(3), floats([0, 0.01, 2]), smooth=False, eps=0.25)

# ---------------------------------------------------------------- margins

both("hingeEmbeddingLoss", "margin", rand(3, 4, away=[0.5]), signs(3, 4), margin=0.5)
case("hingeEmbeddingLoss/kink", floats([1, 1, 2]), floats([-1, 1, 0]), smooth=False, reduction="none")
both("marginRankingLoss", "margin", *apart((6,), 0.4, -0.4), signs(6), margin=0.4)
case("marginRankingLoss/kink", floats([1, 2]), floats([1, 2]), floats([1, -1]), smooth=False, reduction="none")
for label, shape in (("pairs", (6, 4)), ("one", (1, 3)), ("vector", (5,))):
    for margin in (0, 0.3, -0.5):
        both("cosineEmbeddingLoss", f"{label}-{margin}", rand(*shape), rand(*shape), signs(*shape[:-1]), margin=margin)
case("cosineEmbeddingLoss/zeros", floats([[0, 0], [1, 2]]), floats([[1, 2], [2, 4]]), floats([1, 1]), smooth=False, reduction="none")
for label, options in (("p1", {"p": 1}), ("p3", {"p": 3}), ("margin", {"margin": 0.3}), ("swap", {"swap": True}), ("eps", {"eps": 0.1}),
                       ("all", {"p": 3, "margin": 2, "swap": True, "eps": 0.01})):
    both("tripletMarginLoss", label, rand(5, 4), rand(5, 4), rand(5, 4), **options)

# ---------------------------------------------------------------- several classes

for label, shape, target in (("matrix", (4, 3), [0, 2, 1, 2]), ("single", (1, 5), [3]), ("vector", (4,), 2), ("two", (5, 2), [0, 1, 1, 0, 1])):
    weight = rand(shape[-1], low=0.2, high=2)
    for p in (1, 2):
        both("multiMarginLoss", f"{label}-p{p}", distinct(*shape).mul(0.7), ints(target), p=p, margin=0.8)
    both("multiMarginLoss", f"{label}-default", distinct(*shape).mul(0.7), ints(target))
    both("multiMarginLoss", f"{label}-weight", distinct(*shape).mul(0.7), ints(target), weight)
for label, target in (("rows", [[3, 0, -1, 1], [1, 2, 3, 0], [-1, 0, 1, 2], [2, -1, -1, -1]]), ("row", [[0, 1, -1]]), ("vector", [4, 0, 2, -1, -1])):
    both("multilabelMarginLoss", label, distinct(*ints(target).shape).mul(0.7), ints(target))
for label, shape in (("matrix", (4, 3)), ("vector", (5,)), ("one", (3, 1)), ("cube", (2, 3, 4))):
    x, t = rand(*shape, low=-5, high=5), rand(*shape, low=0, high=1)
    both("multilabelSoftMarginLoss", label, x, t)
    both("multilabelSoftMarginLoss", f"{label}-weight", x, t, rand(shape[-1], low=0.2, high=2))
for label, options in (("default", {}), ("margin", {"margin": 0.3}), ("swap", {"swap": True, "margin": 2})):
    both("tripletMarginWithDistanceLoss", label, rand(5, 4), rand(5, 4), rand(5, 4), **options)

# ---------------------------------------------------------------- layers

for label, lead in (("matrix", (5,)), ("cube", (2, 3)), ("vector", ()), ("single", (1,))):
    pair = [rand(*lead, 3), rand(*lead, 4)]
    module_case(f"Bilinear/{label}", [3, 4, 2], [("train", pair)], {"weight": rand(2, 3, 4), "bias": rand(2)})
module_case("Bilinear/no-bias", [1, 4, 3], [("train", [rand(5, 1), rand(5, 4)])], {"weight": rand(3, 1, 4)}, bias=False)
for label, index in (("vector", [1, 4, 1, 0]), ("matrix", [[1, 2], [4, 4], [0, 3]]), ("number", 3), ("empty", [])):
    module_case(f"Embedding/{label}", [5, 3], [("train", [ints(index)])], {"weight": rand(5, 3)})
for padding in (0, 2, -1):
    module_case(f"Embedding/padding{padding}", [5, 3], [("train", [ints([[0, 2, 4], [1, 2, 2]])])], {"weight": rand(5, 3)}, paddingIdx=padding)
module_case("Unflatten/last", [1, [2, -1]], [("train", [rand(3, 6)])])
module_case("Unflatten/negative", [-2, [3, 1, 2]], [("train", [rand(2, 6, 2)])])
module_case("Identity/matrix", [], [("train", [rand(3, 6)])])

seeded = {}
for name, make in (("Bilinear", lambda: nn.Bilinear(3, 4, 2)), ("Embedding", lambda: nn.Embedding(6, 3)),
                   ("EmbeddingPadding", lambda: nn.Embedding(6, 3, padding_idx=-2))):
    torch.manual_seed(42)
    seeded[name] = {key: golden.flat(value) for key, value in make().state_dict().items()}
    seeded[name]["following"] = golden.flat(torch.rand(1))

golden.write(Path(__file__).parent / "losses.json", {
    "torch": torch.__version__, "tensors": TENSORS, "inputs": LOSSES, "ops": cases, "modules": modules, "seeded": seeded})
print(f"{len(cases)} cases of {len({c['op'] for c in cases})} losses, {len(modules)} of {len({m['module'] for m in modules})} modules")
print("largest disagreement: " + ", ".join(f"{k} {v:.1e}" for k, v in worst.items()))
