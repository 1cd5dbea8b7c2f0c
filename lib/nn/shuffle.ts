// Layers that only move channels about: between groups, and between channels and places.

import { formatShape } from "../graph/shape.js";
import { type Callable, callable } from "../module/callable.js";
import { Module } from "../module/module.js";
import type { Tensor } from "../tensor/tensor.js";

function requireFactor(what: string, name: string, factor: number): void {
  if (Number.isInteger(factor) && factor > 0) return;
  throw new RangeError(`${what}: ${name} must be a whole number from 1, got ${factor}`);
}

/** [N, C, ...] with the channels of `groups` groups dealt out in turn: channel i of group g comes to place i * groups + g.
 *
 *  ```ts
 *  F.channelShuffle(tensor([[[0], [1], [2], [3]]]), 2).flatten() // -> [0, 2, 1, 3]
 *  ``` */
export function channelShuffle(x: Tensor, groups: number): Tensor {
  requireFactor("channelShuffle", "groups", groups);
  const [examples = 0, channels = 0, ...places] = x.shape;
  if (x.ndim < 3 || channels % groups !== 0) {
    throw new RangeError(
      `channelShuffle: needs [N, C, ...] with C a multiple of ${groups}, got ${formatShape(x.shape)}`,
    );
  }
  const grouped = x.reshape(examples, groups, channels / groups, ...places);
  return grouped.transpose(1, 2).reshape(x.shape);
}

/** [..., C r², H, W] -> [..., C, H r, W r]: r² channels become a square of r times r places. Shi et al. 2016.
 *
 *  ```ts
 *  F.pixelShuffle(tensor.zeros(1, 8, 3, 4), 2).shape // -> [1, 2, 6, 8]
 *  ``` */
export function pixelShuffle(x: Tensor, upscaleFactor: number): Tensor {
  const r = upscaleFactor;
  requireFactor("pixelShuffle", "upscaleFactor", r);
  const lead = x.shape.slice(0, -3);
  const [channels = 0, height = 0, width = 0] = x.shape.slice(-3);
  if (x.ndim < 3 || channels % (r * r) !== 0) {
    throw new RangeError(
      `pixelShuffle: needs [..., C, H, W] with C a multiple of ${r * r}, got ${formatShape(x.shape)}`,
    );
  }
  const n = lead.length;
  const split = x.reshape(...lead, channels / (r * r), r, r, height, width);
  const order = [...lead.map((_, i) => i), n, n + 3, n + 1, n + 4, n + 2];
  return split.permute(order).reshape(...lead, channels / (r * r), height * r, width * r);
}

/** [..., C, H r, W r] -> [..., C r², H, W]: what `pixelShuffle` did, undone.
 *
 *  ```ts
 *  F.pixelUnshuffle(tensor.zeros(1, 2, 6, 8), 2).shape // -> [1, 8, 3, 4]
 *  ``` */
export function pixelUnshuffle(x: Tensor, downscaleFactor: number): Tensor {
  const r = downscaleFactor;
  requireFactor("pixelUnshuffle", "downscaleFactor", r);
  const lead = x.shape.slice(0, -3);
  const [channels = 0, height = 0, width = 0] = x.shape.slice(-3);
  if (x.ndim < 3 || height % r !== 0 || width % r !== 0) {
    throw new RangeError(
      `pixelUnshuffle: needs [..., C, H, W] with H and W multiples of ${r}, got ${formatShape(x.shape)}`,
    );
  }
  const n = lead.length;
  const split = x.reshape(...lead, channels, height / r, r, width / r, r);
  const order = [...lead.map((_, i) => i), n, n + 2, n + 4, n + 1, n + 3];
  return split.permute(order).reshape(...lead, channels * r * r, height / r, width / r);
}

/** A layer whose only option is one whole number. */
function shuffleLayer(
  name: string,
  option: string,
  apply: (x: Tensor, factor: number) => Tensor,
): Callable<new (factor: number) => Module & { forward(x: Tensor): Tensor }> {
  class Layer extends Module {
    readonly factor: number;
    constructor(factor: number) {
      super();
      requireFactor(name, option, factor);
      this.factor = factor;
    }
    forward(x: Tensor): Tensor {
      return apply(x, this.factor);
    }
    override extraRepr(): string {
      return `${option}=${this.factor}`;
    }
  }
  return callable(Layer, name);
}

type Shuffle = Callable<new (factor: number) => Module & { forward(x: Tensor): Tensor }>;

/** [N, C, ...] with the channels of `groups` groups dealt out in turn; see `F.channelShuffle`. Zhang et al. 2018.
 *
 *  ```ts
 *  nn.ChannelShuffle(2)(tensor([[[0], [1], [2], [3]]])).flatten() // -> [0, 2, 1, 3]
 *  ``` */
export const ChannelShuffle: Shuffle = shuffleLayer("ChannelShuffle", "groups", channelShuffle);
export type ChannelShuffle = InstanceType<typeof ChannelShuffle>;

/** [..., C r², H, W] -> [..., C, H r, W r] for an upscale factor r; see `F.pixelShuffle`.
 *
 *  ```ts
 *  nn.PixelShuffle(2)(tensor.zeros(1, 8, 3, 4)).shape // -> [1, 2, 6, 8]
 *  ``` */
export const PixelShuffle: Shuffle = shuffleLayer("PixelShuffle", "upscaleFactor", pixelShuffle);
export type PixelShuffle = InstanceType<typeof PixelShuffle>;

/** [..., C, H r, W r] -> [..., C r², H, W] for a downscale factor r; see `F.pixelUnshuffle`.
 *
 *  ```ts
 *  nn.PixelUnshuffle(2)(tensor.zeros(1, 2, 6, 8)).shape // -> [1, 8, 3, 4]
 *  ``` */
export const PixelUnshuffle: Shuffle = shuffleLayer("PixelUnshuffle", "downscaleFactor", pixelUnshuffle);
export type PixelUnshuffle = InstanceType<typeof PixelUnshuffle>;
