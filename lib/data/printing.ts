// Data sets and loaders print as one line that says how much of what they give, not as all of their values.

import { inspect } from "node:util";
import { aboutDataset } from "./about.js";

/** Prints instances of a class as `describe` says. */
export function printsAs<T extends object>(
  of: { readonly prototype: T },
  describe: (instance: T) => string,
): void {
  Object.defineProperty(of.prototype, inspect.custom, {
    value(this: T): string {
      return describe(this);
    },
  });
}

/** "60,000 samples" or "60,000 samples of Fashion-MNIST" */
export function samples(dataset: { readonly length: number }): string {
  const name = aboutDataset(dataset)?.name;
  const count = `${dataset.length.toLocaleString("en")} ${dataset.length === 1 ? "sample" : "samples"}`;
  return name === undefined ? count : `${count} of ${name}`;
}
