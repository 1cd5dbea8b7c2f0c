// What has been changed on an optimizer during a run: by hand in the monitor, by a schedule, by the program.

import type { GroupOptions, Optimizer } from "../../optim/optimizer.js";
import type { ScheduledGroup } from "../../optim/schedule/scheduler.js";
import type { Change } from "../control.js";

/** A schedule moves the rate in each step: what is less than a jump is no mark on a plot, and neither is a step that only goes on
 *  with what the one before did, as the last ones of 1cycle and cosine schedules do, whose rate nears 0. */
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

/** What is known of an optimizer's options. */
interface Seen {
  readonly values: Values;
  /** The step they have counted from. */
  readonly since: number;
  /** What they were before that; nothing at the first look. */
  readonly before?: Values;
}

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

/** Whether an option that was changed in step `step` had been moving that way in the step before, too. After the first step nobody
 *  knows. */
function goesOn({ values, since, before }: Seen, kind: Change["kind"], to: number, step: number): boolean {
  if (since !== step - 1) return false;
  const [now, earlier] = [values[kind]!, before?.[kind]];
  return earlier === undefined || Math.sign(to - now) === Math.sign(now - earlier);
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
  private readonly seen = new WeakMap<Optimizer<GroupOptions>, Seen>();
  /** What the last look has found, and of which options. */
  private latest: { readonly group: Options; readonly values: Values } | undefined;

  /** Whether the last look was at this optimizer, and has found the options that it has now. */
  isAsLooked(optimizer: Optimizer<GroupOptions>): boolean {
    const { latest } = this;
    const group = optimizer.paramGroups[0] as Options;
    return latest !== undefined && latest.group === group && isAsBefore(latest.values, group);
  }

  /** Looks at an optimizer before step `step`; gives whether there is something new in the list. */
  look(optimizer: Optimizer<GroupOptions>, step: number): boolean {
    const seen = this.seen.get(optimizer);
    const group = optimizer.paramGroups[0] as Options;
    if (seen !== undefined && isAsBefore(seen.values, group)) {
      if (this.latest?.group !== group) this.latest = { group, values: seen.values };
      return false;
    }
    const values = valuesOf(optimizer);
    this.latest = { group, values };
    this.seen.set(optimizer, { values, since: step, ...(seen && { before: seen.values }) });
    if (seen === undefined) return false;
    const by = group.initialLr === undefined ? "code" : "schedule";
    const found = KINDS.flatMap((kind): Change[] => {
      const [from, to] = [seen.values[kind], values[kind]];
      if (from === undefined || to === undefined || !jumps(from, to)) return [];
      return goesOn(seen, kind, to, step) ? [] : [{ step, kind, from, to, by }];
    });
    return this.add(found);
  }

  /** The learning rate was changed in the monitor. */
  byHand(optimizer: Optimizer<GroupOptions>, step: number, from: number, to: number): boolean {
    this.seen.set(optimizer, { values: valuesOf(optimizer), since: step });
    this.latest = undefined;
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
