// Which steps of a watched run are measured, told the times that steps take.

import { Schedule } from "gradbook/train/sampling";
import { expect, test } from "vitest";

type Time = number | ((step: number) => number);
const at = (time: Time, step: number): number => (typeof time === "number" ? time : time(step));

/** The steps of a run that are sampled when steps with and without layers take so long, in milliseconds. */
function sampled(steps: number, plain: Time, layers: Time): number[] {
  const schedule = new Schedule();
  let time = 0;
  return Array.from({ length: steps }, (_, step) => step).filter((step) => {
    const due = schedule.at(step, () => time);
    time += at(due.layers ? layers : plain, step);
    return due.layers;
  });
}

test.each([0.02, 0.5, 1, 1.4])(
  "all of the first 100 steps are sampled, and 10,000 steps pay at most 2.2 % when a sample costs %d steps",
  (cost) => {
    const steps = sampled(10_000, 1, 1 + cost);
    expect(steps.slice(0, 100)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(steps.length * cost).toBeLessThanOrEqual(0.022 * 10_000);
    // evenly over the logarithm of the steps
    const rest = steps.slice(100);
    expect(rest.length).toBeGreaterThan(16);
    const factors = rest.slice(1).map((step, i) => step / rest[i]!);
    expect(Math.max(...factors)).toBeLessThan(1.3);
  },
);

test("steps without layers that were slow at first do not make samples look cheap for long", () => {
  const cost = 1.4;
  const steps = sampled(10_000, (step) => (step < 120 ? 3 : 1), 1 + cost);
  expect(steps.length * cost).toBeLessThan(0.025 * 10_000);
});

test("however dear samples are, some are taken", () => {
  const steps = sampled(100_000, 1, 20);
  expect(steps.filter((step) => step >= 10_000).length).toBeGreaterThan(8);
});

test.each([
  { milliseconds: 0.3, looks: 1 / 7 },
  { milliseconds: 1, looks: 1 / 3 },
  { milliseconds: 20, looks: 1 },
])(
  "steps of $milliseconds ms: a row within 104 ms, and the shorter they are the fewer look at the clock",
  (of) => {
    const schedule = new Schedule();
    let looks = 0;
    const times = Array.from({ length: 100_000 }, (_, step) => step * of.milliseconds).filter(
      (time, step) => {
        const clock = (): number => {
          looks++;
          return time;
        };
        return schedule.at(step, clock).row;
      },
    );
    expect(Math.max(...times.slice(1).map((time, i) => time - times[i]!))).toBeLessThanOrEqual(104);
    expect(looks / 100_000).toBeLessThanOrEqual(of.looks);
  },
);

test("the accuracy comes with samples, and from ten seconds on with rows twice a second", () => {
  const schedule = new Schedule();
  const dues: { readonly time: number; readonly accuracy: boolean; readonly layers: boolean }[] = [];
  // samples so dear that few are taken
  for (let step = 0, time = 0; time < 20_000; step++) {
    const due = schedule.at(step, () => time);
    dues.push({ time, ...due });
    time += due.layers ? 30 : 1;
  }
  const before = dues.filter(({ time }) => time < 10_000);
  expect(before.map(({ accuracy }) => accuracy)).toEqual(before.map(({ layers }) => layers));
  const later = dues.filter(({ time, accuracy }) => accuracy && time >= 10_000);
  const gaps = later.slice(1).map(({ time }, i) => time - later[i]!.time);
  // a row that is due by time comes within 104 ms and a step after the accuracy is
  expect(Math.max(...gaps)).toBeLessThanOrEqual(605);
  // what samples do not bring comes no more often than twice a second
  const alone = later.slice(1).flatMap(({ layers }, i) => (layers ? [] : [gaps[i]!]));
  expect(alone.length).toBeGreaterThan(10);
  expect(Math.min(...alone)).toBeGreaterThanOrEqual(500);
});

test("what the first hundred steps have cost is made up for before more than the fewest samples are taken", () => {
  const steps = sampled(100_000, 1, (step) => (step === 0 ? 300 : 1.5));
  /** What the samples before step `until` have taken, as a share of the run's time. */
  const share = (until: number): number => {
    const later = steps.filter((step) => step >= 100 && step < until).length;
    const spent = 299 + 0.5 * (99 + later);
    return spent / (until + spent);
  };
  const close = steps.findIndex((step, i) => step > 100 && step / steps[i - 1]! < 1.1 && i > 101);
  expect(steps[close]).toBeGreaterThan(10_000);
  expect(share(steps[close]!)).toBeLessThanOrEqual(0.02);
  expect(share(100_000)).toBeLessThanOrEqual(0.02);
});
