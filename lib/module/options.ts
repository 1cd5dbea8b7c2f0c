// The options of a function that has a layer, such as F.gelu and nn.GELU.

import { checkNames } from "../tensor/arguments.js";
import { Module } from "./module.js";

/** Refuses options that the function does not have. A layer that hands itself over for them was checked when it was made. */
export function checkFunctionOptions<O extends object>(
  name: string,
  options: O,
  known: readonly (keyof O & string)[],
): void {
  if (!(options instanceof Module)) checkNames(name, options, known);
}
