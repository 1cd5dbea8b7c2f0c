"""Golden values of convolutions, pooling and padding, from PyTorch: writes spatial.json beside itself.

Run with any Python that has PyTorch: `python3 make_spatial.py`. Cases are made as in make_ops.py: inputs, weight and bias of a function
are its inputs here, and all of them get gradients.
"""
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

sys.dont_write_bytecode = True
torch.manual_seed(8)
torch.set_num_threads(1)

import golden  # noqa: E402
from modules import BUILD, keyword, module_case, modules  # noqa: E402
from operations import OPS, Viewed, case, cases, distinct, floats, rand, worst  # noqa: E402


def named(name):
    """F.name(*inputs, *arguments, **other options)"""
    def call(inputs, o):
        plain = {keyword(k): tuple(v) if isinstance(v, list) else v for k, v in o.items() if k != "arguments"}
        return getattr(F, name)(*inputs, *o.get("arguments", []), **plain)
    return call


CONVS = {f"conv{d}d": f"conv{d}d" for d in (1, 2, 3)} | {f"convTranspose{d}d": f"conv_transpose{d}d" for d in (1, 2, 3)}
POOLS = {f"{kind}Pool{d}d": f"{kind}_pool{d}d" for kind in ("max", "avg") for d in (1, 2, 3)} | {f"lpPool{d}d": f"lp_pool{d}d" for d in (1, 2)}
ADAPTIVE = {f"adaptive{kind}Pool{d}d": f"adaptive_{kind.lower()}_pool{d}d" for kind in ("Avg", "Max") for d in (1, 2, 3)}
INDICES = {f"{name}WithIndices": function for name, function in (POOLS | ADAPTIVE).items() if "ax" in name}
OPS.update({name: named(function) for name, function in (CONVS | POOLS | ADAPTIVE).items()})
OPS.update({name: (lambda i, o, f=function: named(f)(i, {**o, "return_indices": True})) for name, function in INDICES.items()})
OPS.update({"pad": named("pad"), "unfold": named("unfold"), "fold": named("fold")})


# ---------------------------------------------------------------- convolutions

SPACES = {1: [7], 2: [7, 5], 3: [3, 4, 3]}
WIDENED = {1: [4], 2: [4, 3], 3: [3, 3, 4]}  # by transposed convolutions
# what differs from two dims to three is little: not every option again
VOLUMES = "plain strides padding dilation-stride unbatched groups-stride depthwise-stride same all".split()


def conv(name, label, x, w, bias=True, **options):
    if name.endswith("3d") and label not in VOLUMES:
        return
    out = w[1] * options.get("groups", 1) if "Transpose" in name else w[0]
    case(f"{name}/{label}", rand(*x), rand(*w, low=-1, high=1), *([rand(out)] if bias else []), **options)


for d in (1, 2, 3):
    kernel = [3, 2, 1][:d]
    for name in (f"conv{d}d", f"convTranspose{d}d"):
        turned = "Transpose" in name
        space = (WIDENED if turned else SPACES)[d]
        w = lambda i, o: (i, o, *kernel) if turned else (o, i, *kernel)  # noqa: E731
        conv(name, "plain", (2, 3, *space), w(3, 4))
        conv(name, "no-bias", (2, 3, *space), w(3, 2), bias=False)
        conv(name, "stride", (1, 2, *space), w(2, 3), stride=2)
        conv(name, "strides", (1, 2, *space), w(2, 2), stride=[3, 1, 2][:d])
        conv(name, "padding", (2, 2, *space), w(2, 2), padding=[2, 1, 1][:d])
        conv(name, "dilation", (1, 2, *space), w(2, 2), dilation=[3, 2, 1][:d])
        conv(name, "dilation-stride", (1, 2, *space), w(2, 2), dilation=2, stride=2, padding=1)
        conv(name, "dilation-strides", (1, 1, *space), w(1, 2), dilation=2, stride=3, padding=1)
        conv(name, "one", (1, 1, *[3] * d), ((1, 1, *[3] * d)))
        conv(name, "pointwise", (2, 3, *space), (3, 4, *[1] * d) if turned else (4, 3, *[1] * d))
        conv(name, "many", (2, 5, *[3, 2, 2][:d]), (5, 6, *[2] * d) if turned else (6, 5, *[2] * d))
        conv(name, "unbatched", (2, *space), w(2, 3), padding=1)
        w = lambda i, o: (2 * i, o, *kernel) if turned else (2 * o, i, *kernel)  # noqa: E731
        conv(name, "groups", (2, 4, *space), w(2, 3), groups=2)
        conv(name, "groups-stride", (1, 4, *space), w(2, 1), groups=2, stride=2, padding=1)
        depthwise = (3, 1, *kernel)
        conv(name, "depthwise", (2, 3, *space), depthwise, groups=3)
        conv(name, "depthwise-stride", (1, 3, *space), depthwise, groups=3, stride=2, padding=1, dilation=2)
    space = SPACES[d]
    conv(f"conv{d}d", "multiplier", (1, 2, *space), (6, 1, *kernel), groups=2)
    conv(f"conv{d}d", "same", (1, 2, *space), (2, 2, *[3, 2, 3][:d]), padding="same")
    conv(f"conv{d}d", "same-dilation", (1, 2, *space), (2, 2, *kernel), padding="same", dilation=2)
    conv(f"conv{d}d", "valid", (1, 2, *space), (2, 2, *kernel), padding="valid")
    space = WIDENED[d]
    conv(f"convTranspose{d}d", "output-padding", (1, 2, *space), (2, 3, *kernel), stride=3, outputPadding=[2, 1, 0][:d])
    conv(f"convTranspose{d}d", "all", (2, 4, *space), (4, 1, *kernel), stride=2, padding=[1, 1, 0][:d], outputPadding=1, groups=2)
conv("conv2d", "few-places", (3, 4, 2, 2), (9, 4, 2, 2), padding=1)
conv("conv2d", "few-places-groups", (3, 4, 2, 3), (10, 2, 2, 2), groups=2)
conv("conv2d", "unused-edge", (1, 1, 6, 6), (1, 1, 2, 2), stride=4)
conv("convTranspose2d", "gaps", (1, 2, 3, 3), (2, 2, 1, 2), stride=3)
conv("convTranspose2d", "few-places-groups", (3, 12, 2, 2), (12, 2, 3, 2), groups=2, stride=2)
case("conv2d/strided", Viewed(rand(2, 6, 5, 2), ("permute", 0, 3, 1, 2)), Viewed(rand(2, 3, 2, 2), ("transpose", 0, 1)), rand(3))
case("conv2d/empty", torch.zeros(0, 2, 4, 4), rand(3, 2, 2, 2), rand(3))

# ---------------------------------------------------------------- pooling

for d in (1, 2, 3):
    space = [[9], [7, 6], [5, 4, 4]][d - 1]
    shape = (2, 1, *space)
    for kind in ("max", "avg"):
        name = f"{kind}Pool{d}d"
        x = lambda: distinct(*shape) if kind == "max" else rand(*shape)  # noqa: E731
        for label, kernel, options in (
                ("plain", 2, {}), ("kernel", [3, 2, 1][:d], {}), ("stride", 3, {"stride": 1}), ("strides", 3, {"stride": [2, 1, 3][:d]}),
                ("padding", 3, {"padding": 1}), ("ceil", 2, {"ceilMode": True}), ("ceil-padding", 3, {"stride": 2, "padding": 1, "ceilMode": True}),
                ("gaps", 2, {"stride": 3}), ("whole", space, {}), ("one", 1, {}), ("clip", 3, {"stride": 4, "ceilMode": True})):
            if d == 3 and label not in ("plain", "strides", "padding", "ceil-padding"):
                continue
            # 1.13's 1-d pooling takes one number
            kernel = kernel[0] if d == 1 and isinstance(kernel, list) else kernel
            options = {k: v[0] if d == 1 and isinstance(v, list) else v for k, v in options.items()}
            case(f"{name}/{label}", x(), arguments=[kernel], **options)
            if kind == "avg" and ("padding" in label or "c" == label[0]):
                case(f"{name}/{label}-without-padding", x(), arguments=[kernel], countIncludePad=False, **options)
        case(f"{name}/unbatched", distinct(2, *space), arguments=[2])
    case(f"maxPool{d}d/dilation", distinct(*shape), arguments=[2], dilation=2, stride=1)
    case(f"maxPool{d}d/equal", torch.ones(1, 1, *space), smooth=False, arguments=[3], stride=2)
    case(f"maxPool{d}d/relu", torch.relu(distinct(*shape)), smooth=False, arguments=[2])
    for label, kernel, options in (("plain", 2, {}), ("padding", 3, {"padding": 1, "stride": 2}), ("dilation", 2, {"dilation": 2, "stride": 1}),
                                   ("equal", 3, {})):
        x = torch.zeros(1, 1, *space) if label == "equal" else distinct(*shape)
        case(f"maxPool{d}dWithIndices/{label}", x, smooth=False, arguments=[kernel], **options)
    for kind in ("Avg", "Max"):
        for label, size in (("one", 1), ("even", [[3], [1, 2], [5, 1, 2]][d - 1]), ("uneven", [4, 4, 3][:d]), ("more", [11, 9, 6][:d]), ("some", [None, 4, None][:d])):
            size = size[0] if d == 1 and isinstance(size, list) else size
            if size is None or d == 3 and label in ("more", "one"):
                continue
            case(f"adaptive{kind}Pool{d}d/{label}", distinct(*shape) if kind == "Max" else rand(*shape), arguments=[size])
        case(f"adaptive{kind}Pool{d}d/unbatched", distinct(2, *space), arguments=[2])
    case(f"adaptiveMaxPool{d}dWithIndices/uneven", distinct(*shape), smooth=False, arguments=[[4, 4, 3][:d] if d > 1 else 4])
    case(f"adaptiveMaxPool{d}dWithIndices/even", distinct(*shape), smooth=False, arguments=[[[3], [1, 3], [5, 1, 2]][d - 1] if d > 1 else 3])
case("avgPool2d/divisor", rand(1, 2, 4, 5), arguments=[2], divisorOverride=3)
case("avgPool3d/divisor", rand(1, 2, 4, 5, 3), arguments=[2], divisorOverride=-5)
case("maxPool2d/nan", floats([[[[1, float("nan"), 3, 4], [5, 6, float("inf"), -float("inf")]]]]), smooth=False, gradients=False, exact32=True, arguments=[2])
for d in (1, 2):
    space = [9, 6][:d]
    case(f"lpPool{d}d/two", rand(2, 2, *space), arguments=[2, 3])
    case(f"lpPool{d}d/three", rand(2, 2, *space, low=0.1, high=2), arguments=[3, 2], stride=1)
    case(f"lpPool{d}d/ceil", rand(2, 2, *space), arguments=[2, 2], stride=3, ceilMode=True)
    case(f"lpPool{d}d/clip", rand(2, 2, *space), arguments=[2, 4], stride=4, ceilMode=True)

# ---------------------------------------------------------------- padding and columns

for label, shape, padding in (("vector", (2, 2, 5), [2, 1]), ("before", (2, 2, 5), [3, 0]), ("image", (1, 2, 4, 3), [2, 1, 0, 3]),
                              ("volume", (1, 1, 3, 4, 3), [1, 2, 2, 0, 1, 1])):
    for mode in ("constant", "reflect", "replicate", "circular"):
        case(f"pad/{mode}-{label}", rand(*shape), arguments=[padding], mode=mode)
case("pad/value", rand(2, 3), arguments=[[1, 2]], value=1.5)
case("pad/crop", rand(2, 5), arguments=[[-1, 2]], value=-1)
case("pad/crop-both", rand(4, 5), arguments=[[-1, -2, 1, -1]])
case("pad/none", rand(2, 3), arguments=[[0, 0]])
case("pad/all-dims", rand(2, 3), arguments=[[1, 0, 0, 2]])
for label, options in (("plain", {}), ("stride", {"stride": [2, 1]}), ("padding", {"padding": [1, 2], "dilation": 2}),
                       ("all", {"padding": 1, "dilation": [1, 2], "stride": 2})):
    x, kernel = rand(2, 2, 5, 6), [2, 3]
    case(f"unfold/{label}", x, arguments=[kernel], **options)
    columns = F.unfold(x, kernel, **options)
    case(f"fold/{label}", rand(*columns.shape), arguments=[[5, 6], kernel], **options)
case("unfold/unbatched", rand(2, 4, 3), arguments=[2])
case("fold/unbatched", rand(8, 6), arguments=[[4, 3], 2])

# ---------------------------------------------------------------- layers


def layer(name, arguments, *shapes, **options):
    kind = name.split("/")[0]
    built = BUILD.get(kind, getattr(nn, kind, None))(*arguments, **{keyword(k): v for k, v in options.items()})
    state = {k: rand(*v.shape, low=-1, high=1) for k, v in built.state_dict().items()}
    module_case(name, arguments, [("train", [rand(*shape)]) for shape in shapes], state, **options)


for mode in ("zeros", "reflect", "replicate", "circular"):
    layer(f"Conv1d/{mode}", [2, 3, 3], (2, 2, 6), padding=2, stride=2, paddingMode=mode)
    layer(f"Conv2d/{mode}", [2, 2, [3, 2]], (1, 2, 4, 5), padding=[1, 2], paddingMode=mode)
    layer(f"Conv2d/same-{mode}", [2, 2, [4, 3]], (1, 2, 4, 5), padding="same", paddingMode=mode, dilation=[1, 2])
layer("Conv3d/circular", [1, 2, 2], (1, 1, 3, 3, 2), padding=1, paddingMode="circular", bias=False)
layer("Conv2d/plain", [1, 3, 3], (2, 1, 5, 6))
layer("Conv2d/groups", [4, 6, 2], (1, 4, 3, 3), groups=2, bias=False)
layer("ConvTranspose1d/stride", [3, 2, 3], (2, 3, 4), stride=2, padding=1, outputPadding=1)
layer("ConvTranspose2d/groups", [4, 2, [2, 3]], (1, 4, 3, 2), stride=2, groups=2)
layer("ConvTranspose3d/plain", [2, 2, 2], (1, 2, 2, 3, 2), bias=False)
for d in (1, 2, 3):
    space = [7, 4, 6][:d]
    x = (1, 2, *space)
    module_case(f"MaxPool{d}d/options", [3], [("train", [distinct(*x)])], stride=2, padding=1, ceilMode=True, dilation=1)
    layer(f"AvgPool{d}d/options", [2], x, stride=1, padding=1, countIncludePad=False)
    layer(f"AdaptiveAvgPool{d}d/three", [3], x)
    module_case(f"AdaptiveMaxPool{d}d/two", [2], [("train", [distinct(*x)])])
    layer(f"ConstantPad{d}d/value", [1, 2.5], x)
    if d < 3:
        layer(f"LPPool{d}d/two", [2, 2], x)
        layer(f"ZeroPad{d}d/all", [2], x) if d == 2 else None
    layer(f"ReflectionPad{d}d/all", [1], x)
    layer(f"ReplicationPad{d}d/each", [[1, 2, 0, 1, 3, 0][:2 * d]], x)

seeded = {}
for name, make in (("Conv1d", lambda: nn.Conv1d(2, 3, 4)), ("Conv2d", lambda: nn.Conv2d(2, 2, 3)), ("Conv3d", lambda: nn.Conv3d(1, 2, 2, groups=1)),
                   ("Conv2dGroups", lambda: nn.Conv2d(4, 2, 3, groups=2)), ("ConvTranspose1d", lambda: nn.ConvTranspose1d(3, 2, 4)),
                   ("ConvTranspose2d", lambda: nn.ConvTranspose2d(2, 4, 3, groups=2)), ("Conv2dNoBias", lambda: nn.Conv2d(2, 2, 2, bias=False))):
    torch.manual_seed(42)
    seeded[name] = {key: golden.flat(value) for key, value in make().state_dict().items()}
    seeded[name]["following"] = golden.flat(torch.rand(1))

golden.write(Path(__file__).parent / "spatial.json", {"torch": torch.__version__, "ops": cases, "modules": modules, "seeded": seeded})
print(f"{len(cases)} cases of {len({c['op'] for c in cases})} functions, {len(modules)} of {len({m['module'] for m in modules})} modules")
print("largest disagreement: " + ", ".join(f"{k} {v:.1e}" for k, v in worst.items()))
