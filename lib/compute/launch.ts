// Which kernels of a plan are launched together: such that follow each other and leave each other's memory alone. A device computes
// them side by side, where it would wait between them.

import { expressionsOf, type Kernel, type PlanBuffer, readBy, ungrouped, writtenBy } from "./ir.js";

/** What the kernels of one launch read and write. */
export class Launch {
  readonly #read: PlanBuffer[] = [];
  readonly #written: PlanBuffer[] = [];
  /** Whether one of them checks indices: what comes after it may have to store nothing. */
  #checks = false;

  /** Takes in another kernel, unless it writes what these read or write, or reads what they write. `buffers`: those of its plan. */
  joins(kernel: Kernel, buffers: readonly PlanBuffer[]): boolean {
    const placesOf = (numbers: ReadonlySet<number>): PlanBuffer[] => [...numbers].map((i) => buffers[i]!);
    const [read, written] = [placesOf(readBy(kernel)), placesOf(writtenBy(kernel))];
    if (this.#checks) return false;
    if (meet(written, this.#read) || meet(written, this.#written) || meet(read, this.#written)) return false;
    this.#read.push(...read);
    this.#written.push(...written);
    this.#checks = ungrouped(kernel).some((one) => expressionsOf(one).some(({ kind }) => kind === "check"));
    return true;
  }
}

const meet = (some: readonly PlanBuffer[], others: readonly PlanBuffer[]): boolean =>
  some.some((one) => others.some((other) => overlap(one, other)));

function overlap(a: PlanBuffer, b: PlanBuffer): boolean {
  const spaceOf = (buffer: PlanBuffer): number => (buffer.kind === "arena" ? -1 : buffer.binding);
  const [beginOfA, beginOfB] = [a.offset ?? 0, b.offset ?? 0];
  return spaceOf(a) === spaceOf(b) && beginOfA < beginOfB + b.bytes && beginOfB < beginOfA + a.bytes;
}
