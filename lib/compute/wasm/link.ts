// Making a plan's module run in a thread: an instance over the device's memory, with what it imports.

import { BINARY, UNARY } from "../reference/functions.js";
import { type Sgemm, sgemmOn } from "./blas.js";
import { BLAS } from "./emit-blas.js";
import type { ImportedFunction } from "./operations.js";
import { LIBRARY } from "./product-target.js";
import { LEADER, SCALAR } from "./program.js";
import { STATISTICS_LIBRARY } from "./statistics.js";
import { type Exports, type Memory, type Module, wasm } from "./webassembly.js";

/** What generated code calls for functions that are rare in training. */
const SCALAR_FUNCTIONS: Readonly<Record<ImportedFunction, (a: number, b: number) => number>> = {
  sin: UNARY.sin,
  cos: UNARY.cos,
  atan: UNARY.atan,
  pow: BINARY.float32.pow,
  mod: BINARY.float32.mod,
  integerPower: BINARY.int32.pow,
};

/** What generated code calls in the leader's thread. */
export interface LeaderFunctions {
  /** 1 when the run need not be finished. */
  cancelled(): number;
  /** Runs a routine of the plan, by its number in the program. */
  routine(index: number): void;
}

/** What some plans call beside the micro-kernels. */
export interface Libraries {
  /** The path of a BLAS. */
  readonly blas?: string | undefined;
  readonly statistics?: Module | undefined;
}

/** Helpers never call these. */
const NOT_LEADER: LeaderFunctions = { cancelled: () => 0, routine: () => undefined };

export class Linker {
  readonly #memory: Memory;
  #sgemm: Sgemm | undefined;
  readonly #imports: Record<string, Exports>;

  /** `library`: the micro-kernels. */
  constructor(memory: Memory, library: Module, leader: LeaderFunctions = NOT_LEADER) {
    this.#memory = memory;
    const heap = { memory };
    const sgemm: Sgemm = (...operands) => this.#sgemm!(...operands);
    this.#imports = {
      heap,
      [LIBRARY]: new wasm.Instance(library, { heap }).exports,
      [SCALAR]: SCALAR_FUNCTIONS,
      [BLAS]: { sgemm },
      [LEADER]: { cancelled: leader.cancelled, routine: leader.routine },
    };
  }

  /** Before a module that calls them is linked. */
  use({ blas, statistics }: Libraries): void {
    if (blas !== undefined) this.#sgemm ??= sgemmOn(this.#memory, blas);
    if (statistics !== undefined)
      this.#imports[STATISTICS_LIBRARY] ??= new wasm.Instance(statistics, {
        heap: { memory: this.#memory },
      }).exports;
  }

  link(module: Module): Exports {
    return new wasm.Instance(module, this.#imports).exports;
  }
}
