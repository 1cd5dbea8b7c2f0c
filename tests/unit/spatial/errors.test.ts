// Wrong arguments of convolutions and pooling say what is wrong with which shape, and what to do; layers print their options.

import * as gb from "gradbook";
import { expect, test } from "vitest";

const { nn, F, tensor, init } = gb;
const untyped = (value: unknown): never => value as never;
const image = tensor.zeros(2, 3, 8, 8);

const MISTAKES: [string, () => unknown, RegExp][] = [
  [
    "an image without channels",
    () => nn.Conv2d(1, 4, 3)(tensor.zeros(32, 28, 28)),
    /Conv2d\(1, 4\) got \[32, 28, 28\].*32 channels.*needs 1.*unsqueeze\(1\)/s,
  ],
  [
    "channels last",
    () => nn.Conv2d(3, 4, 3)(tensor.zeros(2, 8, 8, 3)),
    /Conv2d\(3, 4\) got \[2, 8, 8, 3\].*needs 3.*permute/s,
  ],
  [
    "other channels",
    () => nn.Conv1d(3, 4, 3)(tensor.zeros(2, 5, 8)),
    /Conv1d\(3, 4\) got \[2, 5, 8\].*5 channels.*needs 3/s,
  ],
  [
    "a transposed convolution's channels",
    () => nn.ConvTranspose2d(4, 3, 2)(image),
    /ConvTranspose2d\(4, 3\) got \[2, 3, 8, 8\].*needs 4/s,
  ],
  [
    "a matrix",
    () => nn.Conv2d(8, 4, 3)(tensor.zeros(8, 8)),
    /needs \[N, C, H, W\] or \[C, H, W\], got \[8, 8\]|Conv2d\(8, 4\)/,
  ],
  [
    "ints",
    () => F.conv2d(tensor.zeros([2, 3, 8, 8], { dtype: "int32" }), tensor.zeros(1, 3, 2, 2)),
    /conv2d.*float32.*int32.*\.float\(\)/s,
  ],
  [
    "a large kernel",
    () => nn.Conv2d(3, 4, 9)(image),
    /kernel of \[9, 9\].*does not fit into \[2, 3, 8, 8\].*padding/s,
  ],
  ["a kernel of nothing", () => nn.Conv2d(3, 4, 0), /Conv2d: kernelSize.*at least 1.*array of 2.*got 0/s],
  ["a kernel of three", () => nn.Conv2d(3, 4, [1, 2, 3]), /Conv2d: kernelSize.*got \[1, 2, 3\]/],
  ["no kernel", () => nn.Conv2d(3, 4, untyped(undefined)), /Conv2d: kernelSize.*got nothing/],
  ["half a channel", () => nn.Conv2d(3, 4.5, 3), /Conv2d: outChannels.*whole number.*4\.5/],
  [
    "groups",
    () => nn.Conv2d(3, 4, 3, { groups: 2 }),
    /Conv2d: 2 groups must divide 3 input and 4 output channels/,
  ],
  [
    "same padding with stride",
    () => nn.Conv2d(3, 4, 3, { padding: "same", stride: 2 }),
    /"same" needs stride 1.*\[2, 2\]/,
  ],
  [
    "padding in words",
    () => nn.Conv2d(3, 4, 3, { padding: untyped("full") }),
    /"same", "valid" or numbers, got "full"/,
  ],
  [
    "padding mode",
    () => nn.Conv2d(3, 4, 3, { paddingMode: untyped("mirror") }),
    /paddingMode.*zeros, reflect.*"mirror"/,
  ],
  [
    "reflection further than the image",
    () => nn.Conv2d(3, 4, 9, { padding: 8, paddingMode: "reflect" })(image),
    /"reflect" can add at most 7.*dim 2/,
  ],
  [
    "a weight's dims",
    () => F.conv2d(image, tensor.zeros(4, 3, 3)),
    /conv2d: the weight.*4 dims.*\[4, 3, 3\]/,
  ],
  [
    "a weight's channels",
    () => F.conv2d(image, tensor.zeros(4, 2, 3, 3)),
    /conv2d: the weight needs 2 input channels.*\[2, 3, 8, 8\].*has 3/s,
  ],
  [
    "a bias",
    () => F.conv2d(image, tensor.zeros(4, 3, 3, 3), tensor.zeros(3)),
    /conv2d: the bias must be \[4\], got \[3\]/,
  ],
  [
    "output padding",
    () => F.convTranspose1d(tensor.zeros(1, 1, 4), tensor.zeros(1, 1, 2), null, { outputPadding: 1 }),
    /outputPadding 1 must be smaller than stride 1/,
  ],
  [
    "nothing left",
    () => F.convTranspose1d(tensor.zeros(1, 1, 2), tensor.zeros(1, 1, 2), null, { padding: 2 }),
    /padding 2 leaves nothing.*less padding/s,
  ],
  [
    "a large window",
    () => nn.MaxPool2d(9)(image),
    /maxPool2d: a window of \[9, 9\] does not fit into \[2, 3, 8, 8\]/,
  ],
  [
    "padding of a window",
    () => nn.MaxPool2d(2, { padding: 2 }),
    /MaxPool2d: padding \[2, 2\] must be at most half of the kernel/,
  ],
  [
    "no divisor",
    () => F.avgPool2d(image, 2, { divisorOverride: 0 }),
    /avgPool2d: divisorOverride must not be 0/,
  ],
  ["adaptive size", () => nn.AdaptiveAvgPool2d([2])(image), /adaptiveAvgPool2d: outputSize.*H, W.*got \[2\]/],
  ["pad", () => F.pad(tensor.zeros(3), [1]), /pad: needs two whole numbers for each dim.*got \[1\]/],
  [
    "pad further than there is",
    () => F.pad(tensor.zeros(3), [-2, -2]),
    /pad: \[-2, -2\] takes more off than \[3\] has/,
  ],
  [
    "pad mode",
    () => F.pad(tensor.zeros(3), [1, 1], { mode: untyped("wrap") }),
    /pad: mode must be "constant", reflect.*"wrap"/,
  ],
  ["padding layer", () => nn.ZeroPad2d([1, 2]), /ZeroPad2d: padding.*4 of them.*got \[1, 2\]/],
  [
    "fold",
    () => F.fold(tensor.zeros(1, 8, 5), [3, 3], 2),
    /fold: images of \[3, 3\] have columns \[N, C \* 4, 4\].*got \[1, 8, 5\]/,
  ],
];

test.each(MISTAKES)("%s", (_, mistake, message) => {
  expect(mistake).toThrow(message);
});

test("layers print as PyTorch's, in camelCase", () => {
  const model = nn.Sequential(
    nn.Conv2d(1, 32, 3),
    nn.Conv1d(4, 4, 5, {
      stride: 2,
      padding: 1,
      dilation: 2,
      groups: 2,
      bias: false,
      paddingMode: "circular",
    }),
    nn.ConvTranspose2d(4, 2, [2, 3], { stride: 2, outputPadding: 1 }),
    nn.MaxPool2d(2),
    nn.AvgPool2d([2, 1]),
    nn.AdaptiveAvgPool2d([2, null]),
    nn.ReflectionPad1d(2),
    nn.ConstantPad1d(1, 0.5),
  );
  expect(String(model)).toBe(`Sequential(
  (0): Conv2d(1, 32, kernelSize=[3, 3], stride=[1, 1])
  (1): Conv1d(4, 4, kernelSize=5, stride=2, padding=1, paddingMode=circular, dilation=2, groups=2, bias=false)
  (2): ConvTranspose2d(4, 2, kernelSize=[2, 3], stride=[2, 2], outputPadding=[1, 1])
  (3): MaxPool2d(kernelSize=2, stride=2, padding=0, dilation=1, ceilMode=false)
  (4): AvgPool2d(kernelSize=[2, 1], stride=[2, 1], padding=0)
  (5): AdaptiveAvgPool2d(outputSize=[2, null])
  (6): ReflectionPad1d([2, 2])
  (7): ConstantPad1d(padding=[1, 1], value=0.5)
)`);
  expect(model.at(0) instanceof nn.Conv2d && !(model.at(0) instanceof nn.Conv1d)).toBe(true);
});

test("a dirac convolution passes its input through, also with groups", () => {
  const conv = nn.Conv2d(4, 4, 3, { padding: 1, groups: 2, bias: false });
  init.dirac_(conv.weight, { groups: 2 });
  const x = tensor.randn(2, 4, 5, 6);
  // each group sees its own channels only
  expect(conv(x).toArray()).toEqual(x.toArray());
});

test("a small convolutional network learns: conv, batch norm, pooling, linear", () => {
  gb.manualSeed(1);
  const model = nn.Sequential(
    nn.Conv2d(1, 4, 3, { padding: "same" }),
    nn.BatchNorm2d(4),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(4, 8, 3),
    nn.ReLU(),
    nn.AdaptiveAvgPool2d(1),
    nn.Flatten(),
    nn.Linear(8, 2),
  );
  // horizontal or vertical stripes, at random places
  const labels = tensor.randint(0, 2, [32]);
  const phase = tensor.randint(0, 2, [32, 1, 1, 1]);
  const rows = tensor.arange(8).reshape(1, 1, 8, 1).add(phase).remainder(2).expand(32, 1, 8, 8);
  const x = tensor.where(labels.reshape(32, 1, 1, 1).eq(0), rows, rows.transpose(2, 3)).float();
  const optimizer = new gb.optim.Adam(model.parameters(), { lr: 0.02 });
  let last = 0;
  for (let step = 0; step < 30; step++) {
    const loss = F.crossEntropy(model(x) as gb.Tensor, labels);
    loss.backward();
    optimizer.step();
    optimizer.zeroGrad();
    last = loss.item();
  }
  expect(last).toBeLessThan(0.1);
});
