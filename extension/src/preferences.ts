// What a user has set: how much the verdict tells, and whether the monitor is shown on a projector.

import type { DiagnosisLevel } from "gradbook/train/run";

export class Preferences {
  level: DiagnosisLevel = "answer";
  projector = false;
  readonly #listeners = new Set<() => void>();

  /** Takes new values. */
  set(values: { level: DiagnosisLevel; projector: boolean }): void {
    Object.assign(this, values);
    for (const listener of this.#listeners) listener();
  }

  /** Calls `listener` after each change; the returned function ends that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
