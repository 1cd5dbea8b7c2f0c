// Metrics: what a model is worth, added up on the device.

export { Accuracy, BinaryAccuracy, TopKAccuracy } from "./accuracy.js";
export { type AverageOptions, ConfusionMatrix, F1Score, Precision, Recall } from "./confusion.js";
export { MeanAbsoluteError, MeanSquaredError, RootMeanSquaredError } from "./error.js";
export { Mean } from "./mean.js";
export { Metric } from "./metric.js";
