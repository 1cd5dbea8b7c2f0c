// The runs that go on in this window, for whoever draws one outside its monitor: a cell's output finds its run here, and
// whether a monitor shows it already. One for all plugins of the page.

import type { RunInfo } from "gradbook/train/run";
import type { RunRecord } from "./data/record.js";
import type { RunStore } from "./data/store.js";

class LiveRuns {
  readonly #stores = new Map<RunStore, { monitored: boolean }>();
  readonly #listeners = new Set<() => void>();

  /** Makes the runs of a store known; the returned function ends that. */
  add(store: RunStore): () => void {
    this.#stores.set(store, { monitored: false });
    const end = store.subscribe(() => this.#tell());
    return () => {
      end();
      this.#stores.delete(store);
    };
  }

  /** Says whether a monitor of these runs is in sight. */
  setMonitored(store: RunStore, monitored: boolean): void {
    const known = this.#stores.get(store);
    if (!known || known.monitored === monitored) return;
    known.monitored = monitored;
    this.#tell();
  }

  /** The record of a run that goes on, and whether a monitor shows it. */
  find({ id, startedAt }: RunInfo): { record: RunRecord; monitored: boolean } | undefined {
    for (const [store, { monitored }] of this.#stores) {
      const record = store.runs.get(id);
      if (record?.info.startedAt !== startedAt || record.lost || record.info.status !== "running") continue;
      return { record, monitored };
    }
    return undefined;
  }

  /** Calls `listener` after each change; the returned function ends that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

export const liveRuns: LiveRuns = new LiveRuns();
