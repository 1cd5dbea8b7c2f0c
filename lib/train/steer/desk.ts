// All that can be done to a run while it trains, in one place for its watcher: steering it, the marks of what was changed.

import type { GroupOptions, Optimizer } from "../../optim/optimizer.js";
import type { RunControl } from "../control.js";
import type { RunInfo } from "../run.js";
import { Changes } from "./changes.js";
import { refuse } from "./mailbox.js";
import { type Question, type Steered, Steering } from "./steering.js";

type AnyOptimizer = Optimizer<GroupOptions>;

/** What the desk needs of the watcher. */
export interface Watched {
  readonly run: string;
  /** Number of the current step. */
  readonly steps: number;
  /** Publishes what has changed about the run. */
  change(change: Partial<RunInfo>): void;
  /** Shows what has been measured until now, waiting for it. */
  show(): void;
}

export class ControlDesk implements Steered {
  readonly run: string;
  readonly steering: Steering;
  private readonly watched: Watched;
  private readonly changes = new Changes();
  /** The present step is looked at closely. */
  private close = false;

  constructor(watched: Watched) {
    this.watched = watched;
    this.run = watched.run;
    this.steering = new Steering(this);
  }

  /** At the start of a training step: gives whether it is to be measured, however far the run has come. */
  begin(): boolean {
    this.close = this.steering.begin();
    return this.close;
  }

  /** Before an optimizer changes the parameters. */
  beforeUpdate(optimizer: AnyOptimizer): void {
    const step = this.watched.steps;
    if (this.changes.look(optimizer, step)) this.mark();
    this.steering.beforeUpdate(optimizer, step, this.close);
  }

  controlled(control: RunControl): void {
    this.watched.change({ control });
  }

  resting(): void {
    this.watched.show();
  }

  rateChanged(optimizer: AnyOptimizer, from: number, to: number): void {
    if (this.changes.byHand(optimizer, this.watched.steps, from, to)) this.mark();
  }

  answer(question: Question, _optimizer: AnyOptimizer | undefined): void {
    refuse(this.run, `${question.type} is not there yet`);
  }

  private mark(): void {
    this.watched.change({ changes: this.changes.list });
  }
}
