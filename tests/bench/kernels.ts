// npm run bench -- --kernels NAME...: where a training step's time goes, kernel by kernel, beside what this machine can do.

import type { Explanation } from "gradbook/compute/engine/explanation";
import type { Threads } from "./protocol.ts";
import type { Runner } from "./runner.ts";

/** Work by which a device is measured: what it does at best. */
export interface Yardstick {
  readonly workload: string;
  /** Operations or bytes of an iteration, and how many iterations are timed at once. */
  readonly amount: number;
  readonly iterations: number;
}

export interface Yardsticks {
  readonly operations: Yardstick;
  readonly bytes: Yardstick;
}

/** What the machine can do at best, as measured just now. */
export interface MachineLimits {
  /** Floating-point operations a second of a large matrix product: the best of ours and the BLAS's. */
  readonly operations: number;
  /** Bytes a second that are read and written where the data do not fit into the inner caches. */
  readonly bytes: number;
}

const EXTENT = 1024;
const NONE: Threads = { own: 0, blas: 0 };

/** Bytes that the workload "stream" reads and writes in an iteration. */
export const STREAM_BYTES: number = 2 * 64 * 2 ** 20;

/** Of the CPU: a large product, and a plain copy. */
export const CPU_YARDSTICKS: Yardsticks = {
  operations: { workload: "matmul-1024", amount: 2 * EXTENT ** 3, iterations: 10 },
  bytes: { workload: "stream", amount: STREAM_BYTES, iterations: 5 },
};

/** The rates, the best of several rounds. `blas`: a peer that may do the product faster, with `all` its threads. */
export async function measureLimits(
  { operations, bytes }: Yardsticks,
  ours: Runner,
  blas: Runner | undefined,
  all: Threads,
): Promise<MachineLimits> {
  const twin = { module: "matmul", argument: Array(3).fill(EXTENT).join(" ") };
  const best = async (
    runner: Runner,
    { workload, amount, iterations }: Yardstick,
    threads: Threads,
  ): Promise<number> => {
    let seconds = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 5; round++) {
      const request = { workload, twin, variant: "plain", iterations, fresh: round === 0, threads } as const;
      seconds = Math.min(seconds, (await runner.run(request)).seconds / iterations);
    }
    return amount / seconds;
  };
  const rates = [await best(ours, operations, NONE)];
  if (blas !== undefined) rates.push(await best(blas, operations, all));
  return { operations: Math.max(...rates), bytes: await best(ours, bytes, NONE) };
}

/** The table of a plan's kernels. */
export function kernelTable(explanation: Explanation, limits: MachineLimits): string[] {
  const { kernels, seconds = Number.NaN } = explanation;
  const rows = kernels.map(({ shape, name, operations, bytes, seconds: own = Number.NaN }, i) => {
    const least = Math.max(operations / limits.operations, bytes / limits.bytes);
    return [
      String(i + 1),
      short(`${shape}: ${name}`),
      (operations / 1e6).toFixed(2),
      (bytes / 1e6).toFixed(2),
      (own * 1e6).toFixed(1),
      `${((own / seconds) * 100).toFixed(0)} %`,
      `${((least / own) * 100).toFixed(0)} %`,
    ];
  });
  const sum = (of: (kernel: (typeof kernels)[number]) => number): number =>
    kernels.reduce((all, kernel) => all + of(kernel), 0);
  const alone = sum((kernel) => kernel.seconds ?? 0);
  rows.push([
    "",
    `all kernels; a whole run takes ${(seconds * 1e6).toFixed(1)} us`,
    (sum(({ operations }) => operations) / 1e6).toFixed(2),
    (sum(({ bytes }) => bytes) / 1e6).toFixed(2),
    (alone * 1e6).toFixed(1),
    `${((alone / seconds) * 100).toFixed(0)} %`,
    "",
  ]);
  const table = [["", "kernel", "MFLOP", "MB", "us", "of run", "of limit"], ...rows];
  return table.map(([number, kernel, ...numbers]) =>
    `  ${number!.padStart(2)}  ${kernel!.padEnd(NAME_COLUMNS)}${numbers.map((value) => value.padStart(9)).join("")}`.trimEnd(),
  );
}

const NAME_COLUMNS = 50;
const short = (text: string): string =>
  text.length <= NAME_COLUMNS ? text : `${text.slice(0, NAME_COLUMNS - 3)}...`;
