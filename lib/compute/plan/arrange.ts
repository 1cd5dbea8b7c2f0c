// The order of kernels, and which loops are launched together.

import {
  expressionsOf,
  type Kernel,
  type LoopKernel,
  type MatmulKernel,
  readBy,
  type SingleKernel,
  writtenBy,
} from "../ir.js";

export interface Storage {
  readonly buffers: readonly {
    readonly bytes: number;
    readonly binding: number | undefined;
    readonly offset: number;
  }[];
  /** Whether writing this buffer destroys an input's value. */
  overwrites(buffer: number): boolean;
}

/** Loops that read more than this from the arena do not wait for company: what they read would need memory meanwhile. */
const LARGE = 2 ** 20;

/** The kernels in an order in which each finds what it needs, given in one such order. Loops that no product waits for are
 *  put off, so that many of them can be launched together; likewise products that nobody waits for, as updates of weights are,
 *  where a device computes them side by side (`Device.joinsProducts`: if they read less than so many bytes from the arena). */
export function arrange(kernels: readonly SingleKernel[], storage: Storage, joinsProducts: number): Kernel[] {
  const before = dependencies(kernels, storage);
  const urgent = findUrgent(kernels, before, storage);
  const last = findLast(kernels, before, storage, joinsProducts);
  const order: Kernel[] = [];
  const done = new Set<number>();
  const isReady = (i: number): boolean => !done.has(i) && [...before[i]!].every((other) => done.has(other));
  const all = kernels.map((_, i) => i).filter((i) => !last.has(i));
  while (done.size < all.length) {
    const ready = all.filter(isReady);
    const loops = ready.filter((i) => kernels[i]!.kind === "loop");
    const urgentLoops = loops.filter((i) => urgent[i]);
    const others = ready.filter((i) => kernels[i]!.kind !== "loop");
    const next = others.length > 0 ? others : urgentLoops.length > 0 ? urgentLoops : loops;
    if (others.length > 0) order.push(...next.map((i) => kernels[i]!));
    else order.push(together(next.map((i) => kernels[i] as LoopKernel)));
    for (const i of next) done.add(i);
  }
  const shapeOf = (i: number): string => shapeOfProduct(kernels[i] as MatmulKernel);
  const sorted = [...last].sort((a, b) => shapeOf(a).localeCompare(shapeOf(b)) || a - b);
  return [...order, ...sorted.map((i) => kernels[i]!)];
}

const shapeOfProduct = ({ batch, m, n, k }: MatmulKernel): string => [...batch, m, n, k].join(" ");

/** Products that nothing waits for, and that read less than so many bytes from the arena. */
function findLast(
  kernels: readonly SingleKernel[],
  before: readonly ReadonlySet<number>[],
  storage: Storage,
  most: number,
): Set<number> {
  const awaited = new Set(before.flatMap((others) => [...others]));
  const numbers = kernels.flatMap((kernel, i) =>
    kernel.kind === "matmul" && !awaited.has(i) && bytesFromArena(kernel, storage) < most ? [i] : [],
  );
  return new Set(numbers);
}

function bytesFromArena(kernel: SingleKernel, { buffers }: Storage): number {
  const read = [...readBy(kernel)].map((buffer) => buffers[buffer]!);
  return read.reduce((sum, { bytes, binding }) => sum + (binding === undefined ? bytes : 0), 0);
}

function together(members: readonly LoopKernel[]): Kernel {
  return members.length === 1 ? members[0]! : { kind: "group", members };
}

/** For each kernel those that must run before: it reads what they write, writes what they read or write, or overwrites an
 *  input while they may still find an index out of range. */
function dependencies(kernels: readonly SingleKernel[], storage: Storage): Set<number>[] {
  const place = (buffer: number): string => {
    const { binding, offset } = storage.buffers[buffer]!;
    return binding === undefined ? `arena ${buffer}` : `binding ${binding} ${offset}`;
  };
  const writers = new Map<string, number[]>();
  const readers = new Map<string, number[]>();
  const checking: number[] = [];
  const listed = (map: Map<string, number[]>, key: string): number[] => {
    const list = map.get(key) ?? [];
    map.set(key, list);
    return list;
  };
  return kernels.map((kernel, i) => {
    const before = new Set<number>();
    const add = (list: readonly number[]): void => {
      for (const other of list) before.add(other);
    };
    const [read, written] = [[...readBy(kernel)], [...writtenBy(kernel)]];
    for (const key of read.map(place)) add(listed(writers, key));
    for (const key of written.map(place)) {
      add(listed(writers, key));
      add(listed(readers, key));
    }
    if (written.some((buffer) => storage.overwrites(buffer))) add(checking);
    for (const key of read.map(place)) listed(readers, key).push(i);
    for (const key of written.map(place)) listed(writers, key).push(i);
    if (expressionsOf(kernel).some(({ kind }) => kind === "check")) checking.push(i);
    return before;
  });
}

/** Kernels that a product or a routine waits for, and loops that had better run soon. */
function findUrgent(
  kernels: readonly SingleKernel[],
  before: readonly ReadonlySet<number>[],
  storage: Storage,
): boolean[] {
  const urgent = kernels.map((kernel) => kernel.kind !== "loop" || bytesFromArena(kernel, storage) > LARGE);
  for (let i = kernels.length - 1; i >= 0; i--) {
    if (urgent[i]) for (const other of before[i]!) urgent[other] = true;
  }
  return urgent;
}
