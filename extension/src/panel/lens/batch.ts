// The whole batch in the layer under the lens: of the step at which the run is paused, and while it runs of the newest step, asked for
// every now and then.

import type { RunAnswer } from "gradbook/train/control";
import type { BatchSums } from "../../charts/units.js";
import type { RunRecord } from "../../data/record.js";
import type { RunStore, StoreEvent } from "../../data/store.js";
import { floats } from "../microscope/walk.js";
import type { Host } from "../screen.js";

/** Milliseconds between two questions to a loop that runs: each has a step wait for its values. */
const BETWEEN = 2000;

export interface Seen {
  readonly step: number;
  readonly batch: BatchSums;
  /** The question that it answers. */
  readonly asked: string;
}

export class LayerBatches {
  readonly #host: Host;
  #store: RunStore | undefined;
  #unsubscribe: () => void = () => undefined;
  /** What was asked last, and when. */
  #asked = "";
  #askedAt = Number.NEGATIVE_INFINITY;
  /** The newest of each layer of a run. */
  #known: { readonly run: string; readonly layers: Map<number, Seen | undefined> } | undefined;

  constructor(host: Host) {
    this.#host = host;
  }

  /** The batch of the step at which the run is paused, else of the newest step that is known; of an ended run, the last one that
   *  was asked for while it ran. */
  of(record: RunRecord, layer: number, store: RunStore): Seen | undefined {
    if (store !== this.#store) {
      this.#unsubscribe();
      this.#store = store;
      this.#unsubscribe = store.subscribe((event) => this.#take(event));
    }
    const { id } = record.info;
    if (this.#known?.run !== id) this.#known = { run: id, layers: new Map() };
    this.#ask(record, layer);
    const seen = this.#known.layers.get(layer);
    // of a pause nothing older is shown
    return record.info.control?.paused && seen?.asked !== this.#asked ? undefined : seen;
  }

  dispose(): void {
    this.#unsubscribe();
  }

  #ask({ info, lastStep, lost }: RunRecord, layer: number): void {
    if (info.status !== "running" || lost) return;
    const paused = info.control?.paused === true;
    const about = `${info.id} ${layer} ${paused}`;
    const asked = `${about} ${lastStep}`;
    if (asked === this.#asked) return;
    const now = performance.now();
    const waits = !paused && this.#asked.startsWith(about) && now - this.#askedAt < BETWEEN;
    if (waits || !this.#host.send({ type: "batch", run: info.id, layer })) return;
    this.#asked = asked;
    this.#askedAt = now;
  }

  #take(event: StoreEvent): void {
    if (event.type !== "answer" || event.answer.type !== "batch") return;
    const { answer, buffer } = event;
    if (answer.run !== this.#known?.run) return;
    this.#known.layers.set(answer.layer, buffer && seenIn(answer, floats(buffer), this.#asked));
    this.#host.redraw();
  }
}

function seenIn(
  { step, batch }: RunAnswer & { readonly type: "batch" },
  numbers: Float32Array,
  asked: string,
): Seen | undefined {
  if (!batch) return undefined;
  const values = (
    slice: { readonly at: number; readonly length: number } | undefined,
  ): Float32Array | undefined => slice && numbers.subarray(slice.at, slice.at + slice.length);
  const { units, sums, normalisation } = batch;
  return {
    step,
    asked,
    batch: {
      units,
      sums: values(sums)!,
      normalisation: normalisation && {
        epsilon: normalisation.epsilon,
        weight: values(normalisation.weight),
        bias: values(normalisation.bias),
        runningMean: values(normalisation.runningMean),
        runningVariance: values(normalisation.runningVariance),
      },
    },
  };
}
