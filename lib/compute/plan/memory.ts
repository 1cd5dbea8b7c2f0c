// Places the buffers that live only inside a plan: ranges of one arena, shared by buffers that are never alive together.

/** A buffer needed from kernel `first` (which writes it) to kernel `last` (which reads it last). */
export interface Lifetime {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

/** Cache line and vector alignment. */
const ALIGNMENT = 64;

const aligned = (bytes: number): number => Math.max(1, Math.ceil(bytes / ALIGNMENT)) * ALIGNMENT;

/** Offsets for all lifetimes and the arena's size: largest first, each at the lowest place that is free all its life. */
export function placeInArena(lifetimes: readonly Lifetime[]): { offsets: number[]; bytes: number } {
  const offsets = new Array<number>(lifetimes.length).fill(0);
  const order = lifetimes.map((_, i) => i).sort((a, b) => lifetimes[b]!.bytes - lifetimes[a]!.bytes || a - b);
  /** By offset. */
  const placed: number[] = [];
  let total = 0;
  for (const i of order) {
    const { bytes, first, last } = lifetimes[i]!;
    const size = aligned(bytes);
    let at = 0;
    for (const j of placed) {
      const other = lifetimes[j]!;
      if (other.first > last || other.last < first) continue;
      if (at + size <= offsets[j]!) break;
      at = Math.max(at, offsets[j]! + aligned(other.bytes));
    }
    offsets[i] = at;
    const next = placed.findIndex((j) => offsets[j]! > at);
    placed.splice(next < 0 ? placed.length : next, 0, i);
    total = Math.max(total, at + size);
  }
  return { offsets, bytes: total };
}
