// gb.data: data sets and loaders.

export { type BatchOptions, batchIndices } from "./batch-indices.js";
export { type Collated, defaultCollate } from "./collate.js";
export { ConcatDataset, TransformedDataset } from "./combine.js";
export { type CsvOptions, CsvTable, readCsv } from "./csv.js";
export {
  type Dataset,
  type MapDataset,
  randomSplit,
  type SplitOptions,
  Subset,
  TensorDataset,
} from "./dataset.js";
export * from "./files/index.js";
export * from "./images/index.js";
export { type CollateOptions, DataLoader } from "./loader.js";
export {
  BatchSampler,
  RandomSampler,
  type Sampler,
  type SamplerOptions,
  SubsetRandomSampler,
  WeightedRandomSampler,
} from "./samplers.js";
export { Standardizer, type StandardizerOptions } from "./standardizer.js";
export * as transforms from "./transforms/index.js";
