"""Golden values of functions and layers that are neither activations, losses nor convolutions, from PyTorch: writes functions.json.

Run with any Python that has PyTorch: `python3 make_functions.py`. Cases are made as in make_ops.py.
"""
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

sys.dont_write_bytecode = True
torch.manual_seed(8)
torch.set_num_threads(1)

import golden  # noqa: E402
from modules import BUILD, keyword, module_case, modules  # noqa: E402
from operations import OPS, Viewed, case, cases, floats, ints, rand, worst  # noqa: E402


def options(o, *without):
    return {keyword(k): v for k, v in o.items() if k not in without}


def batch_norm(i, o):
    """weight and bias follow x; the running statistics are fixed numbers, which are moved in training."""
    channels = i[0].shape[1]
    mean = torch.arange(channels, dtype=i[0].dtype) / 4
    variance = 1 + torch.arange(channels, dtype=i[0].dtype) / 2
    y = F.batch_norm(i[0], mean, variance, *i[1:], **options(o))
    return [y, mean, variance]


def instance_norm(i, o):
    channels = i[0].shape[1]
    mean = torch.arange(channels, dtype=i[0].dtype) / 4
    variance = 1 + torch.arange(channels, dtype=i[0].dtype) / 2
    y = F.instance_norm(i[0], mean, variance, *i[1:], **options(o))
    return [y, mean, variance]


OPS.update({
    "normalize": lambda i, o: F.normalize(i[0], **options(o)),
    "cosineSimilarity": lambda i, o: F.cosine_similarity(*i, **options(o)),
    "pairwiseDistance": lambda i, o: F.pairwise_distance(*i, **options(o)),
    "pdist": lambda i, o: F.pdist(i[0], **options(o)),
    # PyTorch's has no derivative before 2.0
    "channelShuffle": lambda i, o: i[0].unflatten(1, (o["groups"], -1)).transpose(1, 2).flatten(1, 2),
    "pixelShuffle": lambda i, o: F.pixel_shuffle(i[0], o["upscaleFactor"]),
    "pixelUnshuffle": lambda i, o: F.pixel_unshuffle(i[0], o["downscaleFactor"]),
    "localResponseNorm": lambda i, o: F.local_response_norm(i[0], o["size"], **options(o, "size")),
    "batchNorm": batch_norm,
    "instanceNorm": instance_norm,
})

# ---------------------------------------------------------------- distances

for label, x, o in (("rows", rand(3, 4), {}), ("columns", rand(3, 4), {"dim": 0}), ("last", rand(2, 3, 4), {"dim": -1}),
                    ("p1", rand(3, 4, away=[0]), {"p": 1}), ("p3", rand(3, 4, away=[0]), {"p": 3}), ("vector", rand(5), {"dim": 0}),
                    ("eps", rand(3, 4), {"eps": 10}), ("empty", torch.zeros(0, 3), {}),
                    ("strided", Viewed(rand(4, 3), ("transpose", 0, 1)), {})):
    case(f"normalize/{label}", x, **o)
for label, a, b, o in (("rows", (3, 4), (3, 4), {}), ("broadcast", (3, 1, 4), (1, 2, 4), {"dim": -1}), ("vector", (5,), (5,), {"dim": 0}),
                       ("columns", (3, 4), (3, 4), {"dim": 0}), ("eps", (3, 4), (3, 4), {"eps": 0.01})):
    case(f"cosineSimilarity/{label}", rand(*a), rand(*b), **o)
for label, a, b, o in (("rows", (3, 4), (3, 4), {}), ("p1", (3, 4), (3, 4), {"p": 1}), ("p3", (2, 5), (2, 5), {"p": 3}), ("keepdim", (3, 4), (3, 4), {"keepdim": True}),
                       ("eps", (3, 4), (3, 4), {"eps": 0.1}), ("broadcast", (3, 4), (1, 4), {}), ("vector", (4,), (4,), {})):
    x = rand(*a)
    case(f"pairwiseDistance/{label}", x, x[:b[0]] - rand(*b, away=[0]) if len(b) > 1 else x - rand(*b, away=[0]), **o)
for label, shape, o in (("rows", (4, 3), {}), ("p1", (4, 3), {"p": 1}), ("p3", (3, 5), {"p": 3}), ("two", (2, 3), {})):
    case(f"pdist/{label}", rand(*shape), **o)

# ---------------------------------------------------------------- channels

for label, shape, groups in (("image", (2, 6, 2, 3), 3), ("sequence", (1, 4, 3), 2), ("one", (2, 3, 2), 1)):
    case(f"channelShuffle/{label}", rand(*shape), groups=groups)
for label, shape, factor in (("image", (2, 8, 2, 3), 2), ("no-batch", (9, 2, 2), 3), ("one", (1, 2, 2, 2), 1), ("lead", (2, 1, 4, 1, 3), 2)):
    case(f"pixelShuffle/{label}", rand(*shape), upscaleFactor=factor)
for label, shape, factor in (("image", (2, 2, 4, 6), 2), ("no-batch", (1, 3, 6), 3), ("lead", (2, 1, 2, 2, 4), 2)):
    case(f"pixelUnshuffle/{label}", rand(*shape), downscaleFactor=factor)
for label, shape, o in (("image", (2, 5, 2, 3), {"size": 3}), ("even", (2, 5, 3), {"size": 2, "alpha": 0.5}), ("all", (1, 4, 2, 2), {"size": 5, "alpha": 1, "beta": 0.5, "k": 2}),
                        ("one", (2, 3, 2), {"size": 1, "alpha": 1, "beta": 1}), ("volume", (1, 3, 2, 2, 2), {"size": 3, "alpha": 2})):
    case(f"localResponseNorm/{label}", rand(*shape), **o)

# ---------------------------------------------------------------- normalisation by function
# (the running statistics, which come out as well, are no functions of x for PyTorch: no finite differences)

for label, shape in (("rows", (5, 3)), ("sequence", (2, 3, 4)), ("image", (2, 3, 2, 2))):
    for name, o in (("train", {"training": True}), ("eval", {}), ("momentum", {"training": True, "momentum": 0.7, "eps": 0.01})):
        case(f"batchNorm/{label}-{name}", rand(*shape), smooth=False, **o)
        case(f"batchNorm/{label}-{name}-affine", rand(*shape), rand(3), rand(3), smooth=False, **o)
    if len(shape) > 2:
        for name, o in (("input", {}), ("running", {"useInputStats": False}), ("momentum", {"momentum": 0.7, "eps": 0.01})):
            case(f"instanceNorm/{label}-{name}", rand(*shape), smooth=False, **o)
            case(f"instanceNorm/{label}-{name}-affine", rand(*shape), rand(3), rand(3), smooth=False, **o)

# ---------------------------------------------------------------- attention


def attention(i, o):
    """A mask, where there is one, follows query, key and value; the fourth input is float, true where it is above 0."""
    mask = None if len(i) < 4 else (i[3] > 0 if o.get("bool") else i[3])
    if o.get("isCausal"):
        mask = torch.ones(i[0].shape[-2], i[1].shape[-2], dtype=torch.bool).tril()
    scores = i[0] @ i[1].transpose(-2, -1) * o.get("scale", i[0].shape[-1] ** -0.5)
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf) if mask.dtype == torch.bool else scores + mask
    return scores.softmax(-1) @ i[2]  # by its definition: 1.13 has no function for it


OPS["scaledDotProductAttention"] = attention
for label, q, k, v, o in (("plain", (2, 3, 4), (2, 5, 4), (2, 5, 6), {}), ("one", (1, 4), (3, 4), (3, 2), {}), ("causal", (2, 4, 3), (2, 4, 3), (2, 4, 3), {"isCausal": True}),
                          ("scale", (3, 2), (3, 2), (3, 2), {"scale": 2}), ("heads", (2, 2, 3, 4), (2, 2, 3, 4), (2, 2, 3, 4), {})):
    case(f"scaledDotProductAttention/{label}", rand(*q), rand(*k), rand(*v), **o)
case("scaledDotProductAttention/mask", rand(2, 3, 4), rand(2, 5, 4), rand(2, 5, 4), rand(3, 5))
case("scaledDotProductAttention/bool-mask", rand(2, 3, 4), rand(2, 4, 4), rand(2, 4, 4),
     floats([[1, 0, 1, 1], [0, 1, 0, 0], [1, 1, 1, 0]]), smooth=False, bool=True)


class Attention(torch.nn.MultiheadAttention):
    """The output, or the weights plus the sum of the output; masks follow query, key and value."""
    def __init__(self, *arguments, weights=False, padding=False, mask=False, average_attn_weights=True, **options):
        super().__init__(*arguments, **options)
        self.shown = weights, padding, mask, average_attn_weights

    def forward(self, q, k, v, *masks):
        weights, padding, mask, average = self.shown
        given = list(masks)
        key_padding = given.pop(0) > 0 if padding else None
        attn = given.pop(0) if mask else None
        output = super().forward(q, k, v, key_padding_mask=key_padding, attn_mask=attn, average_attn_weights=average)
        return output[1] + output[0].sum() if weights else output[0]


BUILD["MultiheadAttention"] = Attention


def attention_state(size, bias=True):
    small = lambda *shape: rand(*shape, low=-0.7, high=0.7)  # noqa: E731
    state = {"in_proj_weight": small(3 * size, size), "out_proj.weight": small(size, size)}
    return {**state, "in_proj_bias": small(3 * size), "out_proj.bias": small(size)} if bias else state


for label, shape, other, o in (("sequence", (3, 2, 4), (5, 2, 4), {}), ("batch-first", (2, 3, 4), (2, 5, 4), {"batchFirst": True}),
                               ("single", (3, 4), (5, 4), {}), ("no-bias", (3, 2, 4), (3, 2, 4), {"bias": False}),
                               ("weights", (3, 2, 4), (5, 2, 4), {"weights": True}), ("single-weights", (3, 4), (5, 4), {"weights": True}),
                               ("each-head", (3, 2, 4), (5, 2, 4), {"weights": True, "averageAttnWeights": False})):
    module_case(f"MultiheadAttention/{label}", [4, 2], [("train", [rand(*shape), rand(*other), rand(*other)])],
                attention_state(4, o.get("bias", True)), **o)
module_case("MultiheadAttention/mask", [4, 2], [("eval", [rand(3, 2, 4), rand(5, 2, 4), rand(5, 2, 4), rand(3, 5)])], attention_state(4), mask=True)
padded = ints([[0, 0, 0, 1, 1], [0, 0, 0, 0, 1]])
module_case("MultiheadAttention/padding", [4, 2], [("eval", [rand(3, 2, 4), rand(5, 2, 4), rand(5, 2, 4), padded])],
            attention_state(4), padding=True)
torch.manual_seed(42)
seeded = {key: golden.flat(value) for key, value in torch.nn.MultiheadAttention(4, 2).state_dict().items()}

# ---------------------------------------------------------------- layers

for label, o in (("default", {}), ("options", {"dilation": 2, "padding": 1, "stride": 2})):
    image = rand(2, 3, 5, 6)
    columns = F.unfold(image, (2, 3), **options(o))
    module_case(f"Unfold/{label}", [[2, 3]], [("train", [image])], **o)
    module_case(f"Fold/{label}", [[5, 6], [2, 3]], [("train", [columns])], **o)

module_case("CosineSimilarity/default", [], [("train", [rand(3, 4), rand(3, 4)])])
module_case("CosineSimilarity/options", [], [("train", [rand(3, 4), rand(3, 4)])], dim=0, eps=0.01)
module_case("PairwiseDistance/default", [], [("train", [rand(3, 4), rand(3, 4)])])
module_case("PairwiseDistance/options", [], [("train", [rand(3, 4), rand(3, 4)])], p=3, eps=0.01, keepdim=True)
module_case("PixelShuffle/image", [2], [("train", [rand(2, 8, 2, 2)])])
module_case("PixelUnshuffle/image", [2], [("train", [rand(2, 2, 4, 4)])])
module_case("LocalResponseNorm/default", [3], [("train", [rand(2, 5, 2, 2)])])
module_case("LocalResponseNorm/options", [2], [("train", [rand(2, 5, 3)])], alpha=0.5, beta=0.5, k=2)

golden.write(Path(__file__).parent / "functions.json", {"torch": torch.__version__, "ops": cases, "modules": modules, "seeded": seeded})
print(f"{len(cases)} cases of {len({c['op'] for c in cases})} functions, {len(modules)} of {len({m['module'] for m in modules})} modules")
print("largest disagreement: " + ", ".join(f"{k} {v:.1e}" for k, v in worst.items()))
