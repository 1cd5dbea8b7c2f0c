// How long a product takes with a tile: on scratch memory, by the clock of the host, since not every adapter has clocks of its own.

import { BYTES } from "../../graph/dtype.js";
import { elements } from "../../graph/shape.js";
import type { Device, Executable } from "../device.js";
import type { MatmulKernel, Plan, PlanBuffer } from "../ir.js";
import { measured } from "./presets.js";
import type { Tile } from "./tiles.js";

/** Milliseconds of a round, so that starting it and hearing of its end count little; and rounds, the best of which counts. */
const ROUND_MS = 3;
const MOST_RUNS = 64;
const ROUNDS = 3;

/** The plan of a plain product, all of whose matrices are bound. */
function planOf(kernel: MatmulKernel): Plan {
  const { batch, m, n, k, a, b } = kernel;
  const sizes = [m * k * BYTES[a.dtype ?? "float32"], k * n * BYTES[b.dtype ?? "float32"], m * n * 4];
  const buffers = sizes.map(
    (bytes, binding): PlanBuffer => ({ kind: "binding", binding, bytes: elements(batch) * bytes }),
  );
  return { buffers, kernels: [kernel], arenaBytes: 0, commit: 1, bindings: 3, args: 0, faults: [] };
}

/** Seconds that a product like `like` takes with `tile`; undefined where it does not fit beside what is there. */
export function timeProduct(
  device: Device,
  compile: (plan: Plan, tile: Tile) => Executable,
  like: MatmulKernel,
  tile: Tile,
): number | undefined {
  const plan = planOf(measured(like));
  const held: (() => void)[] = [];
  try {
    const bound = plan.buffers.map(({ bytes }) => {
      const buffer = device.allocate(bytes);
      held.push(() => device.free(buffer));
      return buffer;
    });
    const executable = compile(plan, tile);
    held.push(() => executable.release());
    const time = (runs: number): number => {
      const since = performance.now();
      for (let run = 0; run < runs; run++) device.run(executable, bound, NO_ARGS, never);
      device.finish!();
      return (performance.now() - since) / runs;
    };
    time(1);
    const runs = Math.min(MOST_RUNS, Math.ceil(ROUND_MS / time(1)));
    return Math.min(...Array.from({ length: ROUNDS }, () => time(runs))) / 1000;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  } finally {
    for (const release of held) release();
  }
}

const NO_ARGS = new Float64Array(0);
const never = (): boolean => false;
