"""The cases of element-wise operations and reductions: every operation, odd shapes, kinks and special values."""
import math

import torch

from operations import UNARY, Viewed, case, distinct, floats, ints, rand

# ---------------------------------------------------------------- cases: element-wise

POSITIVE = {"log", "sqrt", "rsqrt", "log1p"}
KINKS = {"abs": (0,), "relu": (0,), "sign": (0,), "floor": (-2, -1, 0, 1, 2), "ceil": (-2, -1, 0, 1, 2),
         "round": (-1.5, -0.5, 0.5, 1.5)}


def unary_input(name, *shape):
    if name == "reciprocal":  # clear of the pole: too curved there for finite differences in float32
        x = rand(*shape)
        return x + 0.4 * torch.where(x < 0, -1, 1)
    return rand(*shape, low=0.3, high=3.0) if name in POSITIVE else rand(*shape, away=KINKS.get(name, ()))


for name in [*UNARY, "silu"]:
    case(f"{name}/matrix", unary_input(name, 3, 5))
    case(f"{name}/scalar", unary_input(name))
    case(f"{name}/one", unary_input(name, 1, 1))
    case(f"{name}/empty", unary_input(name, 0, 3))
    case(f"{name}/transposed", Viewed(unary_input(name, 4, 3), ("transpose", 0, 1)))
    case(f"{name}/strided", Viewed(unary_input(name, 3, 4, 2), ("select", 1, 2)))
    case(f"{name}/long", unary_input(name, 37))

for name in ("abs", "relu", "sign", "sqrt"):
    case(f"{name}/at-zero", floats([0.0, 1.0, 4.0]), smooth=False, exact32=True)
edge = [math.inf, -math.inf, math.nan, 0.0, -0.0, 100.0, -100.0, 1e-20, -1e-20]
for name in [*UNARY, "silu"]:
    case(f"{name}/edges", floats(edge), gradients=False, exact32=True)
for name in ("tanh", "sigmoid", "silu", "erf", "exp"):
    case(f"{name}/saturated", floats([-100.0, -30.0, -10.0, 10.0, 30.0, 80.0]), smooth=False)
case("expm1/small", floats([1e-6, -1e-6, 1e-4, 1e-3]), smooth=False)
case("log1p/small", floats([1e-6, -1e-6, 1e-4, 1e-3]), smooth=False)
case("round/half", floats([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5]), smooth=False)
case("neg/int", ints([3, 0, -7]))
case("abs/int", ints([3, 0, -7]))
case("sign/int", ints([3, 0, -7]))

PAIRS = {"same": ((2, 3), (2, 3)), "row": ((2, 3), (3,)), "column": ((2, 3), (2, 1)), "outer": ((2, 1), (1, 3)),
         "outer3": ((4, 1, 3), (2, 1)), "scalar-right": ((2, 3), ()), "scalar-left": ((), (2, 3)), "both-scalar": ((), ()),
         "one": ((1,), (2, 3)), "empty": ((0, 3), (3,)), "empty-one": ((0, 3), (1, 1)), "long": ((37,), (37,))}


def pair(name, a, b):
    if name == "pow":
        return rand(*a, low=0.4, high=2.5), rand(*b)
    if name == "div":
        return rand(*a), rand(*b, low=0.5, high=2.0)
    if name in ("maximum", "minimum"):
        x = rand(*a)
        y = rand(*b)
        gap = (x - y).abs().min() if x.numel() and y.numel() else torch.tensor(1.0)
        return (x, y) if gap > 0.05 else pair(name, a, b)
    return rand(*a), rand(*b)


for name in ("add", "sub", "mul", "div", "pow", "maximum", "minimum"):
    for label, (a, b) in PAIRS.items():
        case(f"{name}/{label}", *pair(name, a, b))
    a, b = pair(name, (2, 3), (2, 3))
    case(f"{name}/transposed", Viewed(a.T.contiguous(), ("transpose", 0, 1)), b)
    a, b = pair(name, (1, 3), (2, 3))
    case(f"{name}/expanded", Viewed(a, ("expand", 2, 3)), b)
for name in ("add", "sub", "mul", "div", "pow"):
    case(f"{name}/number-right", pair(name, (2, 3), ())[0], other=1.5)
    case(f"{name}/number-left", pair(name, (), (2, 3))[1], left=1.5)
for name in ("add", "sub", "mul"):
    case(f"{name}/int", ints([[3, -4, 0]]), ints([[2], [-5]]))
    case(f"{name}/int-float", ints([3, -4, 0]), floats([0.5, 1.5, -2.0]))
    case(f"{name}/int-number", ints([3, -4, 0]), other=2)
case("div/int", ints([7, -7, 1]), ints([2, 2, 3]))
case("div/zero", floats([1.0, -1.0, 0.0]), floats([0.0, 0.0, 0.0]), gradients=False, exact32=True)
for exponent in (2, 3, 0.5, -1, 0, 1):
    case(f"pow/to-{exponent}", rand(5, low=0.4, high=2.5), other=exponent)
case("pow/negative-base", floats([-2.0, -0.5, 1.5]), other=3)
case("pow/negative-square", floats([-2.0, -0.5, 0.0, 1.5]), other=2)
case("pow/zero-base", floats([0.0, 0.0, 0.0]), other=2, smooth=False)
case("pow/zero-zero", floats([0.0, 2.0]), other=0, smooth=False)
for name in ("maximum", "minimum"):
    case(f"{name}/ties", floats([1.0, 2.0, -1.0]), floats([1.0, 1.0, -1.0]), smooth=False)
    case(f"{name}/nan", floats([1.0, math.nan, 3.0]), floats([math.nan, 2.0, 1.0]), gradients=False, exact32=True)
    case(f"{name}/int", ints([1, 5, -3]), ints([2, 2, -9]))

for name in ("eq", "ne", "lt", "le", "gt", "ge"):
    case(f"{name}/row", floats([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]), floats([2.0, 2.0, 1.0]))
    case(f"{name}/number", floats([[1.0, 2.0], [3.0, 2.0]]), other=2)
    case(f"{name}/int", ints([[1, 2, 3]]), ints([[2], [3]]))
    case(f"{name}/nan", floats([math.nan, math.nan, math.inf]), floats([math.nan, 1.0, math.inf]), exact32=True)
    case(f"{name}/scalar", floats(2.0), floats(3.0))
    case(f"{name}/empty", rand(0, 2), rand(2))

clamped = floats([[-1.7, -0.4, 0.2], [0.9, 1.4, 2.6]])
case("clamp/both", clamped, min=-0.5, max=1.0)
case("clamp/min", clamped, min=0)
case("clamp/max", clamped, max=0.5)
case("clamp/bounds", floats([-0.5, 0.0, 1.0]), min=-0.5, max=1.0, smooth=False)
case("clamp/nan", floats([math.nan, math.inf, -math.inf]), min=-1, max=1, gradients=False, exact32=True)
case("clamp/transposed", Viewed(clamped, ("transpose", 0, 1)), min=-0.5, max=1.0)
condition = torch.tensor([[True, False, True], [False, False, True]])
case("where/same", condition, rand(2, 3), rand(2, 3))
case("where/broadcast", condition[0], rand(2, 1), rand(1, 3))
case("where/condition-column", condition[:, :1], rand(2, 3), rand(3))
case("where/number", condition, rand(2, 3), other=-1.5)
case("where/nan-not-taken", condition, rand(2, 3), torch.where(condition, floats(math.nan), floats(1.0)), smooth=False)
case("where/int", condition, ints([[1, 2, 3], [4, 5, 6]]), ints([[-1], [-2]]))
case("cast/float-int", floats([-1.7, 0.4, 2.9]), dtype="int32")
case("cast/float-bool", floats([-1.7, 0.0, 2.9]), dtype="bool")
case("cast/int-float", ints([-1, 0, 5]), dtype="float32")
case("cast/bool-float", torch.tensor([True, False]), dtype="float32")
case("cast/bool-int", torch.tensor([True, False]), dtype="int32")

# ---------------------------------------------------------------- cases: reductions

DIMS = {"all": {}, "first": {"dim": 0}, "middle": {"dim": 1}, "last": {"dim": -1}, "keep": {"dim": 1, "keepdim": True},
        "two": {"dim": [0, 2]}, "two-keep": {"dim": [0, 2], "keepdim": True}, "every": {"dim": [0, 1, 2]}}
SINGLE = ("all", "first", "middle", "last", "keep")


def reduced(name, *shape):
    return rand(*shape, low=0.5, high=2.0) if name == "prod" else distinct(*shape) if name in (
        "amax", "amin", "argmax", "argmin", "max", "min") else rand(*shape)


for name in ("sum", "mean", "prod", "amax", "amin", "argmax", "argmin", "logsumexp", "norm", "var", "std", "max", "min"):
    for label, options in DIMS.items():
        single = name in ("prod", "argmax", "argmin", "max", "min")
        if single and label not in SINGLE or name in ("logsumexp",) and label == "all":
            continue
        case(f"{name}/{label}", reduced(name, 3, 4, 2), **options)
    case(f"{name}/permuted", Viewed(reduced(name, 3, 4, 2), ("permute", 2, 0, 1)), dim=1)
    case(f"{name}/size-one", reduced(name, 3, 1, 2), **({"dim": 1, "unbiased": False} if name in ("var", "std") else {"dim": 1}),
         smooth=name not in ("std", "norm"), gradients=name != "std")
    case(f"{name}/vector", reduced(name, 7), dim=0)
    case(f"{name}/long", reduced(name, 3, 70), dim=1)
    case(f"{name}/tall", reduced(name, 70, 3), dim=0)
for name in ("var", "std"):
    for label, options in DIMS.items():
        case(f"{name}/biased-{label}", rand(3, 4, 2), unbiased=False, **options)
    case(f"{name}/offset", (rand(64) + 100), unbiased=False)
    case(f"{name}/one-unbiased", rand(1), gradients=False, exact32=True)
    case(f"{name}/constant", floats([2.0, 2.0, 2.0]), unbiased=False, gradients=name == "var", smooth=False)
for p in (1, 2, 3, math.inf):
    label = "inf" if p == math.inf else str(p)
    options = {"p": p} if p != math.inf else {"p": math.inf}
    for where_, extra in (("all", {}), ("last", {"dim": -1}), ("two", {"dim": [0, 1], "keepdim": True})):
        case(f"norm/p{label}-{where_}", distinct(3, 4), **options, **extra)
case("norm/zero", torch.zeros(3), smooth=False)
for name in ("sum", "mean", "amax", "argmax", "max"):
    case(f"{name}/scalar", rand())
case("sum/empty", torch.zeros(0, 3))
case("sum/empty-dim", torch.zeros(0, 3), dim=0)
case("sum/empty-kept", torch.zeros(0, 3), dim=1)
case("mean/empty", torch.zeros(0), gradients=False, exact32=True)
case("prod/empty", torch.zeros(0, 2), dim=0)
case("sum/int", ints([[1, 2], [3, 4]]), dim=0)
case("sum/bool", condition)
case("sum/bool-dim", condition, dim=1)
case("prod/int", ints([[1, 2], [3, 4]]), dim=1)
case("prod/one-zero", floats([[2.0, 0.0, 3.0], [1.0, 2.0, 4.0]]), dim=1)
case("prod/two-zeros", floats([[2.0, 0.0, 0.0], [1.0, 2.0, 4.0]]), dim=1, smooth=False)
ties = floats([[1.0, 3.0, 3.0], [2.0, 2.0, 0.0]])
for name in ("amax", "amin", "max", "min", "argmax", "argmin"):
    case(f"{name}/ties", ties, dim=1, smooth=False)
    case(f"{name}/ties-all", ties, smooth=False)
    case(f"{name}/nan", floats([[1.0, math.nan, 3.0], [0.0, 2.0, 1.0]]), dim=1, gradients=False, exact32=True)
    case(f"{name}/infinite", floats([[-math.inf, -math.inf], [math.inf, -1.0]]), dim=1, gradients=False, exact32=True)
    case(f"{name}/int", ints([[4, -2, 7], [0, 3, -8]]), dim=1)
case("logsumexp/large", floats([[1000.0, 999.0], [-1000.0, -1001.0]]), dim=1, gradients=False)
case("logsumexp/minus-infinite", floats([[-math.inf, 1.0], [-math.inf, -math.inf]]), dim=1, gradients=False, exact32=True)
case("sum/cancelling", torch.cat([rand(500) * 100, -(rand(500) * 100)]), smooth=False)
