// What data sets and loaders print: how much of what they give, and not all of their values.

import { aboutDataset } from "./about.js";

/** "60,000 samples" or "60,000 samples of Fashion-MNIST" */
export function samples(dataset: { readonly length: number }): string {
  const name = aboutDataset(dataset)?.name;
  const count = `${dataset.length.toLocaleString("en")} ${dataset.length === 1 ? "sample" : "samples"}`;
  return name === undefined ? count : `${count} of ${name}`;
}
