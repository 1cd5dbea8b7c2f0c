// gb.data: data sets and loaders.

export { type Dataset, randomSplit, type SplitOptions, Subset, TensorDataset } from "./dataset.js";
export type { DataSource, LoadOptions, RawFashionMNIST } from "./fashion-mnist.js";
export { loadFashionMNIST } from "./fashion-mnist.js";
export { FASHION_MNIST_CLASSES, type RawImages } from "./fashion-mnist-files.js";
export { type FashionMNIST, type FashionMNISTOptions, fashionMNIST } from "./fashion-mnist-tensors.js";
export * from "./files/index.js";
export { DataLoader } from "./loader.js";
export { type BatchOptions, batchIndices } from "./sampler.js";
