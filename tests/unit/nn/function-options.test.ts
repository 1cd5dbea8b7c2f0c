// Functions of F refuse options that they do not have, as layers do: a misspelled one would do nothing, and nothing would say so.

import * as gb from "gradbook";
import { describe, expect, test } from "vitest";

const { F, tensor } = gb;

/** Functions that have no options. */
const WITHOUT = new Set(
  (
    "bilinear channelShuffle hardsigmoid hardswish linear logsigmoid mish oneHot pixelShuffle pixelUnshuffle prelu relu relu2 " +
    "relu6 selu sigmoid silu softsign tanh tanhshrink threshold"
  ).split(" "),
);
const isWithout = (name: string): boolean => WITHOUT.has(name) || name.startsWith("adaptive");

/** Calls of which more than the arguments without a default has to be given. */
const SPECIAL: readonly (readonly [names: RegExp, before: number, needed: object])[] = [
  [/^conv/, 3, {}],
  [/dropout/i, 1, { training: true }],
  [/^(?:logS|s)oftmax$|^softmin$/, 1, { dim: 0 }],
];

describe("an option that there is not", () => {
  const functions = Object.entries(F).filter(
    ([name, value]) => typeof value === "function" && !isWithout(name),
  );
  test.each(functions)("of %s", (name, value) => {
    const apply = value as (...given: unknown[]) => unknown;
    const [, before = apply.length, needed = {}] = SPECIAL.find(([names]) => names.test(name)) ?? [];
    const tensors = Array.from({ length: before }, () => tensor.ones(1));
    expect(() => apply(...tensors, { ...needed, lambda: 1 })).toThrow(
      `${name}: has no option "lambda"; it has `,
    );
  });
});
