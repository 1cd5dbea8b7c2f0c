// Layers without state, as functions: PyTorch's `torch.nn.functional`.

import { composite, recordComposite } from "../graph/composite.js";
import { differentiable, type Node, type Op } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { elements, formatShape } from "../graph/shape.js";
import { Tensor } from "../tensor/tensor.js";

export { batchNorm, groupNorm, instanceNorm, layerNorm, localResponseNorm, rmsNorm } from "../norm/index.js";
export { logSoftmax, softmax, softmin } from "./activations/distribution.js";
export { celu, elu, selu } from "./activations/exponential.js";
export { geglu, glu, swiglu } from "./activations/gated.js";
export {
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  relu6,
  softshrink,
} from "./activations/hard.js";
export { gumbelSoftmax, rrelu } from "./activations/random.js";
export { leakyRelu, prelu, relu, relu2, threshold } from "./activations/rectifiers.js";
export { sigmoid, softsign, tanh, tanhshrink } from "./activations/saturating.js";
export { gelu, logsigmoid, mish, silu, softplus, swish } from "./activations/smooth.js";
export { type AttentionOptions, scaledDotProductAttention } from "./attention.js";
export { bilinear } from "./bilinear.js";
export {
  type ConvOptions,
  type ConvTransposeOptions,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
} from "./convolution/functions.js";
export { fold, type UnfoldOptions, unfold } from "./convolution/unfold.js";
export { type CrossEntropyOptions, crossEntropy } from "./cross-entropy.js";
export { cosineSimilarity, normalize, pairwiseDistance, pdist } from "./distance.js";
export {
  alphaDropout,
  type DropoutOptions,
  dropout,
  dropout1d,
  dropout2d,
  dropout3d,
  featureAlphaDropout,
} from "./dropout.js";
export { embedding } from "./embedding.js";
export {
  type BceOptions,
  type BceWithLogitsOptions,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
} from "./losses/binary.js";
export type { Reduction, ReductionOptions } from "./losses/common.js";
export {
  type GaussianNllOptions,
  gaussianNllLoss,
  type KlDivOptions,
  klDiv,
  type NllOptions,
  nllLoss,
  type PoissonNllOptions,
  poissonNllLoss,
} from "./losses/likelihood.js";
export {
  type CosineEmbeddingOptions,
  cosineEmbeddingLoss,
  type HingeEmbeddingOptions,
  hingeEmbeddingLoss,
  type MarginRankingOptions,
  marginRankingLoss,
  softMarginLoss,
  type TripletMarginOptions,
  type TripletMarginWithDistanceOptions,
  tripletMarginLoss,
  tripletMarginWithDistanceLoss,
} from "./losses/margin.js";
export {
  type MultilabelSoftMarginOptions,
  type MultiMarginOptions,
  multilabelMarginLoss,
  multilabelSoftMarginLoss,
  multiMarginLoss,
} from "./losses/multi-class.js";
export {
  type HuberOptions,
  huberLoss,
  l1Loss,
  mseLoss,
  type SmoothL1Options,
  smoothL1Loss,
} from "./losses/regression.js";
export { oneHot } from "./one-hot.js";
export { type PadMode, type PadOptions, pad } from "./padding/pad.js";
export * from "./pooling/adaptive.js";
export {
  type AvgPoolOptions,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  type LpPoolOptions,
  lpPool1d,
  lpPool2d,
} from "./pooling/average.js";
export {
  type MaxPoolOptions,
  maxPool1d,
  maxPool1dWithIndices,
  maxPool2d,
  maxPool2dWithIndices,
  maxPool3d,
  maxPool3dWithIndices,
  type Pooled,
} from "./pooling/max.js";
export { channelShuffle, pixelShuffle, pixelUnshuffle } from "./shuffle.js";

/** x Wᵀ + b: [..., in] with a weight [out, in] gives [..., out].
 *  @example F.linear(tensor([[1, 2]]), tensor([[1, 1], [0, 1]]), tensor([10, 0])) // [[13, 2]] */
export function linear(x: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  if (weight.ndim !== 2)
    throw new RangeError(`linear: the weight must be [out, in], got ${formatShape(weight.shape)}`);
  const operands = bias === null ? [x.node, weight.node] : [x.node, weight.node, bias.node];
  return Tensor.from(recordComposite(LINEAR, operands));
}

/** Of x, a weight, and a bias where there is one. */
const LINEAR: Op = composite({
  name: "linear",
  shape: ([x, weight]) => [...x!.shape.slice(0, -1), weight!.shape[0]!],
  expand: (operands) => {
    const [x, weight, bias] = operands as [Node, Node, Node?];
    const rows = ops.reshape(x, [elements(x.shape.slice(0, -1)), x.shape.at(-1)!]);
    const product = differentiable(
      "linear",
      [rows, weight],
      () => ops.matmul(rows, ops.transposeLast(weight)),
      // written out, so that the gradient of the weight comes in the weight's own layout
      ({ gradient, needs }) => [
        needs[0] ? ops.matmul(gradient, weight) : undefined,
        needs[1] ? ops.matmul(ops.transposeLast(gradient), rows) : undefined,
      ],
    );
    const shifted = bias === undefined ? product : ops.add(product, bias);
    return ops.reshape(shifted, [...x.shape.slice(0, -1), weight.shape[0]!]);
  },
});
