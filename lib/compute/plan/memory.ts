// Places the buffers that live only inside a plan: ranges of one arena, shared by buffers that are never alive together.

/** A buffer needed from kernel `first` (which writes it) to kernel `last` (which reads it last). */
export interface Lifetime {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

/** Cache line and vector alignment. */
const ALIGNMENT = 64;

/** Offsets for all lifetimes and the arena's size: largest first, each at the lowest place that is free all its life. */
export function placeInArena(lifetimes: readonly Lifetime[]): { offsets: number[]; bytes: number } {
  const offsets = new Array<number>(lifetimes.length).fill(0);
  const order = lifetimes.map((_, i) => i).sort((a, b) => lifetimes[b]!.bytes - lifetimes[a]!.bytes || a - b);
  const placed: number[] = [];
  let total = 0;
  for (const i of order) {
    const { bytes, first, last } = lifetimes[i]!;
    const size = Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
    const taken = placed
      .filter((j) => lifetimes[j]!.first <= last && lifetimes[j]!.last >= first)
      .sort((a, b) => offsets[a]! - offsets[b]!);
    let at = 0;
    for (const j of taken) {
      if (at + size <= offsets[j]!) break;
      at = Math.max(
        at,
        offsets[j]! + Math.max(ALIGNMENT, Math.ceil(lifetimes[j]!.bytes / ALIGNMENT) * ALIGNMENT),
      );
    }
    offsets[i] = at;
    placed.push(i);
    total = Math.max(total, at + size);
  }
  return { offsets, bytes: total };
}
