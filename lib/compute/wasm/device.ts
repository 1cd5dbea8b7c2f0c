// The CPU device: plans become WebAssembly modules over one shared memory.

import { BYTES, typedArray } from "../../graph/dtype.js";
import { elements } from "../../graph/shape.js";
import type { Device, DeviceBuffer, Executable, Fault } from "../device.js";
import type { Plan, RoutineKernel, RoutineOperand } from "../ir.js";
import { BINARY, UNARY } from "../reference/functions.js";
import { type RoutineData, runRoutine } from "../reference/routines/index.js";
import { ARENA_WORD, argumentWord, bindingWord, blockBytes, FAULT_VALUE_WORD, FAULT_WORD } from "./block.js";
import { type Engine, prepareEngine } from "./flags.js";
import { Heap, type HeapOptions, type HeapViews, ZEROS } from "./heap.js";
import { LIBRARY } from "./matmul.js";
import type { TileShape } from "./microkernel.js";
import type { ImportedFunction } from "./operations.js";
import { compileProgram, type Program, SCALAR } from "./program.js";
import { type Exports, type Memory, wasm } from "./webassembly.js";

class WasmBuffer implements DeviceBuffer {
  readonly bytes: number;
  readonly address: number;

  constructor(bytes: number, address: number) {
    this.bytes = bytes;
    this.address = address;
  }
}

type Segment = (block: number) => void;
/** Generated code, or a routine to run on the host. */
type Step = Segment | RoutineKernel;

class WasmExecutable implements Executable {
  readonly plan: Plan;
  readonly program: Program;
  steps: readonly Step[];

  constructor(plan: Plan, program: Program, steps: readonly Step[]) {
    this.plan = plan;
    this.program = program;
    this.steps = steps;
  }

  describe(): readonly string[] {
    return this.program.how;
  }

  release(): void {
    this.steps = [];
  }
}

/** What generated code calls for functions that are rare in training. */
const SCALAR_FUNCTIONS: Readonly<Record<ImportedFunction, (a: number, b: number) => number>> = {
  sin: UNARY.sin,
  cos: UNARY.cos,
  pow: BINARY.float32.pow,
  mod: BINARY.float32.mod,
  integerPower: BINARY.int32.pow,
};

export class WasmDevice implements Device {
  readonly name: string = "wasm";
  readonly #heap: Heap;
  readonly #shape: TileShape;
  readonly #library: Exports;
  #arena = { address: 0, bytes: 0 };
  #block = { address: 0, bytes: 0 };

  /** `engine`: micro-kernels other than those that are best here; tests do that. */
  constructor(options: HeapOptions = {}, engine: Engine = prepareEngine()) {
    const { shape, library } = engine;
    this.#shape = shape;
    this.#heap = new Heap(options);
    this.#library = new wasm.Instance(library, { heap: { memory: this.#heap.memory } }).exports;
  }

  get description(): string {
    const { rows, columns, relaxed } = this.#shape;
    return `WebAssembly SIMD, one thread, ${rows} x ${columns} tiles${relaxed ? ", fused multiply-add" : ""}`;
  }

  /** The memory all buffers live in: a client in the same process may read results in place. */
  get memory(): Memory {
    return this.#heap.memory;
  }

  get allocatedBytes(): number {
    return this.#heap.allocatedBytes;
  }

  get arenaBytes(): number {
    return this.#arena.bytes;
  }

  get reservedBytes(): number {
    return this.#heap.memory.buffer.byteLength;
  }

  /** Where in `memory` a buffer begins. */
  address(buffer: DeviceBuffer): number {
    return (buffer as WasmBuffer).address;
  }

  allocate(bytes: number): DeviceBuffer {
    return new WasmBuffer(bytes, this.#heap.allocate(bytes));
  }

  free(buffer: DeviceBuffer): void {
    this.#heap.free(this.address(buffer));
  }

  write(buffer: DeviceBuffer, offset: number, data: Uint8Array): void {
    this.#heap.views.bytes.set(data, this.address(buffer) + offset);
  }

  read(buffer: DeviceBuffer, offset: number, bytes: number): Uint8Array {
    const start = this.address(buffer) + offset;
    return new Uint8Array(this.#heap.views.bytes.subarray(start, start + bytes));
  }

  compile(plan: Plan): Executable {
    const program = compileProgram(plan, this.#shape, ZEROS);
    const { exports } = new wasm.Instance(new wasm.Module(program.code), {
      heap: { memory: this.#heap.memory },
      [LIBRARY]: this.#library,
      [SCALAR]: SCALAR_FUNCTIONS,
    });
    let segments = 0;
    const steps = program.steps.map((step) =>
      step === "segment" ? (exports[`run${segments++}`] as Segment) : step,
    );
    this.#arena = this.#atLeast(this.#arena, program.arenaBytes);
    this.#block = this.#atLeast(this.#block, blockBytes(plan.bindings, plan.args));
    return new WasmExecutable(plan, program, steps);
  }

  /** The same range, or a larger one in its place; nothing in it is kept. */
  #atLeast(range: { address: number; bytes: number }, bytes: number): { address: number; bytes: number } {
    if (bytes <= range.bytes) return range;
    if (range.bytes > 0) this.#heap.free(range.address);
    return { address: this.#heap.allocate(bytes), bytes };
  }

  run(
    executable: Executable,
    bindings: readonly DeviceBuffer[],
    args: Float64Array,
    cancelled: () => boolean,
  ): Fault | "cancelled" | undefined {
    const { steps, plan } = executable as WasmExecutable;
    const block = this.#block.address;
    const { integers } = this.#fillBlock(bindings, args);
    for (const step of steps) {
      if (cancelled()) return "cancelled";
      if (typeof step === "object") {
        runRoutine(step, (operand) => this.#operand(operand, plan, bindings));
        continue;
      }
      step(block);
      const fault = integers[(block + FAULT_WORD) / 4]!;
      if (fault !== 0) return { fault: fault - 1, value: integers[(block + FAULT_VALUE_WORD) / 4]! };
    }
    return undefined;
  }

  /** A whole tensor of a plan where it lies. */
  #operand(
    { buffer, dtype, shape }: RoutineOperand,
    plan: Plan,
    bindings: readonly DeviceBuffer[],
  ): RoutineData {
    const place = plan.buffers[buffer]!;
    const address =
      place.kind === "arena" ? this.#arena.address + place.offset : this.address(bindings[place.binding]!);
    const bytes = this.#heap.views.bytes.subarray(address, address + elements(shape) * BYTES[dtype]);
    return typedArray(dtype, bytes);
  }

  #fillBlock(bindings: readonly DeviceBuffer[], args: Float64Array): HeapViews {
    const { views } = this.#heap;
    const { integers, floats } = views;
    const block = this.#block.address;
    integers[(block + FAULT_WORD) / 4] = 0;
    integers[(block + ARENA_WORD) / 4] = this.#arena.address;
    // Plain loops: a large step has hundreds of bindings (36 us with closures and a DataView, 1 us this way).
    for (let i = 0; i < bindings.length; i++) {
      integers[(block + bindingWord(i)) / 4] = (bindings[i] as WasmBuffer).address;
    }
    for (let i = 0; i < args.length; i++) {
      const word = (block + argumentWord(bindings.length, i)) / 4;
      floats[word] = args[i]!;
      integers[word + 1] = args[i]!;
    }
    return views;
  }
}
