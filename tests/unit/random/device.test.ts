// Random numbers drawn on the device: Threefry's published answers, the same bits everywhere, and what a seed determines.

import * as gb from "gradbook";
import { scalarNode } from "gradbook/graph/node";
import * as ops from "gradbook/graph/ops/index";
import { bernoulli, uniform } from "gradbook/tensor/random/device";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { valuesOf } from "../library/support.js";
import { DEVICES, useDevice } from "../parity/library.js";

const { manualSeed, Tensor } = gb;
const { defaultGenerator } = gb.tensor;

afterAll(closeSession);

/** Counter, key, first word of the result: Random123's known answers for threefry2x32 with 13 rounds. */
const KNOWN_ANSWERS = [
  [0x00000000, 0x00000000, 0x00000000, 0x00000000, 0x9d1c5ec6],
  [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xfd36d048],
  [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xba3e4725],
] as const;

const drawn = new Map<string, number[][]>();

describe.each(DEVICES)("%s", (device) => {
  beforeAll(() => useDevice(device));

  test.each(KNOWN_ANSWERS)("threefry(%#)", (c0, c1, k0, k1, answer) => {
    const [a, b, c, d] = [c0, c1, k0, k1].map((word) => scalarNode(word | 0, "int32"));
    expect(Tensor.from(ops.randomBits([a!, b!, c!, d!])).item() >>> 0).toBe(answer);
  });

  test("a seed gives the same numbers here as on the other device", () => {
    manualSeed(-5);
    const numbers = [
      valuesOf(Tensor.from(uniform([5, 1, 7]))),
      valuesOf(Tensor.from(bernoulli([3, 11], 0.4))),
      valuesOf(Tensor.from(uniform([]))),
    ];
    drawn.set(device, numbers);
    for (const other of drawn.values()) expect(numbers).toEqual(other);
  });
});

describe("the streams of a generator", () => {
  const next = (): number[] => valuesOf(Tensor.from(uniform([8])));

  test("differ from call to call, start again with the seed, and go on from a saved state", () => {
    manualSeed(7);
    const [first, second] = [next(), next()];
    const state = defaultGenerator.getState();
    const third = next();
    expect(new Set([...first, ...second, ...third]).size).toBe(24);
    manualSeed(7);
    expect([next(), next()]).toEqual([first, second]);
    next();
    defaultGenerator.setState(state);
    expect(next()).toEqual(third);
  });

  test("depend on both halves of the seed", () => {
    manualSeed(1n);
    const low = next();
    manualSeed(1n + (1n << 32n));
    expect(next()).not.toEqual(low);
  });

  test("leave the host's numbers as PyTorch has them", () => {
    manualSeed(3);
    const expected = valuesOf(gb.tensor.rand(4));
    manualSeed(3);
    next();
    expect(valuesOf(gb.tensor.rand(4))).toEqual(expected);
  });

  test("are uniform: all bits, in all places, and of neighbours independently", () => {
    manualSeed(11);
    const count = 60_000;
    const x = valuesOf(Tensor.from(uniform([count])));
    const mean = x.reduce((a, b) => a + b) / count;
    // five standard errors
    expect(Math.abs(mean - 0.5)).toBeLessThan((5 * Math.sqrt(1 / 12)) / Math.sqrt(count));
    for (let bit = 1; bit <= 24; bit++) {
      const ones = x.filter((value) => Math.floor(value * 2 ** bit) % 2 === 1).length;
      expect(Math.abs(ones - count / 2), `bit ${bit}`).toBeLessThan(5 * Math.sqrt(count / 4));
    }
    // chi-square of pairs of neighbours in 16 x 16 cells: 255 degrees of freedom, 5 standard deviations
    const cells = new Float64Array(256);
    for (let i = 0; i + 1 < count; i += 2) cells[Math.floor(x[i]! * 16) * 16 + Math.floor(x[i + 1]! * 16)]!++;
    const expected = count / 2 / 256;
    const chi = cells.reduce((sum, seen) => sum + (seen - expected) ** 2 / expected, 0);
    expect(Math.abs(chi - 255)).toBeLessThan(5 * Math.sqrt(2 * 255));
  });
});
