"""The cases of movements, products, softmax, indices and the loss."""
import math

import torch

import cases_elementwise  # noqa: F401 its inputs are drawn first
from operations import Viewed, case, floats, ints, rand

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
