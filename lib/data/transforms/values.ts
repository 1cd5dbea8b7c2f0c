// Changes of pixel values, and several changes one after the other.

import { formatShape } from "../../graph/shape.js";
import { fromData } from "../../tensor/create.js";
import { noGrad } from "../../tensor/scope.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Transform } from "./random.js";

/** All changes, one after the other. Source: torchvision's Compose.
 *
 * ```ts
 * const { Compose, Normalize, RandomHorizontalFlip } = gb.data.transforms;
 * const augment = Compose([RandomHorizontalFlip(), Normalize([0.5], [0.5])]);
 * augment(tensor.ones(2, 1, 4, 4)).amax().item() // -> 1
 * ``` */
export function Compose(transforms: readonly Transform[]): Transform {
  return (x) => transforms.reduce((changed, transform) => transform(changed), x);
}

/** (x - mean) / std for each channel. [N, C, H, W]. Source: torchvision's Normalize; to take the numbers from a training set, see
 *  `gb.data.Standardizer`.
 *
 * ```ts
 * gb.data.transforms.Normalize([1], [2])(tensor([[[[1, 5]]]])).toArray() // -> [ [ [ [ 0, 2 ] ] ] ]
 * ``` */
export function Normalize(mean: readonly number[], std: readonly number[]): Transform {
  if (mean.length !== std.length || !std.every((value) => value > 0)) {
    throw new RangeError(
      `Normalize: needs as many means as standard deviations above 0; got [${mean}] and [${std}]`,
    );
  }
  const channels = (values: readonly number[]): Tensor => fromData([...values]).reshape(1, -1, 1, 1);
  const [shift, scale] = [channels(mean), channels(std)];
  return (x) => {
    if (x.ndim !== 4 || (mean.length !== 1 && x.shape[1] !== mean.length)) {
      throw new RangeError(`Normalize: needs [N, ${mean.length}, H, W]; got ${formatShape(x.shape)}`);
    }
    return noGrad(() => x.sub(shift).div(scale));
  };
}

/** Bytes from 0 to 255, [N, H, W] or [N, H, W, C], as float32 images [N, C, H, W] from 0 to 1. Source: torchvision's ToTensor.
 *
 * ```ts
 * gb.data.transforms.ToTensor()(tensor([[[0, 255]]], { dtype: "int32" })).toArray() // -> [ [ [ [ 0, 1 ] ] ] ]
 * ``` */
export function ToTensor(): Transform {
  return (x) => {
    if (x.ndim !== 3 && x.ndim !== 4) {
      throw new RangeError(`ToTensor: needs bytes [N, H, W] or [N, H, W, C]; got ${formatShape(x.shape)}`);
    }
    return noGrad(() => (x.ndim === 3 ? x.unsqueeze(1) : x.permute(0, 3, 1, 2)).float().div(255));
  };
}
