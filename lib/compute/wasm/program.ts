// From a plan to a module: one function for each kernel, and runs of kernels as exported functions that JavaScript calls one
// after another, so that a long plan can be stopped between them.

import type { GeneratedKernel, GroupKernel, MatmulKernel, Plan, PlanBuffer, RoutineKernel } from "../ir.js";
import { BLOCK } from "./addressing.js";
import { ALIGNMENT } from "./allocator.js";
import { workOf } from "./describe.js";
import { emitFloorDivision } from "./division.js";
import { BINARY_FLOAT, BINARY_INTEGER, FunctionBuilder, ModuleBuilder, UNARY_FLOAT } from "./encoder.js";
import { F32, I32, type ValueType } from "./instructions.js";
import { emitLoop, type Target } from "./loop.js";
import { asLoop, lowerMatmul } from "./lower.js";
import { emitMatmul, LIBRARY, type Scratch } from "./matmul.js";
import {
  COPY_PARAMETERS,
  GATHER_PARAMETERS,
  KERNEL_PARAMETERS,
  kernelName,
  type TileShape,
} from "./microkernel.js";
import type { ImportedFunction, ScalarFunctions } from "./operations.js";

/** Module name of the scalar functions that JavaScript provides. */
export const SCALAR = "scalar";

export interface Program {
  readonly code: Uint8Array<ArrayBuffer>;
  /** What is done one after another: exported functions "run0", "run1", ... are called with the address of the run block, in
   *  the order in which they stand here; routines are run by the device. */
  readonly steps: readonly ("segment" | RoutineKernel)[];
  /** The plan's own arena and the scratch memory behind it. */
  readonly arenaBytes: number;
  /** How each kernel computes, in words. */
  readonly how: readonly string[];
}

/** Work (floating-point operations plus bytes) after which a plan looks whether it was cancelled: about a millisecond. */
const SEGMENT_WORK = 2e7;

const IMPORTS: Readonly<Record<ImportedFunction, readonly ValueType[]>> = {
  sin: UNARY_FLOAT,
  cos: UNARY_FLOAT,
  pow: BINARY_FLOAT,
  mod: BINARY_FLOAT,
  integerPower: BINARY_INTEGER,
};

/** Ranges behind the plan's arena. Kernels run one after another and use the same memory. */
class ScratchSpace implements Scratch {
  readonly #start: number;
  #next: number;
  #end: number;

  constructor(start: number) {
    this.#start = Math.ceil(start / ALIGNMENT) * ALIGNMENT;
    this.#next = this.#start;
    this.#end = this.#start;
  }

  get end(): number {
    return this.#end;
  }

  restart(): void {
    this.#next = this.#start;
  }

  take(bytes: number): number {
    const offset = this.#next;
    this.#next += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    this.#end = Math.max(this.#end, this.#next);
    return offset;
  }
}

class ProgramWriter {
  readonly #module = new ModuleBuilder();
  readonly #buffers: PlanBuffer[];
  readonly #scratch: ScratchSpace;
  readonly #target: Target;
  readonly #shape: TileShape;
  readonly #zeros: number;
  readonly #division = new Map<"div" | "mod", number>();

  constructor(plan: Plan, shape: TileShape, zeros: number) {
    this.#buffers = [...plan.buffers];
    this.#scratch = new ScratchSpace(plan.arenaBytes);
    this.#shape = shape;
    this.#zeros = zeros;
    for (const order of ["columns", "rows"] as const) {
      for (let rows = 1; rows <= shape.rows; rows++) {
        this.#module.import(LIBRARY, kernelName(order, rows), KERNEL_PARAMETERS);
      }
    }
    this.#module.import(LIBRARY, "copyRows", COPY_PARAMETERS);
    this.#module.import(LIBRARY, "transpose", COPY_PARAMETERS);
    this.#module.import(LIBRARY, "gather", GATHER_PARAMETERS);
    for (const [name, parameters] of Object.entries(IMPORTS)) {
      this.#module.import(SCALAR, name, parameters, [parameters === BINARY_INTEGER ? I32 : F32]);
    }
    const scalar: ScalarFunctions = {
      imported: (name) => this.#module.import(SCALAR, name, IMPORTS[name]),
      integer: (name) => this.#divide(name),
    };
    this.#target = { buffers: this.#buffers, bindings: plan.bindings, scalar, relaxed: shape.relaxed };
  }

  #divide(name: "div" | "mod"): number {
    let index = this.#division.get(name);
    if (index === undefined) {
      const f = new FunctionBuilder(BINARY_INTEGER, [I32]);
      emitFloorDivision(f, name);
      index = this.#module.add(f);
      this.#division.set(name, index);
    }
    return index;
  }

  write(plan: Plan): Program {
    const ways: string[] = [];
    const segments: FunctionBuilder[] = [];
    const steps: ("segment" | RoutineKernel)[] = [];
    let work = Number.POSITIVE_INFINITY;
    for (const [i, kernel] of plan.kernels.entries()) {
      if (kernel.kind === "routine") {
        steps.push(kernel);
        work = Number.POSITIVE_INFINITY;
        ways.push("routine");
        continue;
      }
      // The device looks for failed checks between segments, and must do so before anything is written over.
      if (work >= SEGMENT_WORK || (i === plan.commit && plan.faults.length > 0)) {
        segments.push(new FunctionBuilder([I32]));
        steps.push("segment");
        work = 0;
      }
      const [index, how] = this.#kernel(kernel);
      const segment = segments.at(-1)!;
      segment.get(BLOCK);
      segment.call(index);
      work += workOf(kernel, plan.buffers);
      ways.push(how);
    }
    segments.forEach((segment, i) => {
      this.#module.add(segment, `run${i}`);
    });
    return {
      code: this.#module.encode(),
      steps,
      arenaBytes: this.#scratch.end,
      how: ways,
    };
  }

  /** The function of a kernel: its index, and how it computes. */
  #kernel(kernel: GeneratedKernel): [number, string] {
    const f = new FunctionBuilder([I32]);
    this.#scratch.restart();
    const how =
      kernel.kind === "loop"
        ? emitLoop(f, kernel, this.#target)
        : kernel.kind === "matmul"
          ? this.#matmul(f, kernel)
          : this.#group(f, kernel);
    return [this.#module.add(f), how];
  }

  #group(f: FunctionBuilder, { members }: GroupKernel): string {
    const ways = members.map((member) => {
      const [index, how] = this.#kernel(member);
      f.get(BLOCK);
      f.call(index);
      return how;
    });
    return ways.join("; ");
  }

  #matmul(f: FunctionBuilder, kernel: MatmulKernel): string {
    const loop = asLoop(kernel);
    if (loop !== undefined) return emitLoop(f, loop, this.#target);
    if (kernel.batch.includes(0)) return "empty";
    const { result, epilogue } = lowerMatmul(kernel, this.#buffers, (bytes) => this.#scratchBuffer(bytes));
    const how = emitMatmul(f, kernel, result, {
      buffers: this.#buffers,
      shape: this.#shape,
      module: this.#module,
      scratch: this.#scratch,
      zeros: this.#zeros,
    });
    if (epilogue === undefined) return how;
    // A function of its own: its pointers and constants are set at the start, which here has passed.
    const after = new FunctionBuilder([I32]);
    const loops = emitLoop(after, epilogue, this.#target);
    f.get(BLOCK);
    f.call(this.#module.add(after));
    return `${how}; then ${loops}`;
  }

  #scratchBuffer(bytes: number): number {
    const buffer: PlanBuffer = { kind: "arena", offset: this.#scratch.take(bytes), bytes };
    return this.#buffers.push(buffer) - 1;
  }
}

export function compileProgram(plan: Plan, shape: TileShape, zeros: number): Program {
  return new ProgramWriter(plan, shape, zeros).write(plan);
}
