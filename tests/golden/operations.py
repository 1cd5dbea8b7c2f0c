"""One operation, one case: PyTorch's call for each operation's name, and `case`, which computes, checks and records. No cases."""
import math

import torch
import torch.nn.functional as F

import golden

cases = []
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


CONSTANTS = {"crossEntropy": (1, 2)}  # inputs without gradients: targets and class weights


def run(op, inputs, options, dtype, gradients):
    """Outputs and gradients of the bases with floating point computed in `dtype`."""
    bases, operands = [], []
    for position, item in enumerate(inputs):
        base, steps = (item.base, item.steps) if isinstance(item, Viewed) else (item, ())
        base = base.detach().to(dtype) if base.is_floating_point() else base
        base = base.clone()
        constant = position in CONSTANTS.get(op, ())
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
