// What all functions that make tensors share: their options, and a shape as the first arguments.

import { BYTES } from "../graph/dtype.js";
import type { Node } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { formatShape } from "../graph/shape.js";
import { checkNames, refuse } from "./arguments.js";
import type { TensorOptions } from "./create.js";
import { Tensor } from "./tensor.js";
import { shapeOf } from "./types.js";

/** Refuses types that there are not, and options with names that nobody reads. `more`: names beside dtype and requiresGrad. */
export function checkCreation(called: string, options: TensorOptions, more: readonly string[] = []): void {
  checkNames(called, options, ["dtype", "requiresGrad", ...(more as never[])]);
  const { dtype } = options;
  if (dtype !== undefined && !Object.hasOwn(BYTES, dtype)) {
    refuse(dtype, called, `one of the types ${Object.keys(BYTES).join(", ")}`);
  }
}

/** A new tensor with the type and the flag that were asked for. */
export function finish(node: Node, options: TensorOptions): Tensor {
  const made = Tensor.from(options.dtype === undefined ? node : ops.cast(node, options.dtype));
  return options.requiresGrad ? made.requiresGrad_() : made;
}

export function checkExtents(shape: readonly number[], what: string): void {
  if (shape.every((extent) => Number.isInteger(extent) && extent >= 0)) return;
  throw new RangeError(`${what}: extents must be whole numbers >= 0, got ${formatShape(shape)}`);
}

/** Arguments that are a shape, with options last; options may have `more` names. */
export function parse<O extends TensorOptions>(
  args: readonly unknown[],
  what: string,
  more: readonly string[] = [],
): { shape: readonly number[]; options: O } {
  const last = args.at(-1);
  const hasOptions = typeof last === "object" && last !== null && !Array.isArray(last);
  const shape = shapeOf((hasOptions ? args.slice(0, -1) : args) as number[]);
  checkExtents(shape, what);
  const options = (hasOptions ? last : {}) as O;
  checkCreation(what, options, more);
  return { shape, options };
}
