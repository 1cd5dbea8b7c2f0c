// Which units have had no positive output for how many examples: counted from one sampled step to the next.

/** A unit that was silent for so many examples is called silent. */
export const SILENT_EXAMPLES = 1_000;

export class Silence {
  /** Examples since each unit's last positive output. */
  private since: Float64Array | undefined;
  private examples = 0;

  /** Takes a batch of `examples`, with a bit for each unit that was positive in it. Gives the share of silent units; NaN as long
   *  as too few examples have been seen. */
  add(examples: number, bits: Uint32Array, units: number): number {
    this.since ??= new Float64Array(units);
    this.examples += examples;
    let silent = 0;
    for (let unit = 0; unit < units; unit++) {
      const positive = (bits[unit >> 5]! >>> (unit & 31)) & 1;
      const since = positive ? 0 : this.since[unit]! + examples;
      this.since[unit] = since;
      if (since >= SILENT_EXAMPLES) silent++;
    }
    return this.examples >= SILENT_EXAMPLES ? silent / units : Number.NaN;
  }
}
