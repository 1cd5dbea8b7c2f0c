// What takes part in a race: a run, or the runs of one variant with several seeds, which are told by their medians.

import type { RunRecord } from "./record.js";

export interface Entry {
  readonly name: string;
  /** One a seed; the first stands for all where it is about settings. */
  readonly records: readonly RunRecord[];
}

/** The entries that `records` stand for, each with the other seeds of its variant among `all`. Where two seeds of one variant are compared,
 *  each stands for itself. */
export function entriesOf(records: readonly RunRecord[], all: Iterable<RunRecord>): Entry[] {
  const lanes = records.map(laneOf);
  // an iterator gives its runs only once
  const runs = [...all];
  return records.map((record, i) => {
    const lane = lanes[i]!;
    const { name, race } = record.info;
    if (race?.repeat === undefined || lanes.indexOf(lane) !== lanes.lastIndexOf(lane))
      return { name, records: [record] };
    const others = runs.filter((other) => other !== record && laneOf(other) === lane);
    return { name: race.repeat.variant, records: [record, ...others] };
  });
}

/** What runs of one variant have in common, and no other run has. */
export function laneOf({ info: { id, race } }: RunRecord): string {
  return race?.repeat === undefined ? id : `${race.id} ${race.lane}`;
}
