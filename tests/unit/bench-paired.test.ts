// How the benchmark finds out what watching costs: exact where the machine is quiet, and hardly moved by what disturbs it.

import { expect, test } from "vitest";
import { overhead, type Slice } from "../bench/paired.ts";
import { overheadRows } from "../bench/table.ts";

/** 500 slices of a second; the first compiles for half a second, a sample takes 50 ms. */
const quiet: readonly Slice[] = Array.from({ length: 500 }, (_, i) => {
  const samples = i < 5 ? 20 : i % 10 === 0 ? 1 : 0;
  return { plain: 1, watched: 1 + (i === 0 ? 0.5 : 0) + 0.05 * samples, samples };
});
const exact = (0.5 + 5 * 1 + 49 * 0.05) / 500;

test("the first slice counts as it is, of the others each kind as its median", () => {
  expect(overhead(quiet)).toBeCloseTo(exact, 10);
  expect(overhead([])).toBeNaN();
});

test("slow phases of the machine, and single slices that something has delayed, hardly move it", () => {
  const disturbed = quiet.map(({ plain, watched, samples }, i) => {
    const slower = i > 100 && i < 300 ? 2 : 1;
    const late = i % 13 === 7 ? 3 : 0;
    return { plain: plain * slower, watched: watched * slower + late, samples };
  });
  expect(Math.abs(overhead(disturbed) - exact)).toBeLessThan(0.003);
});

test("rows are in percent, beside PyTorch and beside the limit", () => {
  const rows = overheadRows("watch-overhead", "thread", 0.03, { ours: [0.02, 0.01, 0.04], pytorch: [0.4] });
  expect(
    rows.map(({ ours, oursSpread, unit, peer, peerValue }) => [ours, oursSpread, unit, peer, peerValue]),
  ).toEqual([
    [2, [1, 4], "%", "pytorch", 40],
    [2, [1, 4], "%", "limit", 3],
  ]);
});
