// What the monitor's frame asks of a screen.

import type { Tokens } from "../charts/tokens.js";
import type { RunRecord } from "../data/record.js";
import type { RunStore } from "../data/store.js";

export interface Screen {
  readonly node: HTMLElement;
  /** Shows `record`; called at most a few times a second, and only while the screen is visible. */
  draw(record: RunRecord, tokens: Tokens, store: RunStore): void;
  dispose(): void;
}
