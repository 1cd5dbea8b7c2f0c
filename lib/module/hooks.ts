// The functions that a module calls around its passes.

import type { Tensor } from "../tensor/tensor.js";
import type { Module } from "./module.js";

/** Called after a module's forward pass; may give another output. */
export type ForwardHook<M extends Module = Module> = (
  module: M,
  // biome-ignore lint/suspicious/noExplicitAny: what forward was called with
  inputs: readonly any[],
  output: ReturnType<M["forward"]>,
) => unknown;
/** Called before a module's forward pass. */
// biome-ignore lint/suspicious/noExplicitAny: what forward was called with
export type ForwardPreHook<M extends Module = Module> = (module: M, inputs: readonly any[]) => void;

/** Called in backward(), with the gradients of a module's inputs and outputs; null where there is none. */
export type BackwardHook = (
  module: Module,
  gradInputs: readonly (Tensor | null)[],
  gradOutputs: readonly (Tensor | null)[],
) => void;
