// The wheel of one training loop: pause, single steps, pace, another learning rate, stop. Everything acts at one place: between
// backward() and the update of the parameters, where a step can still be looked at, or left undone. The loop's thread blocks
// there, also where the loop awaits its batches.

import { checkInterrupt } from "../../compute/interrupt.js";
import type { GroupOptions, Optimizer } from "../../optim/optimizer.js";
import { type ControlAction, FULL_SPEED, REFUSALS, type RunControl, type RunRequest } from "../control.js";
import { host } from "../host.js";
import { deliver, receiveRequests, refuse, waitForRequest } from "./mailbox.js";

type AnyOptimizer = Optimizer<GroupOptions>;
/** What a run is asked beside how to behave. */
export type Question = Exclude<RunRequest, { type: "control" }>;

/** Longest wait in one go, so that the stop button is noticed. */
const WAIT_MILLISECONDS = 20;

/** Ends a cell as the stop button does. The parameters are those after the last finished step. */
export class TrainingStopped extends Error {
  override readonly name = "Interrupted";
}

/** Sets the rate of the first group; the others keep their proportions to it. */
export function setRate({ paramGroups: [first, ...others] }: AnyOptimizer, rate: number): void {
  const from = first!.lr;
  first!.lr = rate;
  for (const group of others) group.lr = from === 0 ? rate : (group.lr / from) * rate;
}

/** The run that is steered. */
export interface Steered {
  readonly run: string;
  /** Something has been asked of it: its next step is not one in which nothing is due. */
  wake(): void;
  /** Its loop behaves differently from now on. */
  controlled(control: RunControl): void;
  /** Its loop is about to wait: what has been measured is to be shown. */
  resting(): void;
  rateChanged(optimizer: AnyOptimizer, from: number, to: number): void;
  /** Meets a question. `paused`: the loop waits, between backward() and the update. */
  answer(question: Question, paused: boolean): void;
}

/** Steers one run: see `Watcher`. */
export class Steering {
  private readonly steered: Steered;
  private state = FULL_SPEED;
  /** A pause is wanted. The loop waits once a step has been looked at closely, which may be the one after. */
  private holding = false;
  private announced = false;
  /** Steps to take before the next wait. */
  private allowed = 0;
  private stopping = false;
  private ended = false;
  private rate: number | undefined;
  private lastStep = 0;
  /** In the middle of a wait, in which questions about the step can be answered. */
  private waiting = false;
  /** Asked while a single step is being taken, for the wait after it. */
  private questions: Question[] = [];

  constructor(steered: Steered) {
    this.steered = steered;
    receiveRequests(steered.run, this);
  }

  /** True where steps come so slowly that all of them can be measured, and looked at closely. */
  get slow(): boolean {
    return this.holding || this.state.pace > 0;
  }

  receive(request: RunRequest): void {
    if (this.ended && request.type !== "fork") refuse(this.steered.run, REFUSALS.ended);
    else if (request.type === "control") this.ask(request.action, request.value);
    else if (this.state.paused && !this.waiting) this.questions.push(request);
    else this.steered.answer(request, this.waiting);
  }

  /** Asks for what is then done by the next step. */
  ask(action: ControlAction, value: number = Number.NaN): void {
    this.steered.wake();
    switch (action) {
      case "pause":
        this.holding = true;
        break;
      case "resume":
        this.holding = false;
        this.allowed = 0;
        this.set({ paused: false });
        break;
      case "step":
        if (this.state.paused) this.allowed++;
        this.holding = true;
        break;
      case "stop":
        this.stopping = true;
        break;
      case "pace":
        this.set({ pace: value });
        break;
      case "learningRate":
        this.rate = value;
    }
  }

  /** At the start of a step: gives whether to look at it closely. */
  begin(): boolean {
    deliver();
    return this.slow;
  }

  /** Before step `step` changes the parameters: waits, changes the rate, or throws, as asked. `close`: the step has been looked
   *  at closely. */
  beforeUpdate(optimizer: AnyOptimizer, step: number, close: boolean): void {
    deliver();
    this.obey(optimizer, step);
    if (this.state.pace > 0) {
      this.keepPace(optimizer, step);
      this.lastStep = performance.now();
    }
    if (this.holding && (close || this.announced)) this.hold(optimizer, step);
    this.announced = this.holding;
  }

  /** The run has ended: nothing is obeyed any more. */
  finish(): void {
    this.release();
    this.ended = true;
  }

  /** The cell has ended: the next one starts at full speed. */
  release(): void {
    this.holding = false;
    this.allowed = 0;
    this.stopping = false;
    this.rate = undefined;
    this.set(FULL_SPEED);
  }

  private hold(optimizer: AnyOptimizer, step: number): void {
    // nobody could ever resume it; nor are its steps to be looked at closely from now on
    if (host()?.requests === undefined) {
      this.holding = false;
      return;
    }
    if (this.allowed === 0) {
      this.steered.resting();
      this.set({ paused: true });
      this.waiting = true;
      for (const question of this.questions.splice(0)) this.steered.answer(question, true);
      try {
        while (this.holding && this.allowed === 0) this.wait(optimizer, step, WAIT_MILLISECONDS);
      } finally {
        this.waiting = false;
      }
    }
    if (this.holding) this.allowed--;
  }

  /** Waits until the last step is long enough ago. */
  private keepPace(optimizer: AnyOptimizer, step: number): void {
    const left = (): number => this.lastStep + 1000 / this.state.pace - performance.now();
    if (left() > WAIT_MILLISECONDS) this.steered.resting();
    // infinite where the pace has been given up meanwhile
    for (let rest = left(); rest > 0 && Number.isFinite(rest) && !this.holding; rest = left()) {
      this.wait(optimizer, step, Math.min(rest, WAIT_MILLISECONDS));
    }
  }

  private wait(optimizer: AnyOptimizer, step: number, milliseconds: number): void {
    try {
      waitForRequest(milliseconds);
      checkInterrupt();
      deliver();
      this.obey(optimizer, step);
    } catch (error) {
      this.release();
      throw error;
    }
  }

  private obey(optimizer: AnyOptimizer, step: number): void {
    if (this.stopping) {
      this.release();
      throw new TrainingStopped(
        `Training was stopped before step ${step} changed anything. The model is as the last finished step left it.`,
      );
    }
    if (this.rate === undefined) return;
    const from = optimizer.paramGroups[0]!.lr;
    const to = this.rate;
    this.rate = undefined;
    setRate(optimizer, to);
    this.steered.rateChanged(optimizer, from, to);
  }

  private set(change: Partial<RunControl>): void {
    const next = { ...this.state, ...change };
    if (next.paused === this.state.paused && next.pace === this.state.pace) return;
    this.state = next;
    this.steered.controlled(next);
  }
}
