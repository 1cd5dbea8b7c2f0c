// The namespace `init`: the functions for single tensors, and the one that looks at a whole network.

export * from "../init/index.js";
export { type ForActivationOptions, forActivation, type InitChoice } from "./for-activation.js";
export { type LsuvOptions, type LsuvReport, lsuv } from "./lsuv.js";
