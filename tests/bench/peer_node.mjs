// What the peers from npm share: answering the benchmark's requests (see protocol.ts), finding their packages, and the
// library's own initial values, so that all train the same network on the same batch.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const folder = process.env.GRADBOOK_BENCH_PEERS;
const require = createRequire(join(folder, "package.json"));

/** A module of a package that was installed for the benchmark. */
export const load = (name) => import(pathToFileURL(require.resolve(name)).href);
export const versionOf = (name) =>
  JSON.parse(readFileSync(join(folder, "node_modules", name, "package.json"), "utf8")).version;
export const resolve = (name) => require.resolve(name);

/** The batch and the weights of "mlp-sgd-32" in workloads/training.ts, as flat arrays with shapes; weights are in x out. */
export async function classifier() {
  process.env.GRADBOOK_DEVICE = "reference"; // sets none of V8's flags in this process
  const { manualSeed, nn, tensor } = await import("gradbook");
  manualSeed(42);
  const layers = [nn.Linear(784, 300), nn.Linear(300, 100), nn.Linear(100, 10)];
  const [images, labels] = [tensor.randn(32, 784), tensor.randint(0, 10, [32])];
  const host = (x) => ({ data: x.toTypedArray(), shape: [...x.shape] });
  return {
    images: host(images),
    labels: host(labels),
    weights: layers.map((layer) => host(layer.weight.detach().t())),
    biases: layers.map((layer) => host(layer.bias)),
  };
}

/** Answers requests; `prepare` gives what a workload's `prepare` gives. */
export async function serve(name, version, prepare) {
  let task;
  console.log(JSON.stringify({ name, version }));
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      const { iterations, fresh } = JSON.parse(line);
      if (fresh) task = await prepare();
      const since = performance.now();
      await task.run(iterations);
      const seconds = (performance.now() - since) / 1000;
      console.log(JSON.stringify({ seconds, value: await task.value() }));
    } catch (error) {
      console.log(JSON.stringify({ error: String(error.stack ?? error) }));
    }
  }
  process.exit();
}
