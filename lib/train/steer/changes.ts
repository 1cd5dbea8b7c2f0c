// What has been changed on an optimizer during a run: by hand in the monitor, by a schedule, by the program.

import type { GroupOptions, Optimizer } from "../../optim/optimizer.js";
import type { ScheduledGroup } from "../../optim/schedule/scheduler.js";
import type { Change } from "../control.js";

/** A schedule moves the rate in each step: what is less than a jump is no mark on a plot. */
const JUMP = 2;
/** A program that jumps all the time gets no more marks than this. */
const MOST = 200;

type Options = ScheduledGroup & { weightDecay?: number };
type Values = Readonly<Record<Change["kind"], number | undefined>>;

const VALUES: { readonly [K in Change["kind"]]: (group: Options) => number | undefined } = {
  learningRate: ({ lr }) => lr,
  momentum: ({ momentum, betas }) => momentum ?? betas?.[0],
  weightDecay: ({ weightDecay }) => weightDecay,
};
const KINDS = Object.keys(VALUES) as Change["kind"][];
const [RATE, MOMENTUM, DECAY] = [VALUES.learningRate, VALUES.momentum, VALUES.weightDecay];

/** Written out, since it runs in every step. */
function isAsBefore(before: Values, group: Options): boolean {
  return (
    before.learningRate === RATE(group) &&
    before.momentum === MOMENTUM(group) &&
    before.weightDecay === DECAY(group)
  );
}

/** What the options of the first group are, by the kinds of changes. */
function valuesOf({ paramGroups: [group] }: Optimizer<GroupOptions>): Values {
  return Object.fromEntries(KINDS.map((kind) => [kind, VALUES[kind](group as Options)])) as Values;
}

function jumps(from: number, to: number): boolean {
  const ratio = Math.abs(to / from);
  return from !== 0 && from !== to && (ratio >= JUMP || ratio <= 1 / JUMP);
}

/** TypeScript that sets the learning rate, of all groups in their proportions. */
function rateCode(groups: number, from: number, to: number): string {
  return groups === 1
    ? `optimizer.paramGroups[0].lr = ${to};`
    : `for (const group of optimizer.paramGroups) group.lr *= ${to / from};`;
}

/** The changes of one run, in their order. */
export class Changes {
  list: readonly Change[] = [];
  private readonly last = new WeakMap<Optimizer<GroupOptions>, Values>();

  /** Looks at an optimizer before step `step`; gives whether there is something new in the list. */
  look(optimizer: Optimizer<GroupOptions>, step: number): boolean {
    const before = this.last.get(optimizer);
    const group = optimizer.paramGroups[0] as Options;
    if (before !== undefined && isAsBefore(before, group)) return false;
    const values = valuesOf(optimizer);
    this.last.set(optimizer, values);
    const by = group.initialLr === undefined ? "code" : "schedule";
    const found = KINDS.flatMap((kind): Change[] => {
      const [from, to] = [before?.[kind], values[kind]];
      return from === undefined || to === undefined || !jumps(from, to) ? [] : [{ step, kind, from, to, by }];
    });
    return this.add(found);
  }

  /** The learning rate was changed in the monitor. */
  byHand(optimizer: Optimizer<GroupOptions>, step: number, from: number, to: number): boolean {
    this.last.set(optimizer, valuesOf(optimizer));
    if (from === to) return false;
    const code = rateCode(optimizer.paramGroups.length, from, to);
    return this.add([{ step, kind: "learningRate", from, to, by: "hand", code }]);
  }

  private add(changes: readonly Change[]): boolean {
    if (changes.length === 0 || this.list.length >= MOST) return false;
    this.list = [...this.list, ...changes];
    return true;
  }
}
