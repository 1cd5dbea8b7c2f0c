// Whether the matrix units of an adapter compute what they should: they are reached by an experimental feature, so that they are only
// used where a product of each tile, with exact results, is right.

import type { Device, Executable } from "../device.js";
import type { MatmulKernel, Plan } from "../ir.js";
import { type Tile, UNIT_TILES } from "./tiles.js";

/** Past the edges of every tile, and of the unit. */
const [M, N, K] = [132, 136, 40];

/** Whole numbers from -2 to 2, whose products add up exactly, and the bits of the same in float16. */
const value = (i: number): number => ((i * 7) % 5) - 2;
const halves = (count: number): Uint8Array =>
  new Uint8Array(Float16Array.from({ length: count }, (_, i) => value(i)).buffer);

/** Both layouts of either operand, in turns. */
function planFor(transposed: boolean): Plan {
  const strides = (rows: number, columns: number, turned: boolean): number[] =>
    turned ? [1, rows] : [columns, 1];
  const half = (buffer: number, of: number[]): MatmulKernel["a"] => ({
    buffer,
    dtype: "float16",
    view: { offset: 0, strides: of },
  });
  const kernel: MatmulKernel = {
    kind: "matmul",
    batch: [],
    m: M,
    n: N,
    k: K,
    a: half(0, strides(M, K, transposed)),
    b: half(1, strides(K, N, !transposed)),
    outputs: [
      {
        buffer: 2,
        view: { offset: 0, strides: [N, 1] },
        value: { kind: "accumulator", dtype: "float32", index: 0 },
      },
    ],
  };
  const buffers = [2 * M * K, 2 * K * N, 4 * M * N].map(
    (bytes, binding) => ({ kind: "binding", binding, bytes }) as const,
  );
  return { buffers, kernels: [kernel], arenaBytes: 0, commit: 1, bindings: 3, args: 0, faults: [] };
}

function expected(transposed: boolean): Float32Array {
  const left = (i: number, p: number): number => value(transposed ? p * M + i : i * K + p);
  const right = (p: number, j: number): number => value(transposed ? p * N + j : j * K + p);
  return Float32Array.from({ length: M * N }, (_, at) => {
    const [i, j] = [Math.floor(at / N), at % N];
    let sum = 0;
    for (let p = 0; p < K; p++) sum += left(i, p) * right(p, j);
    return sum;
  });
}

/** Why the units are not to be used; undefined where they are right. `compile`: a plan whose product takes this tile. */
export function faultOfUnits(
  device: Device,
  compile: (plan: Plan, tile: Tile) => Executable,
): string | undefined {
  for (const [i, tile] of Object.values(UNIT_TILES).entries()) {
    const transposed = i % 2 === 1;
    const plan = planFor(transposed);
    const bound = plan.buffers.map(({ bytes }) => device.allocate(bytes));
    try {
      [M * K, K * N].forEach((count, side) => {
        device.write(bound[side]!, 0, halves(count));
      });
      const executable = compile(plan, tile);
      device.run(executable, bound, new Float64Array(0), () => false);
      const result = new Float32Array(device.read(bound[2]!, 0, 4 * M * N).buffer);
      executable.release();
      if (expected(transposed).some((sum, at) => sum !== result[at]))
        return `${tile.name} gives wrong results`;
    } catch (error) {
      return (error as Error).message;
    } finally {
      for (const buffer of bound) device.free(buffer);
    }
  }
  return undefined;
}
