// The data set of the first notebook, fetched ahead of its first use. Without it the notebook works on a shipped sample.

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "./paths.mjs";
import { readStamp, writeStamp } from "./stamp.mjs";
import { step } from "./steps.mjs";

const LOADER: string = join(ROOT, "lib", "dist", "data", "images", "fashion-mnist.js");

/** Sees to it that Fashion-MNIST is there. Not having it is no failure. */
export async function prepareData(): Promise<void> {
  if (readStamp("data")) return;
  const source = await step("Fashion-MNIST (31 MB)", async (say) => {
    const { loadFashionMNIST } = await import(pathToFileURL(LOADER).href);
    const loaded = await loadFashionMNIST({ report: (message: string) => say(message.split("\n")[0] ?? "") });
    return loaded.source as string;
  });
  if (source === "sample") console.log("    It could not be had; the notebooks work on the shipped sample.");
  else writeStamp("data", source);
}
