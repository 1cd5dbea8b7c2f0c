// gb.data: data sets and loaders.

export { type Collated, defaultCollate } from "./collate.js";
export { ConcatDataset, TransformedDataset } from "./combine.js";
export {
  type Dataset,
  type MapDataset,
  randomSplit,
  type SplitOptions,
  Subset,
  TensorDataset,
} from "./dataset.js";
export type { DataSource, LoadOptions, RawFashionMNIST } from "./fashion-mnist.js";
export { loadFashionMNIST } from "./fashion-mnist.js";
export { FASHION_MNIST_CLASSES, type RawImages } from "./fashion-mnist-files.js";
export { type FashionMNIST, type FashionMNISTOptions, fashionMNIST } from "./fashion-mnist-tensors.js";
export * from "./files/index.js";
export { type CollateOptions, DataLoader } from "./loader.js";
export { type BatchOptions, batchIndices } from "./sampler.js";
export {
  BatchSampler,
  RandomSampler,
  type Sampler,
  type SamplerOptions,
  SubsetRandomSampler,
  WeightedRandomSampler,
} from "./samplers.js";
