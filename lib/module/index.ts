// Modules and parameters: what layers and models are made of.

export type { HookHandle } from "../tensor/base.js";
export { type Callable, callable } from "./callable.js";
export { deepcopy } from "./deepcopy.js";
export type { BackwardHook, ForwardHook, ForwardPreHook } from "./hooks.js";
export type { LoadResult } from "./load-state.js";
export { evalMode, trainMode } from "./modes.js";
export { Module } from "./module.js";
export { Parameter } from "./parameter.js";
