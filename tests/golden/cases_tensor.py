"""The cases of the rest of the tensor surface: functions put together from others, order, scans, pieces, indices, products."""
import math

import torch

import cases_structure  # noqa: F401 its inputs are drawn first
from operations import OPS, Viewed, case, distinct, floats, ints, rand

snake = lambda name: "".join("_" + c.lower() if c.isupper() else c for c in name)


def method(name, *positional, **defaults):
    """A method of the first input with the others as arguments, then options by position, then all others by keyword."""
    def call(inputs, options):
        rest = {**defaults, **options}
        arguments = [rest.pop(key) for key in positional if key in rest]
        return getattr(inputs[0], snake(name))(*inputs[1:], *arguments, **{snake(k): v for k, v in rest.items()})
    return call


def pair(name):
    """A root function of two inputs, or of one and a number `other` or `left`."""
    def call(inputs, o):
        f = getattr(torch, snake(name))
        kind = inputs[0].dtype
        if "left" in o:
            return f(torch.tensor(o["left"], dtype=kind), inputs[0])
        return f(inputs[0], o["other"] if "other" in o else inputs[1])
    return call


def place(x, positions):
    """Numbers, slices as text, None, lists and the inputs after the first (as "@0", "@1", ...) as an index."""
    def one(part, others):
        if isinstance(part, str) and part.startswith("@"):
            return others[int(part[1:])]
        if part == "...":
            return ...
        if isinstance(part, str):
            return slice(*[int(n) if n else None for n in part.split(":")])
        return torch.tensor(part) if isinstance(part, list) else part
    return tuple(one(part, x[1:]) for part in positions)


def index_put(inputs, o):
    """Through the flat places that the index reads: PyTorch's own index_put_ works in place only."""
    x, values, *others = inputs
    places = torch.arange(x.numel()).reshape(x.shape)[place([x, *others], o["at"])]
    spread = values.expand(places.shape).reshape(-1)
    put = torch.Tensor.index_add if o.get("accumulate") else torch.Tensor.index_copy
    return put(x.reshape(-1), 0, places.reshape(-1), spread).reshape(x.shape)


def quantile(inputs, o):
    q = torch.tensor(o["q"], dtype=inputs[0].dtype)
    return torch.quantile(inputs[0], q, **{k: v for k, v in o.items() if k != "q"})


def both(result):
    return tuple(result)


UNARY = "exp2 log2 log10 erfc tan sinh cosh trunc frac isinf isfinite isnan".split()
OPS.update({
    **{name: method(name) for name in UNARY},
    **{name: method(name) for name in "t ravel fliplr flipud msort trace nonzero logicalNot diagEmbed".split()},
    "logit": method("logit", "eps"),
    "nanToNum": method("nanToNum"),
    "roundDecimals": lambda i, o: torch.round(i[0], **o),
    **{name: pair(name) for name in "floorDivide remainder fmod fmax fmin logicalAnd logicalOr logicalXor".split()},
    "divTrunc": lambda i, o: torch.div(i[0], i[1] if len(i) > 1 else o["other"], rounding_mode="trunc"),
    "clampTensor": lambda i, o: torch.clamp(i[0], min=i[1] if len(i) > 1 else None, max=i[2] if len(i) > 2 else None),
    "lerp": lambda i, o: torch.lerp(i[0], i[1], i[2] if len(i) > 2 else o["weight"]),
    "addcmul": method("addcmul"),
    "addcdiv": method("addcdiv"),
    "addAlpha": lambda i, o: torch.add(i[0], i[1], alpha=o["alpha"]),
    "subAlpha": lambda i, o: torch.sub(i[0], i[1], alpha=o["alpha"]),
    "isclose": method("isclose"),
    "nansum": method("nansum", "dim"),
    "nanmean": method("nanmean", "dim"),
    "varMean": lambda i, o: both(torch.var_mean(i[0], dim=o["dim"], unbiased=o.get("unbiased", True))),
    "countNonzero": method("count_nonzero", "dim"),
    "any": method("any", "dim"),
    "all": method("all", "dim"),
    "aminmax": lambda i, o: (i[0].amin(**o), i[0].amax(**o)),
    "median": lambda i, o: both(i[0].median(**o)) if "dim" in o else i[0].median(),
    "quantile": quantile,
    "cumsum": method("cumsum", "dim"),
    "cumprod": method("cumprod", "dim"),
    "logcumsumexp": method("logcumsumexp", "dim"),
    "cummax": lambda i, o: both(i[0].cummax(o["dim"])),
    "cummin": lambda i, o: both(i[0].cummin(o["dim"])),
    "sort": lambda i, o: both(i[0].sort(**o)),
    "sortStable": lambda i, o: both(i[0].sort(stable=True, **o)),
    "topk": lambda i, o: both(i[0].topk(**o)),
    "kthvalue": lambda i, o: both(i[0].kthvalue(**o)),
    "unique": lambda i, o: both(torch.unique(i[0], return_inverse=True, return_counts=True)),
    "bincount": lambda i, o: torch.bincount(i[0], *i[1:], **o),
    "unflatten": lambda i, o: i[0].unflatten(o["dim"], o["sizes"]),
    "swapaxes": lambda i, o: i[0].swapaxes(*o["dims"]),
    "mT": lambda i, o: i[0].mT,
    "movedim": method("movedim", "source", "destination"),
    "roll": method("roll", "shifts", "dims"),
    "rot90": method("rot90", "k", "dims"),
    "tensorSplit": lambda i, o: i[0].tensor_split(o["sections"], dim=o.get("dim", 0)),
    "unbind": method("unbind", "dim"),
    "repeat": lambda i, o: i[0].repeat(o["times"]),
    "tile": lambda i, o: i[0].tile(o["times"]),
    "repeatInterleave": lambda i, o: i[0].repeat_interleave(
        torch.tensor(o["repeats"]) if isinstance(o["repeats"], list) else o["repeats"], **({"dim": o["dim"]} if "dim" in o else {})),
    "tril": method("tril", "diagonal"),
    "triu": method("triu", "diagonal"),
    "diag": method("diag", "diagonal"),
    "diagonal": method("diagonal"),
    "diagEmbedOffset": lambda i, o: torch.diag_embed(i[0], offset=o["offset"]),
    "hstack": lambda i, o: torch.hstack(i),
    "vstack": lambda i, o: torch.vstack(i),
    "meshgrid": lambda i, o: torch.meshgrid(*i, **o),
    "broadcastTensors": lambda i, o: torch.broadcast_tensors(*i),
    "catPromoted": lambda i, o: torch.cat(i),
    "mm": method("mm"), "bmm": method("bmm"), "mv": method("mv"), "dot": method("dot"), "outer": method("outer"),
    "inner": method("inner"), "addmm": method("addmm"), "addmv": method("addmv"), "baddbmm": method("baddbmm"),
    "einsum": lambda i, o: torch.einsum(o["equation"], *i),
    "tensordot": lambda i, o: torch.tensordot(i[0], i[1], dims=o["dims"]),
    "take": method("take"),
    "takeAlongDim": lambda i, o: torch.take_along_dim(i[0], i[1], o["dim"]),
    "scatter": lambda i, o: i[0].scatter(o["dim"], i[1], i[2] if len(i) > 2 else o["value"]),
    "scatterAdd": lambda i, o: i[0].scatter_add(o["dim"], i[1], i[2]),
    "indexAdd": lambda i, o: i[0].index_add(o["dim"], i[1], i[2], alpha=o.get("alpha", 1)),
    "indexCopy": lambda i, o: i[0].index_copy(o["dim"], i[1], i[2]),
    "indexFill": lambda i, o: i[0].index_fill(o["dim"], i[1], o["value"]),
    "maskedFill": lambda i, o: i[0].masked_fill(i[1], o["value"] if "value" in o else i[2]),
    "maskedSelect": method("maskedSelect"),
    "whereMethod": lambda i, o: torch.where(i[1], i[0], i[2]),
    "index": lambda i, o: i[0][place(i, o["at"])],
    "indexPut": index_put,
})

# ---------------------------------------------------------------- cases: element by element

LOW = {"log2": 0.3, "log10": 0.3}
KINKS = {"trunc": (-2, -1, 0, 1, 2), "frac": (-2, -1, 0, 1, 2), "tan": (-math.pi / 2, math.pi / 2)}
for name in UNARY:
    source = rand(3, 4, low=LOW.get(name, -1.4), high=1.4, away=KINKS.get(name, ()))
    smooth = not name.startswith("is")
    case(f"{name}/matrix", source, smooth=smooth)
    case(f"{name}/transposed", Viewed(source, ("transpose", 0, 1)), smooth=smooth)
    case(f"{name}/scalar", source[0, 0].clone(), smooth=smooth)
    case(f"{name}/empty", torch.zeros(0, 2))
    case(f"{name}/edges", floats([math.inf, -math.inf, math.nan, 0.0]), gradients=False, exact32=True)
for name in ("sinh", "tan"):
    case(f"{name}/small", floats([1e-4, -1e-3, 1e-2]), smooth=False)
case("logit/inside", rand(5, low=0.1, high=0.9))
case("logit/eps", floats([-0.5, 0.05, 0.5, 1.0]), eps=0.1, smooth=False)
case("nanToNum/plain", floats([math.nan, math.inf, -math.inf, 1.5]), smooth=False, exact32=True)
case("nanToNum/given", floats([math.nan, math.inf, -math.inf, 1.5]), nan=1.0, posinf=2.0, neginf=-2.0, smooth=False)
case("roundDecimals/two", floats([1.2345, -0.678, 3.14159]), decimals=2, smooth=False)
case("roundDecimals/hundreds", floats([1234.0, -567.0, 250.0]), decimals=-2, smooth=False)

for name in ("remainder", "fmod"):
    case(f"{name}/signs", floats([5.3, -5.3, 5.3, -5.3]), floats([2.1, 2.1, -2.1, -2.1]))
    case(f"{name}/row", rand(2, 3, low=3.2, high=3.8), floats([1.0, 1.2, -1.5]))
    case(f"{name}/number", floats([5.3, -5.3]), other=2)
    case(f"{name}/left", floats([2.1, -1.7]), left=5.0)
    case(f"{name}/int", ints([7, -7, 7, -7]), ints([3, 3, -3, -3]))
    case(f"{name}/zero", floats([0.0, -0.0, 1.0]), floats([2.0, 2.0, 1.0]), smooth=False)
case("floorDivide/float", floats([7.5, -7.5]), floats([2.0, 2.0]), gradients=False)
case("floorDivide/int", ints([7, -7, 7]), ints([2, 2, -2]))
case("divTrunc/float", floats([7.5, -7.5]), floats([2.0, 2.0]), smooth=False)
case("divTrunc/int", ints([7, -7, 7, -7]), ints([2, 2, -2, -2]))
case("divTrunc/number", floats([7.5, -7.5]), other=2, smooth=False)
for name in ("fmax", "fmin"):
    case(f"{name}/nan", floats([1.0, math.nan, math.nan, 2.0]), floats([0.0, 3.0, math.nan, math.nan]), gradients=False, exact32=True)
    case(f"{name}/plain", distinct(2, 3), floats([0.0, 0.3, -0.2]))
for name in ("logicalAnd", "logicalOr", "logicalXor"):
    case(f"{name}/float", floats([0.0, 1.5, 0.0, -2.0]), floats([0.0, 0.0, 3.0, 1.0]))
    case(f"{name}/int", ints([[0], [1]]), ints([0, 2]))
case("logicalNot/float", floats([0.0, 1.5]))
low, high = floats([-1.0, -0.5, 0.0]), floats([0.5, 0.5, 0.25])
bounded = floats([[-1.7, -0.4, 0.2], [0.9, 1.4, 2.6]])
case("clampTensor/min", bounded, low)
case("clampTensor/both", bounded, low, high)
case("clampTensor/crossed", bounded, high, low, smooth=False)
for weight in (0.25, 0.75):
    case(f"lerp/number-{weight}", rand(2, 3), rand(3), weight=weight)
case("lerp/tensor", rand(2, 3), rand(2, 3), floats([0.25, 0.4, 0.75]))
case("addcmul/plain", rand(2, 3), rand(3), rand(2, 1))
case("addcmul/value", rand(2, 3), rand(2, 3), rand(2, 3), value=-0.5)
case("addcdiv/value", rand(2, 3), rand(2, 3), rand(2, 3, low=0.5), value=2.0)
case("addAlpha/float", rand(2, 3), rand(3), alpha=0.5)
case("subAlpha/float", rand(2, 3), rand(3), alpha=2.0)
case("addAlpha/int", ints([1, 2]), ints([3, 4]), alpha=2)
case("isclose/mixed", floats([1.0, 2.0, math.inf, math.nan]), floats([1.0 + 1e-6, 2.1, math.inf, math.nan]), exact32=True)

# ---------------------------------------------------------------- cases: reductions, scans, order

holes = floats([[1.0, math.nan, 3.0], [math.nan, 2.0, -1.0]])
for name in ("nansum", "nanmean"):
    case(f"{name}/all", holes, gradients=False)
    case(f"{name}/rows", holes, dim=1, gradients=False)
    case(f"{name}/gradient", rand(2, 3), dim=0)
case("varMean/rows", rand(3, 4), dim=[1])
case("varMean/biased", rand(3, 4), dim=[0], unbiased=False)
zeros = floats([[0.0, 1.0, 0.0], [2.0, 3.0, 1.0]])
for name in ("any", "all", "countNonzero"):
    case(f"{name}/all", zeros)
    case(f"{name}/rows", zeros, dim=1)
    case(f"{name}/empty", torch.zeros(0, 2), dim=0)
case("aminmax/rows", distinct(3, 4), dim=1)
case("aminmax/all", distinct(3, 4))
for name in ("median", "sort", "cumsum", "cumprod", "logcumsumexp", "cummax", "cummin"):
    for label, dim in (("first", 0), ("middle", 1), ("last", -1)):
        case(f"{name}/{label}", distinct(3, 4, 2), dim=dim)
    case(f"{name}/permuted", Viewed(distinct(4, 3), ("transpose", 0, 1)), dim=1)
    case(f"{name}/size-one", distinct(3, 1), dim=1)
    if name != "median":
        case(f"{name}/empty", torch.zeros(0, 3), dim=0)
    case(f"{name}/scalar", rand(), dim=0)
    case(f"{name}/int", ints([[4, -2, 7], [0, 3, -8]]), dim=1) if name != "logcumsumexp" else None
case("median/all", distinct(3, 3))
case("median/even", distinct(4))
case("median/keep", distinct(3, 4), dim=1, keepdim=True)
case("median/nan", floats([[1.0, math.nan, 3.0], [1.0, 5.0, 3.0]]), dim=1, gradients=False, exact32=True)
case("cumprod/one-zero", floats([[2.0, 0.0, 3.0, 4.0], [1.0, 2.0, 4.0, 0.0]]), dim=1)
case("cumprod/two-zeros", floats([[2.0, 0.0, 3.0, 0.0, 2.0]]), dim=1)
case("cumprod/all-zero", torch.zeros(3), dim=0)
case("cumsum/bool", torch.tensor([True, False, True]), dim=0)
case("logcumsumexp/large", floats([100.0, 99.0, -100.0]), dim=0, gradients=False)
for name in ("cummax", "cummin"):
    case(f"{name}/ties", floats([1.0, 3.0, 3.0, 1.0, 2.0]), dim=0, smooth=False)
    case(f"{name}/nan", floats([1.0, math.nan, 3.0, math.nan]), dim=0, gradients=False, exact32=True)
case("sort/descending", distinct(3, 4), dim=0, descending=True)
case("sort/default", distinct(2, 5))
case("sort/nan", floats([2.0, math.nan, -math.inf, 1.0, math.inf]), gradients=False, exact32=True)
ties = floats([2.0, 1.0, 2.0, -0.0, 0.0, 1.0, 2.0])
case("sortStable/ties", ties, dim=0, smooth=False)
case("sortStable/ties-descending", ties, dim=0, descending=True, smooth=False)
case("topk/last", distinct(3, 5), k=2)
case("topk/first-smallest", distinct(5, 3), k=3, dim=0, largest=False)
case("topk/all", distinct(4), k=4)
case("topk/none", distinct(4), k=0, gradients=False)
case("kthvalue/middle", distinct(3, 5), k=3, dim=1)
case("kthvalue/keep", distinct(3, 5), k=1, dim=0, keepdim=True)
case("msort/plain", distinct(4, 2))
for label, options in {"half": {"q": 0.5}, "several": {"q": [0.0, 0.3, 1.0]}, "dim": {"q": 0.4, "dim": 1},
                       "keep": {"q": [0.25, 0.6], "dim": 0, "keepdim": True}, "all-keep": {"q": 0.1, "keepdim": True}}.items():
    case(f"quantile/{label}", distinct(4, 5), **options)
for way in ("linear", "lower", "higher", "nearest", "midpoint"):
    case(f"quantile/{way}", distinct(6), q=[0.1, 0.37, 0.5, 0.9], interpolation=way)
case("quantile/nan", floats([[1.0, math.nan], [1.0, 2.0]]), q=0.5, dim=1, gradients=False, exact32=True)
case("unique/float", floats([[2.0, 1.0], [2.0, -3.0]]), gradients=False)
case("unique/int", ints([3, 1, 3, 3]))
case("bincount/plain", ints([0, 3, 3, 1]))
case("bincount/minlength", ints([0, 1]), minlength=5)
case("bincount/weights", ints([0, 3, 3, 1]), floats([0.5, 1.0, 2.0, -1.0]), gradients=False)
case("nonzero/matrix", zeros)
case("nonzero/none", torch.zeros(2, 2))

# ---------------------------------------------------------------- cases: shapes and pieces

x = rand(2, 3, 4)
turned = Viewed(rand(4, 3, 2), ("permute", 2, 1, 0))
for label, source in (("", x), ("-permuted", turned)):
    case(f"ravel/all{label}", source)
    case(f"unflatten/last{label}", source, dim=2, sizes=[2, -1])
    case(f"swapaxes/ends{label}", source, dims=[0, -1])
    case(f"mT/stack{label}", source)
    case(f"movedim/one{label}", source, source=0, destination=2)
    case(f"movedim/two{label}", source, source=[0, 1], destination=[2, 0])
    case(f"roll/flat{label}", source, shifts=5)
    case(f"roll/dims{label}", source, shifts=[1, -3], dims=[0, 2])
    case(f"rot90/once{label}", source, k=1, dims=[0, 1])
    case(f"tensorSplit/uneven{label}", source, sections=3, dim=2)
    case(f"tensorSplit/cuts{label}", source, sections=[1, 1, 3], dim=2)
    case(f"unbind/middle{label}", source, dim=1)
    case(f"repeat/lead{label}", source, times=[2, 1, 3, 1])
    case(f"repeatInterleave/dim{label}", source, repeats=2, dim=1)
    case(f"repeatInterleave/counts{label}", source, repeats=[2, 0, 1], dim=1)
    case(f"tril/stack{label}", source, diagonal=0)
    case(f"triu/above{label}", source, diagonal=1)
    case(f"diagonal/ends{label}", source, dim1=0, dim2=2)
    case(f"diagonal/offset{label}", source, offset=1, dim1=1, dim2=2)
    case(f"fliplr/stack{label}", source)
    case(f"flipud/stack{label}", source)
case("t/matrix", rand(2, 3))
case("t/vector", rand(3))
for k in (-1, 0, 2, 3):
    case(f"rot90/quarters{k}", rand(2, 3), k=k, dims=[0, 1])
case("roll/zero", rand(3), shifts=0, dims=0)
case("roll/empty", torch.zeros(0, 2), shifts=1, dims=0)
case("repeat/zero", rand(2, 2), times=[0, 2])
case("repeat/scalar", rand(), times=[2, 2])
case("tile/fewer", rand(2, 2), times=[2])
case("tile/more", rand(2), times=[2, 2])
case("repeatInterleave/flat", rand(2, 2), repeats=3)
case("tril/below", rand(4, 3), diagonal=-1)
case("triu/wide", rand(2, 4), diagonal=-1)
case("tril/int", ints([[1, 2], [3, 4]]))
for k in (-1, 0, 2):
    case(f"diag/vector{k}", rand(3), diagonal=k)
    case(f"diag/matrix{k}", rand(3, 4), diagonal=k)
    case(f"diagEmbedOffset/{k}", rand(2, 3), offset=k)
case("diagonal/beyond", rand(2, 2), offset=5, gradients=False)
case("trace/wide", rand(2, 3))
case("hstack/vectors", rand(2), rand(3))
case("hstack/matrices", rand(2, 1), rand(2, 2))
case("vstack/vectors", rand(3), rand(3))
case("vstack/mixed", rand(3), rand(2, 3))
case("meshgrid/ij", rand(2), rand(3), indexing="ij")
case("meshgrid/xy", rand(2), rand(3), indexing="xy")
case("broadcastTensors/three", rand(3), rand(2, 1), rand())
case("catPromoted/int-float", ints([1, 2]), rand(2))

# ---------------------------------------------------------------- cases: products

case("mm/plain", rand(2, 3), rand(3, 4))
case("bmm/plain", rand(3, 2, 4), rand(3, 4, 2))
case("mv/plain", rand(2, 3), rand(3))
case("dot/plain", rand(4), rand(4))
case("dot/empty", torch.zeros(0), torch.zeros(0))
case("outer/plain", rand(3), rand(2))
case("inner/matrices", rand(2, 3), rand(4, 3))
case("inner/vector", rand(2, 2, 3), rand(3))
case("addmm/plain", rand(2, 4), rand(2, 3), rand(3, 4))
case("addmm/blend", rand(4), rand(2, 3), rand(3, 4), beta=0.5, alpha=2.0)
case("addmm/beta-zero", rand(2, 4), rand(2, 3), rand(3, 4), beta=0.0, smooth=False)
case("addmv/blend", rand(2), rand(2, 3), rand(3), beta=-1.0, alpha=0.5)
case("baddbmm/blend", rand(3, 2, 2), rand(3, 2, 4), rand(3, 4, 2), beta=0.5, alpha=1.5)
for label, equation, *shapes in (
        ("matmul", "ij,jk->ik", (2, 3), (3, 4)), ("transpose", "ij->ji", (2, 3)), ("trace", "ii->", (3, 3)),
        ("diagonal", "ii->i", (3, 3)), ("sum", "ij->", (2, 3)), ("rows", "ij->i", (2, 3)), ("outer", "i,j->ij", (2,), (3,)),
        ("implicit", "ij,jk", (2, 3), (3, 4)), ("implicit-sorted", "ba", (2, 3)), ("batch", "bij,bjk->bik", (3, 2, 4), (3, 4, 2)),
        ("attention", "bqhd,bkhd->bhqk", (2, 3, 2, 4), (2, 5, 2, 4)), ("bilinear", "bi,oij,bj->bo", (2, 3), (4, 3, 2), (2, 2)),
        ("ellipsis", "...ij,...jk->...ik", (2, 1, 2, 3), (4, 3, 2)), ("ellipsis-sum", "...i->...", (2, 2, 3)),
        ("elementwise", "ij,ij->ij", (2, 3), (2, 3)), ("inner", "ij,ij->", (2, 3), (2, 3)),
        ("broadcast", "ij,ij->ij", (2, 1), (2, 3)), ("scalar", ",ij->ij", (), (2, 3)), ("empty", "ij,jk->ik", (0, 3), (3, 2)),
        ("chain", "ij,jk,kl->il", (2, 3), (3, 4), (4, 2))):
    case(f"einsum/{label}", *[rand(*shape) for shape in shapes], equation=equation)
case("einsum/permuted", Viewed(rand(3, 2), ("transpose", 0, 1)), rand(3, 4), equation="ij,jk->ik")
case("tensordot/one", rand(2, 3), rand(3, 4), dims=1)
case("tensordot/two", rand(2, 3, 4), rand(3, 4, 5), dims=2)
case("tensordot/lists", rand(2, 3, 4), rand(4, 5, 2), dims=[[0, 2], [2, 0]])

# ---------------------------------------------------------------- cases: indices

case("take/matrix", rand(3, 4), ints([[11, 0], [5, 5]]))
case("takeAlongDim/broadcast", rand(3, 4), ints([[1], [0], [3]]), dim=1)
case("takeAlongDim/row", rand(3, 4), ints([[2, 0, 1, 1]]), dim=0)
base = rand(3, 4)
case("scatter/values", base, ints([[0, 1, 2, 0], [2, 0, 0, 1]]), rand(2, 4), dim=0)
case("scatter/number", base, ints([[3], [0], [1]]), dim=1, value=2.5)
case("scatter/smaller-index", base, ints([[0, 2], [1, 3]]), rand(3, 4), dim=1, gradients=False)
case("scatter/permuted", Viewed(rand(4, 3), ("transpose", 0, 1)), ints([[0, 2], [1, 3]]), rand(2, 2), dim=1)
case("scatter/vector", rand(5), ints([4, 0]), rand(2), dim=-1)
case("scatterAdd/repeated", base, ints([[0, 0, 2, 0], [2, 0, 2, 1]]), rand(2, 4), dim=0)
case("scatterAdd/last", base, ints([[3, 3], [0, 1], [1, 1]]), rand(3, 2), dim=1)
case("scatterAdd/deep", rand(2, 2, 3), ints([[[0, 1, 1]], [[1, 1, 0]]]), rand(2, 1, 3), dim=1)
case("scatterAdd/none", rand(3), torch.zeros(0, dtype=torch.int64), torch.zeros(0), dim=0)
case("indexAdd/rows", base, ints([2, 0, 2]), rand(3, 4), dim=0)
case("indexAdd/columns", base, ints([1, 1]), rand(3, 2), dim=1, alpha=-0.5)
case("indexAdd/vector", rand(4), ints([3, 3]), rand(2), dim=0)
case("indexAdd/int", ints([1, 2, 3]), ints([0, 0]), ints([5, 6]), dim=0)
case("indexCopy/rows", base, ints([2, 0]), rand(2, 4), dim=0)
case("indexCopy/columns", base, ints([3, 1]), rand(3, 2), dim=-1)
case("indexFill/rows", base, ints([0, 2]), dim=0, value=-1.5)
mask = torch.tensor([[True, False, True, False], [False, False, True, True], [True, True, False, False]])
case("maskedFill/number", base, mask, value=0.5)
case("maskedFill/broadcast", base, mask[0], value=-3.0)
case("maskedFill/tensor", base, mask, rand())
case("maskedFill/int", ints([1, 2]), torch.tensor([True, False]), value=7)
case("maskedSelect/plain", base, mask)
case("maskedSelect/broadcast", base, mask[:, :1])
case("maskedSelect/nothing", base, mask & ~mask)
case("whereMethod/plain", base, mask, rand(4))
cube = rand(3, 4, 5)
for label, at in {"position": [1], "negative": [-1, 2], "slice": ["1:3"], "step": [":", "0:4:2"], "ellipsis": ["...", 1],
                  "none": [None, 0, "...", None], "list": [[2, 0]], "list-last": ["...", [4, 1, 1]],
                  "pair": [[0, 2], [1, 3]], "split": [[0, 2], ":", [1, 3]], "middle": [":", [3, 0], [1, 4]],
                  "position-list": [1, ":", [0, 2, 2]], "nested": [[[0, 1], [2, 0]]], "negative-list": [[-1, 0], [-2, 1]],
                  "broadcast": [[[0], [2]], [1, 3]], "everything": [None, [2, 1], "1:3", -1]}.items():
    case(f"index/{label}", cube, at=at)
case("index/mask", base, mask, at=["@0"])
case("index/row-mask", cube, torch.tensor([True, False, True]), at=["@0"])
case("index/mask-last", base, torch.tensor([True, False, True, True]), at=[":", "@0"])
case("index/mask-and-list", cube, torch.tensor([True, False, True]), at=["@0", [1, 2]])
case("index/permuted", Viewed(rand(4, 3), ("transpose", 0, 1)), at=[[2, 0], [1, 1]])
case("index/empty-list", base, torch.zeros(0, dtype=torch.int64), at=["@0"])
case("index/int", ints([[1, 2], [3, 4]]), at=[[1, 0]])
case("indexPut/rows", base, rand(4), at=[[2, 0]])
case("indexPut/number", base, floats(2.5), at=[":", "1:3"])
case("indexPut/pairs", base, rand(2), at=[[0, 2], [1, 3]])
case("indexPut/mask", base, floats(-1.0), mask, at=["@0"])
case("indexPut/accumulate", base, rand(3), at=[[0, 0, 2], [1, 1, 3]], accumulate=True)

# ---------------------------------------------------------------- cases: inverses of functions, bits, counting

INVERSE = {"asin": (-0.9, 0.9), "acos": (-0.9, 0.9), "atan": (-3.0, 3.0), "asinh": (-3.0, 3.0), "acosh": (1.1, 3.0), "atanh": (-0.9, 0.9)}
OPS.update({
    **{name: method(name) for name in [*INVERSE, "bitwiseNot"]},
    **{name: pair(name) for name in
       "atan2 bitwiseAnd bitwiseOr bitwiseXor bitwiseLeftShift bitwiseRightShift".split()},
    "diff": lambda i, o: torch.diff(i[0], **o),
    "histc": lambda i, o: torch.histc(i[0], **o),
    "searchsorted": lambda i, o: torch.searchsorted(i[0], i[1], **o),
    "bucketize": lambda i, o: torch.bucketize(i[0], i[1], **o),
    "oneHot": lambda i, o: torch.nn.functional.one_hot(i[0], o.get("numClasses", -1)),
})
for name, (low, high) in INVERSE.items():
    case(f"{name}/matrix", rand(3, 4, low=low, high=high))
    case(f"{name}/transposed", Viewed(rand(3, 2, low=low, high=high), ("transpose", 0, 1)))
    case(f"{name}/edges", floats([1.0, -1.0, 0.0, 2.0, math.nan]), gradients=False, exact32=True)
    if name not in ("acosh", "acos"):
        case(f"{name}/small", floats([1e-4, -1e-3, 1e-2]), smooth=False)
case("atan2/quadrants", floats([1.0, 1.0, -1.0, -1.0, 0.5]), floats([2.0, -2.0, 2.0, -2.0, 1.0]))
case("atan2/axes", floats([0.0, 0.0, 1.0, -1.0, 0.0]), floats([1.0, -1.0, 0.0, 0.0, 0.0]), gradients=False)
case("atan2/column", rand(2, 1, low=0.5), rand(3, low=0.5))
for name in ("bitwiseAnd", "bitwiseOr", "bitwiseXor"):
    case(f"{name}/int", ints([[6], [-1]]), ints([3, 12, -8]))
    case(f"{name}/bool", torch.tensor([True, True, False]), torch.tensor([True, False, False]))
    case(f"{name}/number", ints([6, -5]), other=3)
case("bitwiseNot/int", ints([0, 5, -7]))
case("bitwiseNot/bool", torch.tensor([True, False]))
case("bitwiseLeftShift/int", ints([3, -3, 1]), ints([2, 4, 0]))
case("bitwiseRightShift/int", ints([12, -12, -1, 7]), ints([2, 2, 5, 0]))
bools = torch.tensor([True, True, False, False]), torch.tensor([True, False, True, False])
for name in ("add", "mul", "maximum", "minimum"):
    case(f"{name}/bools", *bools)
    case(f"{name}/bool-number", bools[0], other=2) if name in ("add", "mul") else None
case("pow/int", ints([2, -3, 5]), ints([3, 2, 0]))
case("pow/int-number", ints([2, -3]), other=3)
case("pow/int-fraction", ints([4, 9]), other=0.5)
case("diff/last", rand(3, 4))
case("diff/twice", rand(4, 3), n=2, dim=0)
case("diff/short", rand(1, 3), dim=0, gradients=False)
case("histc/range", floats([0.1, 0.5, 0.99, 1.0, -0.2, 1.2]), bins=4, min=0, max=1, gradients=False)
case("histc/own", floats([1.0, 2.0, 5.0, 4.2]), bins=3, gradients=False)
case("histc/equal", floats([2.0, 2.0]), bins=4, gradients=False)
for right in (False, True):
    case(f"searchsorted/vector-{right}", floats([1.0, 3.0, 3.0, 5.0]), floats([[0.0, 3.0], [4.0, 9.0]]), right=right, gradients=False)
    case(f"bucketize/int-{right}", ints([0, 3, 9]), ints([1, 3, 5]), right=right)
case("searchsorted/rows", floats([[1.0, 2.0], [3.0, 4.0]]), floats([[1.5, 5.0, 0.0], [1.5, 3.0, 3.5]]), gradients=False)
case("oneHot/classes", ints([[0, 2], [1, 1]]), numClasses=4)
case("oneHot/largest", ints([2, 0]))
