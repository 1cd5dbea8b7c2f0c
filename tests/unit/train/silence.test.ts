// Silent units, against a count of each unit's examples since it was positive.

import { SILENT_EXAMPLES, Silence } from "gradbook/train/watch/silence";
import { expect, test } from "vitest";
import { seeded } from "../library/support.js";

test.each([1, 31, 32, 33, 70])(
  "of %d units those are silent that were not positive for 1,000 examples",
  (units) => {
    const random = seeded(units);
    const silence = new Silence();
    const since = new Array<number>(units).fill(0);
    let examples = 0;
    for (let step = 0; step < 300; step++) {
      const batch = 1 + Math.floor(random() * 64);
      const bits = new Uint32Array(Math.ceil(units / 32));
      for (let unit = 0; unit < units; unit++) {
        // the later ones are ever more seldom positive
        const positive = random() < 1 / (1 + unit);
        if (positive) bits[unit >> 5]! |= 1 << (unit & 31);
        since[unit] = positive ? 0 : since[unit]! + batch;
      }
      examples += batch;
      const silent = since.filter((count) => count >= SILENT_EXAMPLES).length / units;
      expect(silence.add(batch, bits, units)).toBe(examples < SILENT_EXAMPLES ? Number.NaN : silent);
    }
  },
);
