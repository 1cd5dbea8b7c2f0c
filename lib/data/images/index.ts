// Sets of images.

export { CIFAR10_CLASSES, cifar10, loadCIFAR10 } from "./cifar10.js";
export { FASHION_MNIST_CLASSES, fashionMNIST, loadFashionMNIST } from "./fashion-mnist.js";
export { loadMNIST, mnist } from "./mnist.js";
export type { DataSource, LoadOptions, RawDataset, RawImages } from "./source.js";
export type { ImageDataset, ImageOptions } from "./tensors.js";
