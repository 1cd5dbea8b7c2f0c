// How much of PyTorch's surface there is: the public names of torch.nn, torch.nn.functional, torch.nn.init, torch.nn.utils, torch.optim
// and its schedules and averages (2.15), each covered under its own name in camelCase, or left out for a reason.

import * as gb from "gradbook";
import { afterAll, describe, expect, test } from "vitest";

const { nn, F, init, optim } = gb;

interface Area {
  readonly home: object;
  readonly names: string;
  /** Reasons for names that are left out. */
  readonly without: { readonly [reason: string]: string };
}

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== "");
/** kaiming_uniform_ -> kaimingUniform_; classes keep their names. */
const ours = (name: string): string =>
  name.replace(/(?<=.)_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

const IN_PLACE = "activations are not done in place: it saves no memory in a lazy graph";
const RECURRENT = "recurrent and transformer layers: outside the chapter";
const DEVICES = "one device, and no other memory formats";
const LAZY = "layers that learn their sizes from the first input";
const RESIZING = "resizing and sampling of images";

const AREAS: { readonly [name: string]: Area } = {
  "torch.nn": {
    home: nn,
    names: `AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveLogSoftmaxWithLoss AdaptiveMaxPool1d AdaptiveMaxPool2d
      AdaptiveMaxPool3d AlphaDropout AvgPool1d AvgPool2d AvgPool3d BCELoss BCEWithLogitsLoss BatchNorm1d BatchNorm2d BatchNorm3d Bilinear
      CELU CTCLoss ChannelShuffle CircularPad1d CircularPad2d CircularPad3d ConstantPad1d ConstantPad2d ConstantPad3d Conv1d Conv2d Conv3d
      ConvTranspose1d ConvTranspose2d ConvTranspose3d CosineEmbeddingLoss CosineSimilarity CrossEntropyLoss CrossMapLRN2d DataParallel
      Dropout Dropout1d Dropout2d Dropout3d ELU Embedding EmbeddingBag FeatureAlphaDropout Flatten Fold FractionalMaxPool2d
      FractionalMaxPool3d GELU GLU GRU GRUCell GaussianNLLLoss GroupNorm Hardshrink Hardsigmoid Hardswish Hardtanh HingeEmbeddingLoss
      HuberLoss Identity InstanceNorm1d InstanceNorm2d InstanceNorm3d KLDivLoss L1Loss LPPool1d LPPool2d LPPool3d LSTM LSTMCell LayerNorm
      LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d LazyConv1d LazyConv2d LazyConv3d LazyConvTranspose1d LazyConvTranspose2d
      LazyConvTranspose3d LazyInstanceNorm1d LazyInstanceNorm2d LazyInstanceNorm3d LazyLinear LeakyReLU Linear LinearCrossEntropyLoss
      LocalResponseNorm LogSigmoid LogSoftmax MSELoss MarginRankingLoss MaxPool1d MaxPool2d MaxPool3d MaxUnpool1d MaxUnpool2d MaxUnpool3d
      Mish Module ModuleDict ModuleList MultiLabelMarginLoss MultiLabelSoftMarginLoss MultiMarginLoss MultiheadAttention NLLLoss PReLU
      PairwiseDistance Parameter ParameterDict ParameterList PixelShuffle PixelUnshuffle PoissonNLLLoss RMSNorm RNN RNNCell RReLU ReLU ReLU6
      ReflectionPad1d ReflectionPad2d ReflectionPad3d ReplicationPad1d ReplicationPad2d ReplicationPad3d SELU Sequential SiLU Sigmoid
      SmoothL1Loss SoftMarginLoss Softmax Softmax2d Softmin Softplus Softshrink Softsign SyncBatchNorm Tanh Tanhshrink Threshold Transformer
      TransformerDecoder TransformerDecoderLayer TransformerEncoder TransformerEncoderLayer TripletMarginLoss
      TripletMarginWithDistanceLoss Unflatten Unfold UninitializedParameter Upsample UpsamplingBilinear2d UpsamplingNearest2d ZeroPad1d
      ZeroPad2d ZeroPad3d`,
    without: {
      [RECURRENT]: `GRU GRUCell LSTM LSTMCell RNN RNNCell Transformer TransformerDecoder TransformerDecoderLayer TransformerEncoder
        TransformerEncoderLayer`,
      [DEVICES]: "DataParallel SyncBatchNorm",
      [LAZY]: `LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d LazyConv1d LazyConv2d LazyConv3d LazyConvTranspose1d LazyConvTranspose2d
        LazyConvTranspose3d LazyInstanceNorm1d LazyInstanceNorm2d LazyInstanceNorm3d LazyLinear UninitializedParameter`,
      [RESIZING]: "Upsample UpsamplingBilinear2d UpsamplingNearest2d",
      "a module's plain arrays and records of parameters are found without": "ParameterDict ParameterList",
      "its alignment is a dynamic programme, which has no operation here": "CTCLoss",
      "for vocabularies of millions": "AdaptiveLogSoftmaxWithLoss EmbeddingBag LinearCrossEntropyLoss",
      "rarely used pooling":
        "FractionalMaxPool2d FractionalMaxPool3d MaxUnpool1d MaxUnpool2d MaxUnpool3d LPPool3d",
      "an old form of LocalResponseNorm": "CrossMapLRN2d",
    },
  },
  "torch.nn.functional": {
    home: F,
    names: `adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d
      affine_grid alpha_dropout avg_pool1d avg_pool2d avg_pool3d batch_norm bilinear binary_cross_entropy binary_cross_entropy_with_logits
      celu celu_ channel_shuffle conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d cosine_embedding_loss
      cosine_similarity cross_entropy ctc_loss dropout dropout1d dropout2d dropout3d elu elu_ embedding embedding_bag feature_alpha_dropout
      fold fractional_max_pool2d fractional_max_pool3d gaussian_nll_loss gelu glu grid_sample group_norm gumbel_softmax hardshrink
      hardsigmoid hardswish hardtanh hardtanh_ hinge_embedding_loss huber_loss instance_norm interpolate kl_div l1_loss layer_norm
      leaky_relu leaky_relu_ linear linear_cross_entropy local_response_norm log_softmax logsigmoid lp_pool1d lp_pool2d lp_pool3d
      margin_ranking_loss max_pool1d max_pool2d max_pool3d max_unpool1d max_unpool2d max_unpool3d mish mse_loss
      multi_head_attention_forward multi_margin_loss multilabel_margin_loss multilabel_soft_margin_loss nll_loss normalize one_hot pad
      pairwise_distance pdist pixel_shuffle pixel_unshuffle poisson_nll_loss prelu relu relu6 relu_ rms_norm rrelu rrelu_
      scaled_dot_product_attention selu selu_ sigmoid silu smooth_l1_loss soft_margin_loss softmax softmin softplus softshrink softsign
      tanh tanhshrink threshold threshold_ triplet_margin_loss triplet_margin_with_distance_loss unfold`,
    without: {
      [IN_PLACE]: "celu_ elu_ hardtanh_ leaky_relu_ relu_ rrelu_ selu_ threshold_",
      [RESIZING]: "affine_grid grid_sample interpolate",
      "its alignment is a dynamic programme, which has no operation here": "ctc_loss",
      "for vocabularies of millions": "embedding_bag linear_cross_entropy",
      "rarely used pooling": `fractional_max_pool2d fractional_max_pool3d max_unpool1d max_unpool2d max_unpool3d lp_pool3d`,
      "the inside of MultiheadAttention": "multi_head_attention_forward",
    },
  },
  "torch.nn.init": {
    home: init,
    names: `calculate_gain constant_ dirac_ eye_ kaiming_normal_ kaiming_uniform_ normal_ ones_ orthogonal_ sparse_ trunc_normal_ uniform_
      xavier_normal_ xavier_uniform_ zeros_`,
    without: {},
  },
  "torch.nn.utils": {
    home: nn.utils,
    names: `clip_grad_norm_ clip_grad_value_ clip_grads_with_norm_ fuse_conv_bn_eval fuse_conv_bn_weights fuse_linear_bn_eval
      fuse_linear_bn_weights get_total_norm parameters_to_vector vector_to_parameters skip_init convert_conv2d_weight_memory_format
      convert_conv3d_weight_memory_format`,
    without: {
      "norm.fold does it for a whole model":
        "fuse_conv_bn_eval fuse_conv_bn_weights fuse_linear_bn_eval fuse_linear_bn_weights",
      [DEVICES]: "convert_conv2d_weight_memory_format convert_conv3d_weight_memory_format skip_init",
    },
  },
  "torch.nn.utils.parametrizations": {
    home: nn.utils.parametrizations,
    names: "orthogonal spectral_norm weight_norm",
    without: { "needs a matrix exponential": "orthogonal" },
  },
  "torch.optim": {
    home: optim,
    names: `ASGD Adadelta Adafactor Adagrad Adam AdamW Adamax LBFGS Muon NAdam Optimizer RAdam RMSprop Rprop SGD SparseAdam`,
    without: {
      "needs its loss computed many times within a step": "LBFGS",
      "there are no sparse tensors": "SparseAdam",
      "saves memory in models far larger than the chapter's": "Adafactor",
    },
  },
  "torch.optim.lr_scheduler": {
    home: optim.lrScheduler,
    names: `ChainedScheduler ConstantLR CosineAnnealingLR CosineAnnealingWarmRestarts CyclicLR ExponentialLR LRScheduler LambdaLR LinearLR
      MultiStepLR MultiplicativeLR OneCycleLR PolynomialLR ReduceLROnPlateau SequentialLR StepLR`,
    without: {},
  },
  "torch.optim.swa_utils": {
    home: optim.swaUtils,
    names:
      "AveragedModel SWALR get_ema_avg_fn get_ema_multi_avg_fn get_swa_avg_fn get_swa_multi_avg_fn update_bn",
    without: {
      "the plain functions do it: all parameters are updated in one run":
        "get_ema_multi_avg_fn get_swa_multi_avg_fn",
      "norm.recalibrate": "update_bn",
    },
  },
};

const missing = ({ without }: Area): Set<string> => new Set(Object.values(without).flatMap(words));

afterAll(() => {
  const rows = Object.entries(AREAS).map(([name, area]) => {
    const total = words(area.names).length;
    return [name, total - missing(area).size, total] as const;
  });
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, covered, total]) => {
    return `  ${name.padEnd(width)}  ${String(covered).padStart(3)} / ${String(total).padStart(3)}`;
  });
  console.log(["PyTorch 2.15's names that there are, of all", ...lines].join("\n"));
});

describe.each(Object.entries(AREAS))("%s", (_name, area) => {
  const left = missing(area);
  test.each(words(area.names).filter((name) => !left.has(name)))("%s", (name) => {
    const value = (area.home as Record<string, unknown>)[ours(name)];
    expect(typeof value).toBe("function");
  });

  test("what is left out is not there", () => {
    const names = words(area.names);
    for (const name of left) {
      expect(names).toContain(name);
      expect(ours(name) in area.home, name).toBe(false);
    }
  });
});
