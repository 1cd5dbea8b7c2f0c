// What watching costs, robustly: a watched run and an unwatched one of the same training go forward in turns, a slice of steps
// each, in one process. What disturbs the machine for longer than a slice meets both, and drops out of their difference.

import { median } from "./table.ts";

/** Seconds that some steps took an unwatched run and a watched one, and how many of them had their layers sampled. */
export interface Slice {
  readonly plain: number;
  readonly watched: number;
  readonly samples: number;
}

/** What a run pays for being watched, as a share of its time unwatched. The first slice, in which code is generated, counts as
 *  it is. Of the others those with equally many samples are alike: each counts as the median of its kind. */
export function overhead([first, ...rest]: readonly Slice[]): number {
  if (first === undefined) return Number.NaN;
  const kinds = Map.groupBy(rest, ({ samples }) => samples);
  let extra = first.watched - first.plain;
  for (const slices of kinds.values())
    extra += slices.length * median(slices.map(({ plain, watched }) => watched - plain));
  return extra / (first.plain + rest.length * median(rest.map(({ plain }) => plain)));
}
