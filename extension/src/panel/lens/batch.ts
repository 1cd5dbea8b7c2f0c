// The whole batch in the layer under the lens: asked for while the run is paused, since only then it stands still.

import type { MicroscopeBatch } from "gradbook/train/microscope-data";
import type { BatchSums } from "../../charts/units.js";
import type { RunRecord } from "../../data/record.js";
import type { RunStore, StoreEvent } from "../../data/store.js";
import { floats } from "../microscope/walk.js";
import type { Host } from "../screen.js";

export class PausedBatch {
  readonly #host: Host;
  #store: RunStore | undefined;
  #unsubscribe: () => void = () => undefined;
  #asked = "";
  #known: { readonly asked: string; readonly batch: BatchSums } | undefined;

  constructor(host: Host) {
    this.#host = host;
  }

  /** The batch of the step at which the run is paused; undefined while it runs, and until it has come. */
  of(record: RunRecord, layer: number, store: RunStore): BatchSums | undefined {
    if (store !== this.#store) {
      this.#unsubscribe();
      this.#store = store;
      this.#unsubscribe = store.subscribe((event) => this.#take(event));
    }
    const { id, control } = record.info;
    if (!control?.paused || record.lost) return undefined;
    const asked = [id, layer, record.lastStep].join();
    if (asked !== this.#asked && this.#host.send({ type: "microscope", run: id, example: 0, batch: layer })) {
      this.#asked = asked;
    }
    return this.#known?.asked === asked ? this.#known.batch : undefined;
  }

  dispose(): void {
    this.#unsubscribe();
  }

  #take(event: StoreEvent): void {
    if (event.type !== "answer" || event.answer.type !== "microscope" || !event.buffer) return;
    const { run, data } = event.answer;
    if (!data.batch || !this.#asked.startsWith(`${run},${data.batch.layer},`)) return;
    this.#known = { asked: this.#asked, batch: sumsIn(data.batch, floats(event.buffer)) };
    this.#host.redraw();
  }
}

function sumsIn({ units, sums, normalisation }: MicroscopeBatch, numbers: Float32Array): BatchSums {
  const values = (
    slice: { readonly at: number; readonly length: number } | undefined,
  ): Float32Array | undefined => slice && numbers.subarray(slice.at, slice.at + slice.length);
  return {
    units,
    sums: values(sums)!,
    normalisation: normalisation && {
      epsilon: normalisation.epsilon,
      weight: values(normalisation.weight),
      bias: values(normalisation.bias),
      runningMean: values(normalisation.runningMean),
      runningVariance: values(normalisation.runningVariance),
    },
  };
}
