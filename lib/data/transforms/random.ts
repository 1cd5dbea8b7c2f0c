// Random changes of images that leave their class alone. Every image of a batch gets its own; numbers are drawn on the host, so
// that a seed gives the same images on every device.

import { arange } from "../../tensor/create.js";
import { where } from "../../tensor/functions.js";
import { defaultGenerator } from "../../tensor/random/default.js";
import type { Generator } from "../../tensor/random/generator.js";
import { noGrad } from "../../tensor/scope.js";
import type { Tensor } from "../../tensor/tensor.js";
import { hostTensor } from "../host-tensor.js";
import { imageShape, pick } from "./pixels.js";

/** A change of a batch of inputs. */
export type Transform = (x: Tensor) => Tensor;

export interface RandomTransformOptions {
  /** Draws the numbers. Default: the default generator. */
  generator?: Generator;
}

const perImage = (values: Float32Array | Int32Array): Tensor => hostTensor(values, [values.length, 1, 1, 1]);

/** Mirrors each image from left to right with probability `p` (0.5). [N, C, H, W]. Source: torchvision's RandomHorizontalFlip.
 *
 * ```ts
 * const flip = gb.data.transforms.RandomHorizontalFlip({ p: 1 });
 * flip(tensor([[[[1, 2, 3]]]])).toArray() // -> [ [ [ [ 3, 2, 1 ] ] ] ]
 * ``` */
export function RandomHorizontalFlip(options: RandomTransformOptions & { p?: number } = {}): Transform {
  const { p = 0.5, generator = defaultGenerator } = options;
  if (!(p >= 0 && p <= 1)) throw new RangeError(`RandomHorizontalFlip: p must be from 0 to 1, got ${p}`);
  return (x) => {
    const [n] = imageShape(x, "RandomHorizontalFlip");
    const draws = generator.uniform(new Float32Array(n));
    return noGrad(() => where(perImage(draws).lt(p), x.flip(-1), x));
  };
}

export interface RandomCropOptions extends RandomTransformOptions {
  /** Pixels added around the image before it is cut (0). */
  padding?: number;
  /** Their value (0). */
  fill?: number;
}

/** Cuts a part of the given size (one number, or height and width) out of each image, at a random place. [N, C, H, W]. Source:
 *  torchvision's RandomCrop.
 *
 * ```ts
 * const crop = gb.data.transforms.RandomCrop(28, { padding: 2 });
 * crop(tensor.zeros(16, 1, 28, 28)).shape // -> [ 16, 1, 28, 28 ]
 * ``` */
export function RandomCrop(
  size: number | readonly [number, number],
  options: RandomCropOptions = {},
): Transform {
  const [height, width] = typeof size === "number" ? [size, size] : size;
  const { padding = 0, fill = 0, generator = defaultGenerator } = options;
  return (x) => {
    const [n, , fullHeight, fullWidth] = imageShape(x, "RandomCrop");
    const room = [fullHeight + 2 * padding - height, fullWidth + 2 * padding - width];
    if (room.some((left) => left < 0)) {
      throw new RangeError(
        `RandomCrop: ${height} x ${width} does not fit into images of ${fullHeight} x ${fullWidth} with a padding of ${padding}`,
      );
    }
    const [top, left] = room.map((most) => perImage(generator.randint(new Int32Array(n), 0, most + 1)));
    return noGrad(() => {
      const rows = arange(height).reshape(1, 1, height, 1).add(top!).sub(padding);
      const columns = arange(width).reshape(1, 1, 1, width).add(left!).sub(padding);
      return pick(x, rows, columns, fill);
    });
  };
}

export interface AffineOptions {
  /** "nearest" (default) or "bilinear". */
  interpolation?: "nearest" | "bilinear";
  /** The value of what comes in from outside (0). */
  fill?: number;
}

/** What one image is turned, moved and scaled by. */
export interface AffineMap {
  /** Degrees, clockwise. */
  readonly angle: number;
  /** Pixels to the right and down. */
  readonly translate: readonly [number, number];
  readonly scale: number;
}

/** Turns and scales each image about its middle and moves it; one map for each image. [N, C, H, W]. Source: torchvision's
 *  functional.affine, without shear.
 *
 * ```ts
 * const quarter = { angle: 90, translate: [0, 0], scale: 1 } as const;
 * gb.data.transforms.affine(tensor([[[[1, 2], [3, 4]]]]), [quarter]).toArray() // -> [ [ [ [ 3, 1 ], [ 4, 2 ] ] ] ]
 * ``` */
export function affine(x: Tensor, maps: readonly AffineMap[], options: AffineOptions = {}): Tensor {
  const { interpolation = "nearest", fill = 0 } = options;
  const [n, , height, width] = imageShape(x, "affine");
  if (maps.length !== n)
    throw new RangeError(`affine: needs a map for each of the ${n} images, got ${maps.length}`);
  const number = (of: (map: AffineMap) => number): Tensor => perImage(Float32Array.from(maps, of));
  const turn = (of: (radians: number) => number): Tensor =>
    number(({ angle, scale }) => of((angle * Math.PI) / 180) / scale);
  const [middleY, middleX] = [(height - 1) / 2, (width - 1) / 2];
  return noGrad(() => {
    // from each place of the result back to where its value comes from
    const down = arange(height)
      .reshape(1, 1, height, 1)
      .float()
      .sub(number(({ translate }) => translate[1] + middleY));
    const right = arange(width)
      .reshape(1, 1, 1, width)
      .float()
      .sub(number(({ translate }) => translate[0] + middleX));
    const [cosine, sine] = [turn(Math.cos), turn(Math.sin)];
    const column = cosine.mul(right).add(sine.mul(down)).add(middleX);
    const row = cosine.mul(down).sub(sine.mul(right)).add(middleY);
    if (interpolation === "nearest") return pick(x, row.round().int(), column.round().int(), fill);
    const [top, left] = [row.floor(), column.floor()];
    const [below, beside] = [row.sub(top), column.sub(left)];
    const corner = (dy: number, dx: number): Tensor => pick(x, top.int().add(dy), left.int().add(dx), fill);
    const blend = (a: Tensor, b: Tensor, share: Tensor): Tensor => a.add(b.sub(a).mul(share));
    return blend(blend(corner(0, 0), corner(0, 1), beside), blend(corner(1, 0), corner(1, 1), beside), below);
  });
}

export interface RandomAffineOptions extends RandomTransformOptions, AffineOptions {
  /** The farthest move to each side, as shares of the width and the height ([0, 0]); whole pixels. */
  translate?: readonly [number, number];
  /** The smallest and the largest factor ([1, 1]). */
  scale?: readonly [number, number];
}

/** Turns each image by up to `degrees` either way, moves and scales it at random. [N, C, H, W]. Source: torchvision's
 *  RandomAffine, without shear.
 *
 * ```ts
 * const shake = gb.data.transforms.RandomAffine(10, { translate: [0.1, 0.1], scale: [0.9, 1.1] });
 * shake(tensor.ones(4, 1, 28, 28)).shape // -> [ 4, 1, 28, 28 ]
 * ``` */
export function RandomAffine(degrees: number, options: RandomAffineOptions = {}): Transform {
  const { translate = [0, 0], scale = [1, 1], generator = defaultGenerator } = options;
  const between = (low: number, high: number): number => low + (high - low) * generator.uniform64();
  return (x) => {
    const [n, , height, width] = imageShape(x, "RandomAffine");
    const maps = Array.from({ length: n }, (): AffineMap => {
      const angle = between(-degrees, degrees);
      const moves = [translate[0] * width, translate[1] * height].map((most) =>
        Math.round(between(-most, most)),
      );
      return { angle, translate: moves as [number, number], scale: between(scale[0], scale[1]) };
    });
    return affine(x, maps, options);
  };
}
