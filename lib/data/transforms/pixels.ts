// Taking pixels from images at places that differ from image to image: what crops and affine maps are made of.

import { formatShape } from "../../graph/shape.js";
import { arange } from "../../tensor/create.js";
import { where } from "../../tensor/functions.js";
import type { Tensor } from "../../tensor/tensor.js";

/** Throws unless `x` is a batch of images [N, C, H, W]; gives the extents. */
export function imageShape(x: Tensor, what: string): readonly [number, number, number, number] {
  if (x.ndim === 4) return x.shape as unknown as readonly [number, number, number, number];
  throw new RangeError(`${what}: needs a batch of images [N, C, H, W]; got ${formatShape(x.shape)}`);
}

/** result[n, c, i, j] = x[n, c, rows[n, 0, i, j], columns[n, 0, i, j]], or `fill` outside the image. int32, broadcast. */
export function pick(x: Tensor, rows: Tensor, columns: Tensor, fill: number): Tensor {
  const [n, channels, height, width] = imageShape(x, "pick");
  const inside = rows
    .ge(0)
    .logicalAnd(rows.lt(height))
    .logicalAnd(columns.ge(0))
    .logicalAnd(columns.lt(width));
  const place = rows
    .clamp({ min: 0, max: height - 1 })
    .mul(width)
    .add(columns.clamp({ min: 0, max: width - 1 }));
  const planes = arange(n * channels)
    .reshape(n, channels, 1, 1)
    .mul(height * width);
  const index = planes.add(place);
  const taken = x.reshape(-1).indexSelect(0, index.reshape(-1)).reshape(index.shape);
  return where(inside, taken, fill);
}
