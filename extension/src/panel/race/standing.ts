// How a race stands: who is first to a level that all have reached. One measure, one sentence.

import type { TranslationBundle } from "@jupyterlab/translation";
import { formatCount } from "../../charts/format.js";
import { accuracyField, accuracyLine, lossLine } from "../../charts/race.js";
import type { Entry } from "../../data/entry.js";
import { type Line, largest } from "../../data/series.js";
import type { Statement } from "../statement.js";

/** Accuracies are compared at multiples of this, in percent. */
const LEVEL = 5;

/** What to say of a race; undefined while nothing can be compared. */
export function standing(entries: readonly Entry[], trans: TranslationBundle): Statement | undefined {
  const field = accuracyField(entries);
  const lines = entries.map((entry) => accuracyLine(entry, field));
  const compared = lines.every(({ y }) => y.length > 0);
  return compared ? byAccuracy(entries, lines, trans) : byLoss(entries, trans);
}

function byAccuracy(
  entries: readonly Entry[],
  lines: readonly Line[],
  trans: TranslationBundle,
): Statement | undefined {
  const best = lines.map(({ y }) => largest(y, 0));
  // The highest level that two have reached: beyond what guessing gives, a race has been run.
  const second = best.toSorted((a, b) => b - a)[1]!;
  const level = LEVEL * Math.floor(second / LEVEL);
  const guessing = 100 / (entries[0]?.records[0]?.info.classes ?? Number.POSITIVE_INFINITY);
  if (level > 1.5 * guessing) return arrival(entries, lines, (y) => y >= level, `${level}%`, trans);
  const leader = best.indexOf(Math.max(...best));
  if (best[leader]! <= 1.5 * guessing) return undefined;
  return statement(
    trans.__(
      "Only %1 has learnt so far: %2%, where guessing gives %3%.",
      entries[leader]!.name,
      Math.round(best[leader]!),
      Math.round(guessing),
    ),
    `leader ${leader}`,
    entries,
    trans,
  );
}

function byLoss(entries: readonly Entry[], trans: TranslationBundle): Statement | undefined {
  const lines = entries.map(lossLine);
  if (lines.some(({ y }) => y.length === 0)) return undefined;
  const reached = Math.max(...lines.map(({ y }) => Math.min(...y)));
  if (!(reached > 0)) return undefined;
  // Two digits, upwards: a level that all have passed.
  const unit = 10 ** (Math.floor(Math.log10(reached)) - 1);
  const level = Number((Math.ceil(reached / unit) * unit).toPrecision(2));
  return arrival(entries, lines, (y) => y <= level, trans.__("a loss of %1", level), trans);
}

/** Who of those that got there was first, and when the next one came. */
function arrival(
  entries: readonly Entry[],
  lines: readonly Line[],
  there: (y: number) => boolean,
  measure: string,
  trans: TranslationBundle,
): Statement | undefined {
  const [first, next] = lines
    .map(({ x, y }, index) => ({
      name: entries[index]!.name,
      step: x[y.findIndex(there)] ?? Number.NaN,
    }))
    .filter(({ step }) => !Number.isNaN(step))
    .sort((a, b) => a.step - b.step);
  if (!first || !next) return undefined;
  const [step, later] = [formatCount(first.step), formatCount(next.step)];
  const sentence =
    step === later
      ? trans.__("%1 and %2 reach %3 at the same step: %4.", first.name, next.name, measure, step)
      : trans.__("%1 is first to %2: step %3, %4 at %5.", first.name, measure, step, next.name, later);
  return statement(sentence, `first ${first.name} ${next.name}`, entries, trans);
}

function statement(
  sentence: string,
  key: string,
  entries: readonly Entry[],
  trans: TranslationBundle,
): Statement {
  const seeds = Math.min(...entries.map(({ records }) => records.length));
  const text =
    seeds > 1
      ? trans.__("Bold lines are medians of %1 seeds, thin lines single seeds.", seeds)
      : trans.__("One seed is one race: repeat it with other seeds before you conclude.");
  return { tone: "ok", sentence, parts: [{ text }], key: `race ${key}` };
}
