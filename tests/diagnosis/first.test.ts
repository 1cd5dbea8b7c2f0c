// The networks that the thresholds were chosen with; see table.ts.

import { RULE_IDS, type RuleId } from "gradbook/train/diagnose/index";
import { expect, test } from "vitest";
import { FAULTS } from "./faults.js";
import { testSet } from "./table.js";

testSet("first");

test("every rule has a planted fault, or is what follows from one", () => {
  const planted = FAULTS.flatMap(({ expected }) => expected);
  const following: RuleId[] = [
    "exploding-signal",
    "vanishing-signal",
    "exploding-gradient",
    "gradient-spike",
    "vanishing-gradient",
    "saturated",
    "update-ratio",
  ];
  expect([...new Set([...planted, ...following])].sort()).toEqual([...RULE_IDS].sort());
});
