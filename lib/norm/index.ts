// Normalisation layers.

export { BatchNorm1d, type BatchNormOptions } from "./batch.js";
