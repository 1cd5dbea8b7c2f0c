// The table of rules and networks: planted faults whose root cause must be named first, and healthy networks about which nothing
// must be said. The rules' thresholds were chosen with the first set in view; the second set has other depths, widths, rates,
// batches and seeds. At its first look 51 of 54 faults and 42 of 47 healthy networks came out as they should; what that showed was
// mended in rules and in plants, so it is no longer blind. Of 33 more faults and 27 more healthy networks, thought up later and
// trained on Fashion-MNIST, the rules missed 5 and accused none; 4 of the 5, and what was of a new kind, are in the table now.

import * as gb from "gradbook";
import { type Diagnosis, diagnose, RULE_IDS, type RuleId, type Verdict } from "gradbook/train/diagnose/index";
import { expect, test } from "vitest";
import type { Case } from "./case.js";
import { FAULTS } from "./faults.js";
import { HEALTHY } from "./healthy.js";
import type { Pick } from "./networks.js";
import { train } from "./training.js";

export type Set = "first" | "second";

/** The issue asks for these. */
const NAMED = 0.9;
const FALSE_ALARMS = 0.05;

interface Judged {
  readonly name: string;
  readonly expected: readonly RuleId[];
  readonly verdict: Verdict;
}

function judged(cases: readonly Case[], set: Set): Judged[] {
  return cases.map(({ name, expected, build }, i) => {
    gb.manualSeed((set === "first" ? 1000 : 2000) + i);
    const pick: Pick = (first, second) => (set === "first" ? first : second);
    const { info, steps, samples } = train(build(pick));
    return { name, expected, verdict: diagnose(info, steps, samples) };
  });
}

const named = ({ expected, verdict }: Judged): boolean =>
  verdict.root === undefined ? expected.length === 0 : expected.includes(verdict.root.rule);
const told = ({ name, expected, verdict }: Judged): string =>
  `${name}: ${verdict.root?.rule ?? verdict.healthy} instead of ${expected.join(" or ") || "nothing"}`;

const all = ({ root, others }: Verdict): Diagnosis[] =>
  [...(root === undefined ? [] : [root]), ...others].flatMap((one) => [one, ...one.consequences]);

/** Rules down, and for each how many networks it was named first in, folded or shown beside, and said to be healthy. */
function table(faults: readonly Judged[], healthy: readonly Judged[]): string {
  const count = (of: readonly Judged[], test: (verdict: Verdict) => boolean): string =>
    String(of.filter(({ verdict }) => test(verdict)).length || "");
  const rows = RULE_IDS.map((rule) => [
    rule,
    String(faults.filter(({ expected }) => expected.includes(rule)).length || ""),
    count(faults, ({ root }) => root?.rule === rule),
    count(faults, (verdict) => all(verdict).some((one) => one.rule === rule && one !== verdict.root)),
    count(healthy, ({ root }) => root?.rule === rule),
    count(healthy, ({ others }) => others.some((one) => one.rule === rule)),
  ]);
  const head = ["rule", "planted", "named first", "besides", "false alarms", "notes on healthy"];
  const width = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  return [head, ...rows]
    .map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(width[i]!) : cell.padStart(width[i]!))).join("  "),
    )
    .join("\n");
}

/** Declares the test of one set; it prints the table. */
export function testSet(set: Set): void {
  test(`the ${set} set: root causes of planted faults are named first, healthy networks left in peace`, () => {
    const faults = judged(FAULTS, set);
    const healthy = judged(HEALTHY, set);
    const missed = faults.filter((one) => !named(one));
    const alarms = healthy.filter((one) => !named(one));
    console.log(
      `${set} set: ${faults.length - missed.length} of ${faults.length} root causes named first, ` +
        `${alarms.length} false alarms on ${healthy.length} healthy networks\n${table(faults, healthy)}\n` +
        [...missed, ...alarms].map(told).join("\n"),
    );
    expect(faults.length).toBeGreaterThanOrEqual(40);
    expect(healthy.length).toBeGreaterThanOrEqual(40);
    expect(missed.length, missed.map(told).join("\n")).toBeLessThanOrEqual((1 - NAMED) * faults.length);
    expect(alarms.length, alarms.map(told).join("\n")).toBeLessThanOrEqual(FALSE_ALARMS * healthy.length);
  });
}
