// Transforms: functions that change a batch of images, for `TransformedDataset`. torchvision's names.

export {
  type AffineMap,
  type AffineOptions,
  affine,
  RandomAffine,
  type RandomAffineOptions,
  RandomCrop,
  type RandomCropOptions,
  RandomHorizontalFlip,
  type RandomTransformOptions,
  type Transform,
} from "./random.js";
export { Compose, Normalize, ToTensor } from "./values.js";
