// Optimizers: PyTorch's `torch.optim`.

export { Adam, type AdamOptions } from "./adam.js";
export { type GroupOptions, Optimizer, type ParamGroup } from "./optimizer.js";
export { SGD, type SGDOptions } from "./sgd.js";
