// Which plan a structure has: a table from keys (see capture.ts) to the numbers of plans.

interface Entry {
  readonly codes: Int32Array;
  readonly plan: number;
}

export class PlanTable {
  private readonly entries = new Map<number, Entry[]>();
  private plans = 0;

  /** Number of plans. */
  get size(): number {
    return this.plans;
  }

  /** The plan of the structure in the first `length` of `codes`, if it has been added. */
  find(codes: Int32Array, length: number): number | undefined {
    const entries = this.entries.get(hash(codes, length));
    if (entries === undefined) return undefined;
    for (const entry of entries) if (same(entry.codes, codes, length)) return entry.plan;
    return undefined;
  }

  /** Gives a new structure the next number, from 1 on. */
  add(codes: Int32Array, length: number): number {
    const key = hash(codes, length);
    const entry = { codes: codes.slice(0, length), plan: ++this.plans };
    const entries = this.entries.get(key);
    if (entries === undefined) this.entries.set(key, [entry]);
    else entries.push(entry);
    return entry.plan;
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
