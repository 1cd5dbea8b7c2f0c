"""Golden values and gradients of the operations, layers, losses and optimizers, from PyTorch: writes ops.json beside itself.

Run with any Python that has PyTorch: `python3 make_ops.py`. Inputs are float32 numbers; PyTorch computes in float64, and the
script stops unless PyTorch's own float32 results agree by the criterion the tests use. Gradients are those of
sum(output * weights), with golden.weights; where a case is `smooth` they were also checked against finite differences here.
"""
import math
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

import golden

torch.manual_seed(2)
torch.set_num_threads(1)
cases, modules, optimizers = [], [], []
worst = {"float32": 0.0, "finite difference": 0.0}


# ---------------------------------------------------------------- inputs

def rand(*shape, low=-2.0, high=2.0, away=()):
    """Uniform values of three decimals, at least 0.06 away from the points in `away` (kinks)."""
    x = torch.empty(shape, dtype=torch.float64).uniform_(low, high)
    for point in away:
        x = torch.where((x - point).abs() < 0.06, x + 0.13, x)
    return (x * 1000).round().div(1000).float()


def distinct(*shape):
    """A shuffled sequence of well separated values: no ties, no kinks within reach of a finite difference."""
    n = math.prod(shape)
    return ((torch.randperm(n).float() - n // 2) * 0.25 + 0.125).reshape(shape)


def floats(values):
    return torch.tensor(values, dtype=torch.float32)


def ints(values):
    return torch.tensor(values, dtype=torch.int64)


class Viewed:
    """An operand that is a view of its stored base: `steps` are applied before the operation, gradients reach the base."""

    def __init__(self, base, *steps):
        self.base, self.steps = base, steps


def apply_view(t, steps):
    for name, *arguments in steps:
        if name == "transpose":
            t = t.transpose(*arguments)
        elif name == "permute":
            t = t.permute(arguments)
        elif name == "expand":
            t = t.expand(arguments)
        elif name == "narrow":
            t = t.narrow(*arguments)
        elif name == "select":
            t = t.select(*arguments)
        else:
            raise ValueError(name)
    return t


# ---------------------------------------------------------------- operations

def reduction(name):
    def call(inputs, o):
        x = inputs[0]
        rest = {k: v for k, v in o.items() if k != "dim"}
        return getattr(torch, name)(x, o["dim"], **rest) if "dim" in o else getattr(torch, name)(x, **rest)
    return call


def spread(name):
    def call(inputs, o):
        x = inputs[0]
        dim = o.get("dim", list(range(x.dim())))
        return getattr(torch, name)(x, dim, unbiased=o.get("unbiased", True), keepdim=o.get("keepdim", False))
    return call


def norm(inputs, o):
    return torch.norm(inputs[0], p=o.get("p", 2), **({"dim": o["dim"]} if "dim" in o else {}),
                      **({"keepdim": o["keepdim"]} if "keepdim" in o else {}))


def binary(name):
    """Tensor and tensor; with option `other` a number on the right, with option `left` a number on the left."""
    def call(inputs, o):
        f = getattr(torch, name)
        if "other" in o:
            return getattr(inputs[0], name)(o["other"])
        if "left" in o:
            left = torch.tensor(o["left"], dtype=inputs[0].dtype)
            return torch.pow(o["left"], inputs[0]) if name == "pow" else f(left, inputs[0])
        return f(inputs[0], inputs[1])
    return call


def where(inputs, o):
    if len(inputs) == 3:
        return torch.where(inputs[0], inputs[1], inputs[2])
    return torch.where(inputs[0], inputs[1], torch.tensor(o["other"], dtype=inputs[1].dtype))


def steps_slice(x, o):
    index = [slice(None)] * x.dim()
    index[o["dim"]] = slice(o.get("start"), o.get("end"), o.get("step"))
    return x[tuple(index)]


UNARY = ("neg abs exp log sqrt rsqrt sin cos tanh sigmoid erf relu floor ceil round sign reciprocal square expm1 log1p".split())
BINARY = "add sub mul div pow maximum minimum eq ne lt le gt ge".split()

OPS = {
    **{name: (lambda i, o, name=name: getattr(torch, name)(i[0])) for name in UNARY},
    **{name: binary(name) for name in BINARY},
    **{name: reduction(name) for name in "sum mean prod amax amin argmax argmin logsumexp".split()},
    **{name: spread(name) for name in ("var", "std")},
    "silu": lambda i, o: F.silu(i[0]),
    "max": lambda i, o: tuple(torch.max(i[0], **o)) if "dim" in o else torch.max(i[0]),
    "min": lambda i, o: tuple(torch.min(i[0], **o)) if "dim" in o else torch.min(i[0]),
    "norm": norm,
    "clamp": lambda i, o: torch.clamp(i[0], **o),
    "where": where,
    "cast": lambda i, o: i[0].to({"float32": i[0].dtype if i[0].is_floating_point() else torch.float32,
                                  "int32": torch.int64, "bool": torch.bool}[o["dtype"]]),
    "reshape": lambda i, o: i[0].reshape(o["shape"]),
    "permute": lambda i, o: i[0].permute(o["dims"]),
    "transpose": lambda i, o: i[0].transpose(*o["dims"]),
    "expand": lambda i, o: i[0].expand(o["shape"]),
    "squeeze": lambda i, o: i[0].squeeze(o["dim"]) if "dim" in o else i[0].squeeze(),
    "unsqueeze": lambda i, o: i[0].unsqueeze(o["dim"]),
    "flatten": lambda i, o: i[0].flatten(o.get("startDim", 0), o.get("endDim", -1)),
    "select": lambda i, o: i[0].select(o["dim"], o["index"]),
    "narrow": lambda i, o: i[0].narrow(o["dim"], o["start"], o["length"]),
    "slice": lambda i, o: steps_slice(i[0], o),
    "chunk": lambda i, o: i[0].chunk(o["chunks"], **({"dim": o["dim"]} if "dim" in o else {})),
    "split": lambda i, o: i[0].split(o["size"], **({"dim": o["dim"]} if "dim" in o else {})),
    "cat": lambda i, o: torch.cat(i, **o),
    "stack": lambda i, o: torch.stack(i, **o),
    "flip": lambda i, o: i[0].flip(o["dims"]),
    "matmul": lambda i, o: torch.matmul(i[0], i[1]),
    "softmax": lambda i, o: F.softmax(i[0], dim=o["dim"]),
    "logSoftmax": lambda i, o: F.log_softmax(i[0], dim=o["dim"]),
    "indexSelect": lambda i, o: i[0].index_select(o["dim"], i[1]),
    "gather": lambda i, o: i[0].gather(o["dim"], i[1]),
    "linear": lambda i, o: F.linear(*i),
    "crossEntropy": lambda i, o: F.cross_entropy(
        i[0], i[1], weight=i[2] if len(i) > 2 else None, ignore_index=o.get("ignoreIndex", -100),
        reduction=o.get("reduction", "mean"), label_smoothing=o.get("labelSmoothing", 0.0)),
}


def run(op, inputs, options, dtype, gradients):
    """Outputs and gradients of the bases with floating point computed in `dtype`."""
    bases, operands = [], []
    for position, item in enumerate(inputs):
        base, steps = (item.base, item.steps) if isinstance(item, Viewed) else (item, ())
        base = base.detach().to(dtype) if base.is_floating_point() else base
        base = base.clone()
        constant = op == "crossEntropy" and position > 0  # targets and class weights
        if base.is_floating_point() and gradients and not constant:
            base.requires_grad_(True)
        bases.append(base)
        operands.append(apply_view(base, steps))
    result = OPS[op](operands, options)
    outputs = list(result) if isinstance(result, (tuple, list)) else [result]
    total = weighted(outputs)
    if not gradients or not total.requires_grad:
        return outputs, [None] * len(bases), bases
    total.backward()
    return outputs, [b.grad if b.requires_grad else None for b in bases], bases


def weighted(outputs):
    """sum(output * weights) over the floating outputs, the weights running on from one to the next."""
    fl = [o for o in outputs if o.is_floating_point()]
    if not fl:
        return torch.zeros(())
    w = golden.weights(sum(o.numel() for o in fl), fl[0].dtype)
    return (torch.cat([o.reshape(-1) for o in fl]) * w).sum()


def check_smooth(name, op, inputs, options, bases, grads):
    """Central differences in float64 along a few directions."""
    generator = torch.Generator().manual_seed(1)
    for position, grad in enumerate(grads):
        if grad is None or grad.numel() == 0:
            continue
        direction = torch.rand(grad.shape, generator=generator, dtype=torch.float64) * 2 - 1
        ends = []
        for h in (1e-5, -1e-5):
            moved = [b.detach() + h * direction if k == position else b.detach() for k, b in enumerate(bases)]
            operands = [apply_view(m, i.steps) if isinstance(i, Viewed) else m for m, i in zip(moved, inputs)]
            result = OPS[op](operands, options)
            ends.append(float(weighted(list(result) if isinstance(result, (tuple, list)) else [result])))
        numeric, exact = (ends[0] - ends[1]) / 2e-5, float((grad * direction).sum())
        error = abs(numeric - exact) / max(1e-3, float((grad * direction).abs().sum()))
        worst["finite difference"] = max(worst["finite difference"], error)
        assert error < 1e-5, f"{name}: finite difference {numeric}, gradient {exact}"


def case(name, *inputs, smooth=True, gradients=True, exact32=False, **options):
    """Adds one case; `exact32` keeps PyTorch's float32 results (overflow, infinities), where float64 would differ."""
    op = name.split("/")[0]
    dtype = torch.float32 if exact32 else torch.float64
    outputs, grads, bases = run(op, inputs, options, dtype, gradients)
    smooth = smooth and not exact32 and any(g is not None and g.numel() for g in grads)
    if not exact32:
        outputs32, grads32, _ = run(op, inputs, options, torch.float32, gradients)
        for a, b in [*zip(outputs32, outputs), *((a, b) for a, b in zip(grads32, grads) if b is not None)]:
            error = golden.disagreement(a, b)
            worst["float32"] = max(worst["float32"], error)
            assert error < golden.RELATIVE, f"{name}: PyTorch's float32 differs by {error}"
    if smooth:
        check_smooth(name, op, inputs, options, bases, grads)
    record = {"id": name, "op": op, "inputs": []}
    for item in inputs:
        stored = golden.encode(item.base if isinstance(item, Viewed) else item)
        if isinstance(item, Viewed):
            stored["view"] = [list(s) for s in item.steps]
        record["inputs"].append(stored)
    record["options"] = options
    record["outputs"] = [golden.encode(o) for o in outputs]
    record["gradients"] = [None if g is None else golden.flat(g) for g in grads] if any(g is not None for g in grads) else None
    record["smooth"] = smooth
    assert all(c["id"] != name for c in cases), f"{name} twice"
    cases.append(record)


# ---------------------------------------------------------------- cases: element-wise

POSITIVE = {"log", "sqrt", "rsqrt", "log1p"}
KINKS = {"abs": (0,), "relu": (0,), "sign": (0,), "reciprocal": (0,), "floor": (-2, -1, 0, 1, 2), "ceil": (-2, -1, 0, 1, 2),
         "round": (-1.5, -0.5, 0.5, 1.5)}


def unary_input(name, *shape):
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

# ---------------------------------------------------------------- cases: movement

x = rand(2, 3, 4)
turned = Viewed(rand(4, 3, 2), ("permute", 2, 1, 0))
for label, source in (("", x), ("-permuted", turned)):
    case(f"reshape/merge{label}", source, shape=[6, 4])
    case(f"reshape/infer{label}", source, shape=[4, -1])
    case(f"permute/rotate{label}", source, dims=[2, 0, 1])
    case(f"transpose/outer{label}", source, dims=[0, 2])
    case(f"transpose/negative{label}", source, dims=[-1, -2])
    case(f"unsqueeze/middle{label}", source, dim=1)
    case(f"unsqueeze/end{label}", source, dim=-1)
    case(f"flatten/all{label}", source)
    case(f"flatten/from-one{label}", source, startDim=1)
    case(f"flatten/to-one{label}", source, endDim=1)
    case(f"select/middle{label}", source, dim=1, index=2)
    case(f"select/negative{label}", source, dim=-1, index=-1)
    case(f"narrow/last{label}", source, dim=2, start=1, length=2)
    case(f"slice/middle{label}", source, dim=1, start=1, end=3)
    case(f"slice/step{label}", source, dim=2, start=0, end=4, step=2)
    case(f"slice/negative{label}", source, dim=2, start=-3, end=-1)
    case(f"chunk/last{label}", source, chunks=2, dim=2)
    case(f"flip/one{label}", source, dims=[1])
    case(f"flip/two{label}", source, dims=[0, -1])
    case(f"cat/middle{label}", source, rand(2, 2, 4), source, dim=1)
    case(f"stack/middle{label}", source, rand(2, 3, 4), dim=1)
case("reshape/scalar", rand(1), shape=[])
case("reshape/empty", torch.zeros(0, 3), shape=[3, 0, 2])
case("expand/row", rand(1, 3), shape=[4, 3])
case("expand/new", rand(3), shape=[2, 4, 3])
case("expand/keep", rand(2, 1), shape=[-1, 3])
case("expand/scalar", rand(), shape=[2, 2])
case("squeeze/all", rand(1, 3, 1))
case("squeeze/one", rand(1, 3, 1), dim=-1)
case("squeeze/nothing", rand(2, 3), dim=0)
case("flatten/scalar", rand())
case("flatten/empty", torch.zeros(0, 2, 3), startDim=1)
case("narrow/empty", rand(3, 2), dim=0, start=1, length=0)
case("slice/beyond", rand(3, 2), dim=0, start=1, end=9)
case("chunk/uneven", rand(5, 2), chunks=2)
case("chunk/fewer", rand(4), chunks=3)
case("split/even", rand(4, 3), size=2)
case("split/uneven", rand(2, 5), size=2, dim=1)
case("split/list", rand(2, 5), size=[1, 4], dim=1)
case("cat/first", rand(2, 3), rand(1, 3), rand(3, 3))
case("cat/negative", rand(2, 3), rand(2, 1), dim=-1)
case("cat/empty", torch.zeros(0, 3), rand(2, 3), dim=0)
case("cat/one", rand(2, 3), dim=1)
case("cat/int", ints([1, 2]), ints([3]))
case("stack/scalars", rand(), rand(), rand())
case("stack/last", rand(2, 3), rand(2, 3), dim=-1)
case("flip/vector", rand(5), dims=[0])

# ---------------------------------------------------------------- cases: matmul, softmax, indices

MATMULS = {"plain": ((2, 3), (3, 4)), "vectors": ((3,), (3,)), "matrix-vector": ((2, 3), (3,)), "vector-matrix": ((3,), (3, 2)),
           "batched": ((5, 2, 3), (5, 3, 4)), "batched-right": ((2, 3), (5, 3, 4)), "batched-left": ((5, 2, 3), (3, 4)),
           "batched-broadcast": ((2, 1, 2, 3), (5, 3, 4)), "batched-vector": ((5, 2, 3), (3,)), "vector-batched": ((3,), (5, 3, 2)),
           "ones": ((1, 1), (1, 1)), "row-column": ((1, 5), (5, 1)), "outer": ((4, 1), (1, 5)), "no-rows": ((0, 3), (3, 2)),
           "no-inner": ((2, 0), (0, 3)), "no-batch": ((0, 2, 3), (0, 3, 4)), "odd": ((17, 33), (33, 19)),
           "tiles": ((37, 41), (41, 50)), "one-row": ((1, 40), (40, 10))}
for label, (a, b) in MATMULS.items():
    case(f"matmul/{label}", rand(*a), rand(*b))
case("matmul/left-transposed", Viewed(rand(7, 5), ("transpose", 0, 1)), rand(7, 9))
case("matmul/right-transposed", rand(5, 7), Viewed(rand(9, 7), ("transpose", 0, 1)))
case("matmul/both-transposed", Viewed(rand(7, 5), ("transpose", 0, 1)), Viewed(rand(9, 7), ("transpose", 0, 1)))
case("matmul/batched-transposed", Viewed(rand(3, 7, 5), ("transpose", 1, 2)), Viewed(rand(3, 9, 7), ("transpose", 1, 2)))
case("matmul/batch-permuted", Viewed(rand(4, 3, 5), ("permute", 1, 0, 2)), rand(3, 5, 2))
case("matmul/slice", Viewed(rand(6, 8), ("narrow", 1, 2, 5)), Viewed(rand(5, 3, 2), ("select", 1, 1)))
case("matmul/expanded", Viewed(rand(1, 3), ("expand", 4, 3)), rand(3, 2))
case("matmul/itself", Viewed(rand(3, 3), ("transpose", 0, 1)), rand(3, 3))

for name in ("softmax", "logSoftmax"):
    for label, dim in (("first", 0), ("middle", 1), ("last", -1)):
        case(f"{name}/{label}", rand(3, 4, 2), dim=dim)
    case(f"{name}/permuted", Viewed(rand(3, 4), ("transpose", 0, 1)), dim=1)
    case(f"{name}/vector", rand(6), dim=0)
    case(f"{name}/size-one", rand(3, 1), dim=1)
    case(f"{name}/large", floats([[1000.0, 999.0, 998.0], [-1000.0, -1001.0, -1003.0]]), dim=1)
    case(f"{name}/masked", floats([[1.0, -math.inf, 0.5]]), dim=1, gradients=False, exact32=True)
    case(f"{name}/wide", rand(2, 70), dim=1)
    case(f"{name}/empty", torch.zeros(0, 3), dim=1)

case("indexSelect/rows", rand(4, 3), ints([2, 0, 2, 3]), dim=0)
case("indexSelect/columns", rand(2, 4, 3), ints([1, 1]), dim=1)
case("indexSelect/last", rand(2, 4), ints([3]), dim=-1)
case("indexSelect/none", rand(4, 3), torch.zeros(0, dtype=torch.int64), dim=0)
case("indexSelect/permuted", Viewed(rand(3, 4), ("transpose", 0, 1)), ints([3, 1]), dim=0)
case("indexSelect/int", ints([[1, 2], [3, 4]]), ints([1, 0, 1]), dim=0)
case("gather/rows", rand(3, 4), ints([[0], [3], [1]]), dim=1)
case("gather/repeated", rand(3, 2), ints([[0, 2], [0, 1], [0, 2], [2, 2]]), dim=0)
case("gather/middle", rand(2, 3, 2), ints([[[0, 2], [1, 1]], [[2, 0], [2, 2]]]), dim=1)
case("gather/negative", rand(2, 3), ints([[0, 0, 2], [1, 2, 2]]), dim=-1)
case("gather/permuted", Viewed(rand(4, 3), ("transpose", 0, 1)), ints([[0], [3], [1]]), dim=1)

# ---------------------------------------------------------------- cases: functional layers and the loss

case("linear/batch", rand(4, 5), rand(3, 5), rand(3))
case("linear/no-bias", rand(4, 5), rand(3, 5))
case("linear/vector", rand(5), rand(3, 5), rand(3))
case("linear/three", rand(2, 4, 5), rand(3, 5), rand(3))
case("linear/one", rand(1, 1), rand(1, 1), rand(1))
case("linear/empty", torch.zeros(0, 5), rand(3, 5), rand(3))
case("linear/permuted", Viewed(rand(5, 4), ("transpose", 0, 1)), rand(3, 5), rand(3))
case("linear/tails", rand(33, 35), rand(21, 35), rand(21))

logits, labels = rand(5, 4), ints([2, 0, 3, 3, 1])
class_weight = floats([0.5, 1.0, 2.0, 0.25])
target = torch.softmax(rand(5, 4), 1).mul(1000).round().div(1000)
for reduction_ in ("mean", "sum", "none"):
    case(f"crossEntropy/{reduction_}", logits, labels, reduction=reduction_)
    case(f"crossEntropy/smoothing-{reduction_}", logits, labels, reduction=reduction_, labelSmoothing=0.1)
    case(f"crossEntropy/weight-{reduction_}", logits, labels, class_weight, reduction=reduction_)
    case(f"crossEntropy/ignore-{reduction_}", logits, ints([2, 1, 3, 1, 0]), reduction=reduction_, ignoreIndex=1)
    case(f"crossEntropy/probabilities-{reduction_}", logits, target, reduction=reduction_)
    case(f"crossEntropy/everything-{reduction_}", logits, ints([2, 1, 3, 1, 0]), class_weight, reduction=reduction_,
         ignoreIndex=1, labelSmoothing=0.2)
    case(f"crossEntropy/probabilities-weight-{reduction_}", logits, target, class_weight, reduction=reduction_, labelSmoothing=0.1)
case("crossEntropy/default-ignored", logits, ints([-100, 0, 3, -100, 1]))
case("crossEntropy/all-ignored", logits, ints([-100] * 5), gradients=False, exact32=True)
case("crossEntropy/large", floats([[1000.0, 0.0], [0.0, -1000.0]]), ints([1, 0]), smooth=False)
case("crossEntropy/vector", rand(4), ints(2))
case("crossEntropy/one", rand(1, 3), ints([2]))
case("crossEntropy/images", rand(2, 3, 4), ints([[0, 1, 2, 0], [2, 2, 1, 0]]))
case("crossEntropy/wide", rand(32, 10), torch.randint(0, 10, (32,)))

# ---------------------------------------------------------------- modules

BUILD = {"Linear": nn.Linear, "Flatten": nn.Flatten, "ReLU": nn.ReLU, "Sigmoid": nn.Sigmoid, "Tanh": nn.Tanh, "SiLU": nn.SiLU,
         "BatchNorm1d": nn.BatchNorm1d, "CrossEntropyLoss": nn.CrossEntropyLoss}
PYTHON_NAMES = {"startDim": "start_dim", "endDim": "end_dim", "trackRunningStats": "track_running_stats",
                "labelSmoothing": "label_smoothing", "ignoreIndex": "ignore_index"}


def run_module(kind, arguments, options, state, steps, dtype):
    keywords = {PYTHON_NAMES.get(k, k): v for k, v in options.items()}
    if "weight" in keywords:
        keywords["weight"] = torch.tensor(keywords["weight"], dtype=dtype)
    module = BUILD[kind](*arguments, **keywords).to(dtype)
    if state:
        module.load_state_dict({k: v.to(dtype) if v.is_floating_point() else v for k, v in state.items()}, strict=False)
    done = []
    for mode, inputs in steps:
        module.train(mode == "train")
        leaves = [i.detach().to(dtype).requires_grad_() if i.is_floating_point() else i for i in inputs]
        module.zero_grad()
        output = module(*leaves)
        weighted([output]).backward()
        done.append((mode, inputs, output.detach(), [leaf.grad for leaf in leaves],
                     {k: p.grad.clone() for k, p in module.named_parameters()},
                     {k: b.clone() for k, b in module.named_buffers()}))
    return done


def module_case(name, arguments, steps, state=None, **options):
    kind = name.split("/")[0]
    done = run_module(kind, arguments, options, state, steps, torch.float64)
    half = run_module(kind, arguments, options, state, steps, torch.float32)
    for (_, _, o1, g1, p1, b1), (_, _, o2, g2, p2, b2) in zip(half, done):
        for a, b in [(o1, o2), *((a, b) for a, b in zip(g1, g2) if b is not None), *((p1[k], p2[k]) for k in p2),
                     *((b1[k], b2[k]) for k in b2)]:
            error = golden.disagreement(a, b)
            worst["float32"] = max(worst["float32"], error)
            assert error < golden.RELATIVE, f"{name}: PyTorch's float32 differs by {error}"
    modules.append({
        "id": name, "module": kind, "arguments": arguments, "options": options,
        "state": {k: golden.encode(v) for k, v in (state or {}).items()},
        "steps": [{"mode": mode, "inputs": [golden.encode(i) for i in inputs], "output": golden.encode(output),
                   "gradients": [None if g is None else golden.flat(g) for g in gradients],
                   "parameterGradients": {k: golden.encode(v) for k, v in parameters.items()},
                   "buffers": {k: golden.encode(v) for k, v in buffers.items()}}
                  for mode, inputs, output, gradients, parameters, buffers in done]})


def train(*inputs):
    return [("train", [i]) for i in inputs]


linear_state = {"weight": rand(3, 5), "bias": rand(3)}
module_case("Linear/batch", [5, 3], train(rand(4, 5)), linear_state)
module_case("Linear/no-bias", [5, 3], train(rand(4, 5)), {"weight": rand(3, 5)}, bias=False)
module_case("Linear/vector", [5, 3], train(rand(5)), linear_state)
module_case("Linear/three", [5, 3], train(rand(2, 4, 5)), linear_state)
module_case("Flatten/images", [], train(rand(2, 1, 3, 4)))
module_case("Flatten/dims", [], train(rand(2, 3, 4, 2)), startDim=0, endDim=2)
for kind in ("ReLU", "Sigmoid", "Tanh", "SiLU"):
    module_case(f"{kind}/matrix", [], train(rand(3, 4, low=-3, high=3)))
    module_case(f"{kind}/empty", [], train(torch.zeros(0, 4)))

norm_state = {"weight": rand(4, low=0.5, high=1.5), "bias": rand(4, low=-0.5, high=0.5)}
rows = [rand(6, 4) + floats([0, 1, -1, 5]) for _ in range(3)]
signals = [rand(3, 4, 5) * floats([[0.5], [1], [2], [3]]) for _ in range(3)]
for label, batches in (("rows", rows), ("signals", signals)):
    module_case(f"BatchNorm1d/{label}", [4], [*train(*batches), ("eval", [batches[0]])], norm_state)
    module_case(f"BatchNorm1d/{label}-cumulative", [4], [*train(*batches), ("eval", [batches[1]])], norm_state, momentum=None)
    module_case(f"BatchNorm1d/{label}-plain", [4], [*train(*batches), ("eval", [batches[2]])], affine=False)
module_case("BatchNorm1d/momentum", [4], [*train(*rows), ("eval", [rows[0]])], norm_state, momentum=0.01, eps=0.1)
module_case("BatchNorm1d/untracked", [4], [*train(rows[0]), ("eval", [rows[1]])], norm_state, trackRunningStats=False)
module_case("BatchNorm1d/eval-first", [4], [("eval", [rows[0]]), *train(rows[1])], norm_state)
module_case("BatchNorm1d/one-by-length", [4], train(signals[0][:1]), norm_state)
module_case("BatchNorm1d/offset", [4], train(rand(32, 4) + 50), norm_state)

for reduction_ in ("mean", "sum", "none"):
    module_case(f"CrossEntropyLoss/{reduction_}", [], [("train", [logits, labels])], reduction=reduction_)
module_case("CrossEntropyLoss/smoothing", [], [("train", [logits, labels])], labelSmoothing=0.1)
module_case("CrossEntropyLoss/weight", [], [("train", [logits, labels])], weight=[0.5, 1.0, 2.0, 0.25])
module_case("CrossEntropyLoss/ignore", [], [("train", [logits, labels])], ignoreIndex=3)
module_case("CrossEntropyLoss/probabilities", [], [("train", [logits, target])])

# ---------------------------------------------------------------- optimizers: tanh(X W' + b) fitted to Y, 20 steps

features, wanted, weight0, bias0 = rand(8, 4), rand(8, 3, low=-0.9, high=0.9), rand(3, 4), rand(3)
OPTIMIZERS = {
    "SGD/plain": {"lr": 0.1}, "SGD/momentum": {"lr": 0.1, "momentum": 0.9},
    "SGD/nesterov": {"lr": 0.1, "momentum": 0.9, "nesterov": True},
    "SGD/dampening": {"lr": 0.1, "momentum": 0.9, "dampening": 0.5},
    "SGD/decay": {"lr": 0.1, "weightDecay": 0.05}, "SGD/maximize": {"lr": 0.01, "maximize": True},
    "SGD/momentum-decay-nesterov": {"lr": 0.05, "momentum": 0.8, "weightDecay": 0.01, "nesterov": True},
    "Adam/default": {}, "Adam/fast": {"lr": 0.05}, "Adam/betas": {"lr": 0.05, "betas": [0.8, 0.95], "eps": 1e-6},
    "Adam/amsgrad": {"lr": 0.1, "betas": [0.5, 0.6], "amsgrad": True}, "Adam/decay": {"lr": 0.05, "weightDecay": 0.1},
    "Adam/maximize": {"lr": 0.01, "maximize": True}}


def trajectory(name, options, dtype):
    keywords = {{"weightDecay": "weight_decay"}.get(k, k): v for k, v in options.items()}
    w, b = (t.detach().to(dtype, copy=True).requires_grad_() for t in (weight0, bias0))
    optimizer = getattr(torch.optim, name.split("/")[0])([w, b], **keywords)
    path = []
    for _ in range(20):
        loss = (torch.tanh(F.linear(features.to(dtype), w, b)) - wanted.to(dtype)).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        path.append(torch.cat([w.detach().reshape(-1), b.detach(), loss.detach().reshape(1)]))
    return torch.stack(path)


for name, options in OPTIMIZERS.items():
    path = trajectory(name, options, torch.float64)
    error = golden.disagreement(trajectory(name, options, torch.float32), path)
    assert error < 1e-4, f"{name}: PyTorch's float32 differs by {error}"
    optimizers.append({"id": name, "optimizer": name.split("/")[0], "options": options,
                       "steps": [golden.flat(row) for row in path]})

for c in cases:
    if c["options"].get("p") == math.inf:
        c["options"]["p"] = "inf"
golden.write(Path(__file__).parent / "ops.json", {
    "torch": torch.__version__,
    "problem": {k: golden.encode(v) for k, v in
                {"features": features, "wanted": wanted, "weight": weight0, "bias": bias0}.items()},
    "ops": cases, "modules": modules, "optimizers": optimizers})
print(f"{len(cases)} cases of {len({c['op'] for c in cases})} operations, {len(modules)} of modules, {len(optimizers)} of optimizers")
print("largest disagreement: " + ", ".join(f"{k} {v:.1e}" for k, v in worst.items()))
