// What makes a convolution: the sum it is defined by, its adjoint, and how it moves with its input. Random options, on the device
// that is used.

import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, beforeAll, expect, test } from "vitest";
import { seeded } from "../library/support.js";
import { disagreement } from "../parity/golden.js";
import { DEVICE, sized, useDevice } from "../parity/library.js";

const { F, tensor, manualSeed } = gb;

beforeAll(() => useDevice(DEVICE));
afterAll(() => closeSession());

/** Each is compiled anew, which takes a GPU in software longest. */
const EXAMPLES = sized(40, 12);

interface Example {
  readonly x: gb.Tensor;
  readonly w: gb.Tensor;
  readonly options: { stride: number[]; padding: number[]; dilation: number[]; groups: number };
}

/** A convolution over images with random extents and options. */
function example(random: () => number): Example {
  const whole = (from: number, to: number): number => from + Math.floor(random() * (to - from + 1));
  const pair = (from: number, to: number): number[] => [whole(from, to), whole(from, to)];
  const [stride, padding, dilation, kernel] = [pair(1, 3), pair(0, 3), pair(1, 3), pair(1, 4)];
  const groups = whole(1, 3);
  const [images, perGroup, out] = [whole(1, 3), whole(1, 3), groups * whole(1, 8)];
  const space = kernel.map((n, i) =>
    Math.max(1, (n - 1) * dilation[i]! + 1 - 2 * padding[i]! + whole(0, 19)),
  );
  return {
    x: tensor.randn(images, groups * perGroup, ...space),
    w: tensor.randn(out, perGroup, ...kernel),
    options: { stride, padding, dilation, groups },
  };
}

/** The sum of the definition, in plain loops and double precision. */
function directly({ x, w, options }: Example): number[] {
  const { stride, padding, dilation, groups } = options;
  const [images, channels, height, width] = x.shape as [number, number, number, number];
  const [out, perGroup, kh, kw] = w.shape as [number, number, number, number];
  const [xs, ws] = [x.toTypedArray(), w.toTypedArray()];
  const count = (d: number, extent: number, size: number): number =>
    Math.floor((extent + 2 * padding[d]! - dilation[d]! * (size - 1) - 1) / stride[d]!) + 1;
  const [rows, columns] = [count(0, height, kh), count(1, width, kw)];
  const result: number[] = [];
  for (let n = 0; n < images; n++)
    for (let o = 0; o < out; o++)
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < columns; j++) {
          let sum = 0;
          for (let c = 0; c < perGroup; c++)
            for (let k = 0; k < kh; k++)
              for (let l = 0; l < kw; l++) {
                const h = i * stride[0]! + k * dilation[0]! - padding[0]!;
                const v = j * stride[1]! + l * dilation[1]! - padding[1]!;
                if (h < 0 || h >= height || v < 0 || v >= width) continue;
                const channel = Math.floor(o / (out / groups)) * perGroup + c;
                sum +=
                  xs[((n * channels + channel) * height + h) * width + v]! *
                  ws[((o * perGroup + c) * kh + k) * kw + l]!;
              }
          result.push(sum);
        }
  return result;
}

test("conv2d is the sum it is defined by", () => {
  manualSeed(1);
  const random = seeded(1);
  for (let i = 0; i < EXAMPLES; i++) {
    const one = example(random);
    const y = F.conv2d(one.x, one.w, null, one.options);
    expect(disagreement(y.toTypedArray(), directly(one)), JSON.stringify(one.options)).toBeLessThan(1e-5);
  }
});

const dot = (a: gb.Tensor, b: gb.Tensor): number => {
  const [as, bs] = [[...a.toTypedArray()], b.toTypedArray()];
  return as.reduce((sum, x, i) => sum + x * bs[i]!, 0);
};

test("<conv(x), y> = <x, convTranspose(y)>, and the gradients are the adjoints, too", () => {
  manualSeed(2);
  const random = seeded(2);
  for (let i = 0; i < EXAMPLES; i++) {
    const { x, w, options } = example(random);
    x.requiresGrad_();
    w.requiresGrad_();
    const image = F.conv2d(x, w, null, options);
    const y = tensor.randn(...image.shape);
    image.backward(y);
    // 1 where every window lies in the padding
    const size = Math.sqrt(dot(image, image) * dot(y, y)) || 1;
    const expected = dot(image, y);
    // what the windows do not reach at the end of x
    const outputPadding = [0, 1].map((d) => {
      const reach =
        (image.shape[2 + d]! - 1) * options.stride[d]! + options.dilation[d]! * (w.shape[2 + d]! - 1);
      return x.shape[2 + d]! + 2 * options.padding[d]! - reach - 1;
    });
    const known = outputPadding.every((n, d) => n < Math.max(options.stride[d]!, options.dilation[d]!));
    expect(known).toBe(true);
    const back = F.convTranspose2d(y, w, null, { ...options, outputPadding });
    expect(back.shape).toEqual(x.shape);
    const label = JSON.stringify({ ...options, x: x.shape, w: w.shape });
    expect(Math.abs(dot(x, back) - expected) / size, label).toBeLessThan(1e-6);
    expect(disagreement(x.grad!.toTypedArray(), [...back.toTypedArray()]), label).toBeLessThan(1e-5);
    // linear in the weight: <conv(x; w), y> is the gradient's product with the weight
    expect(Math.abs(dot(w, w.grad!) - expected) / size, label).toBeLessThan(1e-6);
  }
});

test("a shifted image has a shifted convolution", () => {
  manualSeed(3);
  const [x, w] = [tensor.randn(1, 2, 9, 9), tensor.randn(3, 2, 3, 3)];
  const moved = F.pad(x, [1, -1, 2, -2]);
  const [y, z] = [F.conv2d(x, w), F.conv2d(moved, w)];
  const inner = (t: gb.Tensor, i: number, j: number): gb.Tensor => t.narrow(2, i, 5).narrow(3, j, 6);
  expect(
    inner(z, 2, 1)
      .sub(inner(y, 0, 0))
      .abs()
      .max()
      .item(),
  ).toBeLessThan(1e-5);
});

test("fold(unfold(x)) counts how many windows each element is in; pooling one window is reducing it", () => {
  manualSeed(4);
  const x = tensor.randn(2, 3, 6, 7);
  const options = { stride: [2, 1], padding: 1 };
  const columns = F.unfold(x, 3, options);
  const counts = F.fold(tensor.ones(...columns.shape), [6, 7], 3, options);
  const back = F.fold(columns, [6, 7], 3, options);
  expect(disagreement(back.toTypedArray(), [...x.mul(counts).toTypedArray()])).toBeLessThan(1e-6);
  const whole = [6, 7];
  expect(F.maxPool2d(x, whole).flatten().toArray()).toEqual(x.amax([2, 3]).flatten().toArray());
  const mean = x.mean([2, 3]).toTypedArray();
  for (const y of [F.avgPool2d(x, whole), F.adaptiveAvgPool2d(x, 1)]) {
    expect(disagreement(y.toTypedArray(), [...mean])).toBeLessThan(1e-6);
  }
});
