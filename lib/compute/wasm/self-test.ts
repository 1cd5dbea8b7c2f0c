// Checks at start that compiled micro-kernels compute what they should, and how fast: the flag they profit from is
// experimental, and what suits one processor does not suit every other.

import { kernelName, type LeftOrder, type TileShape } from "./microkernel.js";
import type { Contender } from "./rates.js";
import { type Exports, type Memory, type Module, wasm } from "./webassembly.js";

type Kernel = (...parameters: number[]) => void;

/** Products of this depth: odd, and larger than any unrolling. */
const DEPTH = 19;
/** Byte addresses in the test's own memory. */
const [LEFT, RIGHT, START, RESULT] = [1024, 8192, 24576, 28672];

/** A library over a small memory of its own. Instances of one module share their code, so it is the code that will be used. */
export class SelfTest {
  readonly #shape: TileShape;
  readonly #exports: Exports;
  readonly #cells: Float32Array;

  constructor(module: Module, shape: TileShape) {
    const memory: Memory = new wasm.Memory({ initial: 1, maximum: 1, shared: true });
    this.#shape = shape;
    this.#exports = new wasm.Instance(module, { heap: { memory } }).exports;
    this.#cells = new Float32Array(memory.buffer);
    // Small fractions with few bits: products and their sums are exact in any order.
    for (let i = 0; i < this.#cells.length; i++) this.#cells[i] = (((i * 7) % 23) - 11) / 8;
  }

  /** The name of a kernel that computes something wrong, or undefined. */
  findWrong(): string | undefined {
    for (const order of ["columns", "rows"] as const) {
      for (let rows = 1; rows <= this.#shape.rows; rows++) {
        if (!this.#isRight(order, rows)) return kernelName(order, rows);
      }
    }
    return undefined;
  }

  #isRight(order: LeftOrder, rows: number): boolean {
    const { columns } = this.#shape;
    const kernel = this.#exports[kernelName(order, rows)] as Kernel;
    const cell = (address: number, index: number): number => this.#cells[address / 4 + index]!;
    // Rows of the operands lie further apart than they are long, so that a confusion of steps shows.
    const [leftStep, step] = [32, columns + 4];
    kernel(LEFT, leftStep * 4, RIGHT, step * 4, START, step * 4, RESULT, step * 4, DEPTH);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let sum = cell(START, i * step + j);
        for (let k = 0; k < DEPTH; k++) {
          const left = cell(LEFT, order === "rows" ? i * leftStep + k : k * leftStep + i);
          sum += left * cell(RIGHT, k * step + j);
        }
        if (cell(RESULT, i * step + j) !== sum) return false;
      }
    }
    return true;
  }

  /** The largest kernel, for comparisons. */
  contender(): Contender {
    const { rows, columns, relaxed } = this.#shape;
    const kernel = this.#exports[kernelName("columns", rows)] as Kernel;
    const [depth, calls] = [128, 20];
    const run = (): void => {
      for (let call = 0; call < calls; call++) {
        kernel(LEFT, rows * 4, RIGHT, columns * 4, START, columns * 4, START, columns * 4, depth);
      }
    };
    const name = `${rows} x ${columns}${relaxed ? " fused" : ""}`;
    return { name, operations: 2 * rows * columns * depth * calls, run };
  }
}
