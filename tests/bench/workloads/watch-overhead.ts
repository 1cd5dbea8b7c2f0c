// What it costs to watch a run from its first step to its last: all layers, in the first hundred steps every one.

import { type Host, host, installHost } from "gradbook/train/host";
import { sampleLength } from "gradbook/train/run";
import type { Slice } from "../paired.ts";
import type { Pair } from "../workload.ts";
import { trainingTask } from "./training.ts";

const STEPS = 10_000;
const SLICE = 20;

export const watchOverhead: Pair = {
  title: `what watching adds to ${STEPS} steps of a new 784-300-100-10, SGD, batch 32; PyTorch with hooks for the same statistics`,
  twin: { module: "watch_overhead", argument: `${STEPS} ${SLICE}` },
  limit: 0.03,
  async measure(watchedFirst) {
    // what the first training in a process costs is nobody's share: the BLAS is loaded, the library's code is optimised
    trainingTask("mlp-sgd-32").run(SLICE);
    const sampled = sampledSteps();
    const plain = trainingTask("mlp-sgd-32");
    const watched = trainingTask("mlp-sgd-32", "watched");
    const seconds = ({ run }: typeof plain): number => {
      const since = performance.now();
      run(SLICE);
      return (performance.now() - since) / 1000;
    };
    const times: Pick<Slice, "plain" | "watched">[] = [];
    for (let i = 0; i < STEPS / SLICE; i++) {
      if ((i % 2 === 0) !== watchedFirst) {
        const first = seconds(plain);
        times.push({ plain: first, watched: seconds(watched) });
      } else {
        const first = seconds(watched);
        times.push({ watched: first, plain: seconds(plain) });
      }
    }
    // the last samples are published when the loop is left
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    const samples = new Int32Array(times.length);
    for (const step of sampled) samples[Math.floor(step / SLICE)]!++;
    return times.map((time, i) => ({ ...time, samples: samples[i]! }));
  },
};

/** The steps whose layers are sampled, from now on. */
function sampledSteps(): number[] {
  const steps: number[] = [];
  let length = Number.NaN;
  const installed = host() as Host;
  installHost({
    ...installed,
    publish(event) {
      if (event.type === "run") length = sampleLength(event.info.layers.length);
      if (event.type === "rows")
        for (let at = 0; at < event.samples.length; at += length) steps.push(event.samples[at]!);
      installed.publish(event);
    },
  });
  return steps;
}
