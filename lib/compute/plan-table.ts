// Which plan a structure has: a table from keys (see capture.ts) to the numbers of plans.

interface Entry {
  readonly codes: Int32Array;
  readonly plan: number;
  /** What was looked for after it the last time. */
  next: Entry | undefined;
}

export class PlanTable {
  private readonly entries = new Map<number, Entry[]>();
  private plans = 0;
  /** What was found or added last. */
  private last: Entry | undefined;

  /** Number of plans. */
  get size(): number {
    return this.plans;
  }

  /** The plan of the structure in the first `length` of `codes`, if it has been added. A training repeats itself: what came next
   *  the last time is compared first, which is quicker than to compute a hash. */
  find(codes: Int32Array, length: number): number | undefined {
    const guess = this.last?.next;
    const entry =
      guess !== undefined && same(guess.codes, codes, length) ? guess : this.lookUp(codes, length);
    if (entry !== undefined) this.follow(entry);
    return entry?.plan;
  }

  private lookUp(codes: Int32Array, length: number): Entry | undefined {
    return this.entries.get(hash(codes, length))?.find((entry) => same(entry.codes, codes, length));
  }

  /** Gives a new structure the next number, from 1 on. */
  add(codes: Int32Array, length: number): number {
    const key = hash(codes, length);
    const entry: Entry = { codes: codes.slice(0, length), plan: ++this.plans, next: undefined };
    const entries = this.entries.get(key);
    if (entries === undefined) this.entries.set(key, [entry]);
    else entries.push(entry);
    this.follow(entry);
    return entry.plan;
  }

  private follow(entry: Entry): void {
    if (this.last !== undefined) this.last.next = entry;
    this.last = entry;
  }
}

/** FNV-1a over 32-bit words, with the high bits folded in: extents and positions only differ in the low ones. */
function hash(codes: Int32Array, length: number): number {
  let value = 0x811c9dc5 | 0;
  for (let i = 0; i < length; i++) value = Math.imul(value ^ codes[i]!, 0x01000193);
  return value ^ (value >>> 15);
}

function same(a: Int32Array, b: Int32Array, length: number): boolean {
  if (a.length !== length) return false;
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return false;
  return true;
}
