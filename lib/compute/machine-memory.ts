// What memory the machine has for this process, in all and at this moment.

import { readFileSync } from "node:fs";
import { totalmem } from "node:os";

/** Bytes of the machine, or fewer where a container allows no more. */
export function machineBytes(): number {
  // 0 where nothing is constrained, and on some systems a number beyond all machines
  return Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
}

/** Bytes that can be taken before Linux ends processes to get some back. Other systems tell nothing of the kind, and end none:
 *  Infinity. */
export function availableBytes(): number {
  try {
    const facts = readFileSync("/proc/meminfo", "latin1");
    const kibibytes = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(facts)?.[1]);
    return 1024 * (kibibytes("MemAvailable") + kibibytes("SwapFree")) || Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
