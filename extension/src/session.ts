// What the monitor knows about one open notebook: the record of its kernel's runs, whether or not a panel is open.

import type { NotebookPanel } from "@jupyterlab/notebook";
import type { MonitorRequest } from "gradbook/train/run";
import { type LinkState, MonitorLink } from "./data/link.js";
import { RunStore } from "./data/store.js";
import { liveRuns } from "./live.js";

export class NotebookSession {
  readonly notebook: NotebookPanel;
  readonly store: RunStore = new RunStore();
  readonly #listeners = new Set<(state: LinkState) => void>();
  readonly #link: MonitorLink;
  readonly #endLive: () => void;

  constructor(notebook: NotebookPanel) {
    this.notebook = notebook;
    this.#endLive = liveRuns.add(this.store);
    this.#link = new MonitorLink(notebook.sessionContext, this.store, (state) => {
      for (const listener of this.#listeners) listener(state);
    });
  }

  get state(): LinkState {
    return this.#link.state;
  }

  /** Changes when the user changes the kernel, and stays when it restarts. */
  get kernelId(): string | undefined {
    return this.#link.kernelId;
  }

  /** Name of the kernel as people read it. */
  get kernelName(): string {
    return this.#link.kernelDisplayName;
  }

  /** Calls `listener` when the connection's state changes; the returned function ends that. */
  onState(listener: (state: LinkState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Sends the kernel a request; false if there is no kernel to take it. */
  send(request: MonitorRequest): boolean {
    return this.#link.send(request);
  }

  dispose(): void {
    this.#listeners.clear();
    this.#endLive();
    this.#link.dispose();
  }
}
