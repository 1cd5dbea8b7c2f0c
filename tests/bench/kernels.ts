// npm run bench -- --kernels NAME...: where a training step's time goes, kernel by kernel, beside what this machine can do.

import type { Explanation } from "gradbook/compute/engine/explanation";
import type { Threads } from "./protocol.ts";
import type { Runner } from "./runner.ts";

/** What the machine can do at best, as measured just now. */
export interface MachineLimits {
  /** Floating-point operations a second of a large matrix product: the best of ours and the BLAS's. */
  readonly operations: number;
  /** Bytes a second that are read and written where the data do not fit into the inner caches. */
  readonly bytes: number;
}

const EXTENT = 1024;
const NONE: Threads = { own: 0, blas: 0 };

/** Rates of large products and of a plain copy, the best of several rounds. */
export async function measureLimits(
  ours: Runner,
  blas: Runner | undefined,
  all: Threads,
): Promise<MachineLimits> {
  const product = {
    workload: "matmul-1024",
    twin: { module: "matmul", argument: Array(3).fill(EXTENT).join(" ") },
  };
  const copy = { workload: "stream", twin: { module: "", argument: "" } };
  const best = async (runner: Runner, what: typeof product, iterations: number, threads: Threads) => {
    let seconds = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 5; round++) {
      const request = { ...what, variant: "plain", iterations, fresh: round === 0, threads } as const;
      seconds = Math.min(seconds, (await runner.run(request)).seconds / iterations);
    }
    return seconds;
  };
  const times = [await best(ours, product, 10, NONE)];
  if (blas !== undefined) times.push(await best(blas, product, 10, all));
  return {
    operations: (2 * EXTENT ** 3) / Math.min(...times),
    bytes: STREAM_BYTES / (await best(ours, copy, 5, NONE)),
  };
}

/** Bytes that the workload "stream" reads and writes in an iteration. */
export const STREAM_BYTES: number = 2 * 64 * 2 ** 20;

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
