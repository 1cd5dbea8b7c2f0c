// Which units have had no positive output for how many examples: counted from one sampled step to the next.

/** A unit that was silent for so many examples is called silent. */
export const SILENT_EXAMPLES = 1_000;

/** Of the 32 units of a word, those that there are. */
const unitsIn = (word: number, units: number): number =>
  units - 32 * word >= 32 ? -1 : ~(-1 << (units % 32));

export class Silence {
  /** A bit for each unit that was not positive in the last batch, and how many examples there were before its silence began. Few
   *  units are silent, and only those are looked at one by one. */
  private quiet: Int32Array | undefined;
  private begun: Float64Array | undefined;
  private examples = 0;

  /** Takes a batch of `examples`, with a bit for each unit that was positive in it. Gives the share of silent units; NaN as long
   *  as too few examples have been seen. */
  add(examples: number, positive: Uint32Array, units: number): number {
    this.quiet ??= new Int32Array(positive.length);
    this.begun ??= new Float64Array(units);
    const before = this.examples;
    this.examples += examples;
    let silent = 0;
    for (let word = 0; word < positive.length; word++) {
      const quiet = ~positive[word]! & unitsIn(word, units);
      const earlier = this.quiet[word]!;
      this.quiet[word] = quiet;
      for (let rest = quiet; rest !== 0; rest &= rest - 1) {
        const bit = rest & -rest;
        const unit = 32 * word + 31 - Math.clz32(bit);
        if ((earlier & bit) === 0) this.begun[unit] = before;
        if (this.examples - this.begun[unit]! >= SILENT_EXAMPLES) silent++;
      }
    }
    return this.examples >= SILENT_EXAMPLES ? silent / units : Number.NaN;
  }
}
