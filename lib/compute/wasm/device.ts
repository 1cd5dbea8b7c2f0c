// The CPU device on one memory: plans become WebAssembly modules over it. memories.ts joins several.

import { BYTES, typedArray } from "../../graph/dtype.js";
import { elements } from "../../graph/shape.js";
import type { DeviceBuffer, Executable, Fault } from "../device.js";
import type { Plan, RoutineOperand } from "../ir.js";
import { type RoutineData, runRoutine } from "../reference/routines/index.js";
import { CHUNKS_FOR_HELPERS, JOINED_PRODUCTS_BYTES, WORK_FOR_HELPERS } from "../settings.js";
import {
  ARENA_WORD,
  argumentWord,
  bindingWord,
  blockBytes,
  FAULT_LOCK_WORD,
  FAULT_VALUE_WORD,
  FAULT_WORD,
  LOCAL_STEP_WORD,
  LOCAL_WORD,
} from "./block.js";
import type { BlasUse } from "./choose-blas.js";
import { GRAIN } from "./cut.js";
import { type BlasRates, mayUseBlas } from "./emit-blas.js";
import { type Engine, prepareEngine } from "./flags.js";
import { Heap, type HeapOptions, type HeapViews, ZEROS } from "./heap.js";
import { Helpers } from "./helpers.js";
import { Linker } from "./link.js";
import type { SingleMemory } from "./memories.js";
import type { TileShape } from "./microkernel.js";
import { compileProgram, type Program, type Run } from "./program.js";
import { rehearseStatistics } from "./rehearsal.js";
import { statisticsLibrary } from "./statistics.js";
import { isSummary } from "./summary.js";
import { type Memory, type Module, wasm } from "./webassembly.js";

const NO_BLAS: BlasRates = new Map();

class WasmBuffer implements DeviceBuffer {
  readonly bytes: number;
  readonly address: number;

  constructor(bytes: number, address: number) {
    this.bytes = bytes;
    this.address = address;
  }
}

class WasmExecutable implements Executable {
  readonly plan: Plan;
  readonly program: Program;
  /** By which helpers know it. */
  readonly id: number;
  readonly release: () => void;
  run: Run | undefined;

  constructor(plan: Plan, program: Program, id: number, run: Run, release: () => void) {
    this.plan = plan;
    this.program = program;
    this.id = id;
    this.run = run;
    this.release = () => {
      if (this.run !== undefined) release();
      this.run = undefined;
    };
  }

  describe(): readonly string[] {
    return this.program.how;
  }
}

/** Memory that all plans share. */
interface Range {
  address: number;
  bytes: number;
}

/** The run that is under way. */
interface Current {
  readonly executable: WasmExecutable;
  readonly bindings: readonly DeviceBuffer[];
  readonly cancelled: () => boolean;
}

export interface WasmDeviceOptions extends HeapOptions {
  /** How many compute, the calling thread among them; the others are started when there is work for them. Default: 1. */
  readonly threads?: number;
  /** Nanoseconds a piece of work for one of them takes at least; tests cut finer. */
  readonly grain?: number;
  /** Chunks of a plan from which on the others help; tests have them help always. */
  readonly helpFrom?: number;
  /** Gives the BLAS, if there is one to be used, and for what; asked when there is a product of some size. */
  readonly blas?: (engine: Engine) => BlasUse | undefined;
}

export class WasmDevice implements SingleMemory {
  readonly name: string = "wasm";
  readonly joinsProducts: number = JOINED_PRODUCTS_BYTES;
  readonly #heap: Heap;
  readonly #shape: TileShape;
  readonly #engine: Engine;
  /** The library that products go to; undefined: our own micro-kernels are as fast, or there is none. */
  readonly #chooseBlas: (engine: Engine) => BlasUse | undefined;
  readonly #linker: Linker;
  readonly #helpers: Helpers;
  readonly #threads: number;
  readonly #helpFrom: number;
  readonly #grain: number;
  readonly #arena: Range = { address: 0, bytes: 0 };
  readonly #local: Range = { address: 0, bytes: 0 };
  readonly #block: Range = { address: 0, bytes: 0 };
  #current: Current | undefined;
  #plans = 0;
  #prepared = false;

  /** `engine`: micro-kernels other than those that are best here; tests do that. */
  constructor(options: WasmDeviceOptions = {}, engine: Engine = prepareEngine()) {
    const { shape, library } = engine;
    this.#engine = engine;
    const { threads = 1, grain = GRAIN, helpFrom = CHUNKS_FOR_HELPERS, blas = () => undefined } = options;
    this.#chooseBlas = blas;
    this.#shape = shape;
    this.#threads = threads;
    this.#helpFrom = helpFrom;
    this.#grain = grain;
    this.#heap = new Heap(options);
    const { memory } = this.#heap;
    this.#linker = new Linker(memory, library, {
      cancelled: () => (this.#current!.cancelled() ? 1 : 0),
      routine: (index) => this.#routine(index),
    });
    this.#helpers = new Helpers(threads - 1, memory, library);
  }

  get description(): string {
    const { rows, columns, relaxed } = this.#shape;
    const threads = this.#threads === 1 ? "one thread" : `${this.#threads} threads`;
    return `WebAssembly SIMD, ${threads}, ${rows} x ${columns} tiles${relaxed ? ", fused multiply-add" : ""}`;
  }

  /** The memory all buffers live in: a client in the same process may read results in place. */
  get memory(): Memory {
    return this.#heap.memory;
  }

  get limitBytes(): number {
    return this.#heap.limitBytes;
  }

  get room(): number {
    return this.#heap.room;
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
    const blas = plan.kernels.some(mayUseBlas) ? this.#chooseBlas(this.#engine) : undefined;
    const program = compileProgram(plan, {
      shape: this.#shape,
      zeros: ZEROS,
      grain: this.#grain,
      blas: blas?.rates ?? NO_BLAS,
    });
    const module: Module = new wasm.Module(program.code);
    const libraries = {
      blas: blas?.path,
      statistics: plan.kernels.some(isSummary) ? statisticsLibrary() : undefined,
    };
    this.#linker.use(libraries);
    const { run } = this.#linker.link(module) as { run: Run };
    this.#atLeast(this.#arena, program.arenaBytes);
    this.#atLeast(this.#local, program.localBytes * this.#threads);
    this.#atLeast(this.#block, blockBytes(plan.bindings, plan.args));
    const id = ++this.#plans;
    if (program.chunks > 0) this.#helpers.learn(id, module, libraries);
    return new WasmExecutable(plan, program, id, run, () => this.#helpers.forget(id));
  }

  /** Makes a range larger; nothing in it is kept. Where there is no room it stays as it was. */
  #atLeast(range: Range, bytes: number): void {
    if (bytes <= range.bytes) return;
    if (range.bytes > 0) this.#heap.free(range.address);
    try {
      range.address = this.#heap.allocate(bytes);
      range.bytes = bytes;
    } catch (error) {
      if (range.bytes > 0) range.address = this.#heap.allocate(range.bytes);
      throw error;
    }
  }

  run(
    executable: Executable,
    bindings: readonly DeviceBuffer[],
    args: Float64Array,
    cancelled: () => boolean,
  ): Fault | "cancelled" | undefined {
    const { run, id, program } = executable as WasmExecutable;
    if (run === undefined) throw new Error("This plan was released.");
    if (cancelled()) return "cancelled";
    this.#current = { executable: executable as WasmExecutable, bindings, cancelled };
    const block = this.#block.address;
    const { integers } = this.#fillBlock(bindings, args, program.localBytes);
    const alone = program.chunks < this.#helpFrom && program.work < WORK_FOR_HELPERS;
    const stopped = this.#helpers.run(id, block, program.chunks, alone, (base) => run(block, base));
    const fault = integers[(block + FAULT_WORD) / 4]!;
    if (fault !== 0) return { fault: fault - 1, value: integers[(block + FAULT_VALUE_WORD) / 4]! };
    return stopped === 0 ? undefined : "cancelled";
  }

  /** Once, and only when it has run something, so that no first result is late. */
  prepare(): void {
    if (this.#prepared || this.#plans === 0) return;
    this.#prepared = true;
    rehearseStatistics(this);
  }

  close(): void {
    this.#helpers.close();
  }

  /** Runs routine number `index` of the plan that is running. */
  #routine(index: number): void {
    const { executable, bindings } = this.#current!;
    const { program, plan } = executable;
    const kernel = program.routines[index]!;
    runRoutine(kernel, (operand) => this.#operand(operand, plan, bindings));
  }

  /** A whole tensor of a plan where it lies. */
  #operand(
    { buffer, dtype, shape }: RoutineOperand,
    plan: Plan,
    bindings: readonly DeviceBuffer[],
  ): RoutineData {
    const place = plan.buffers[buffer]!;
    const address =
      (place.kind === "arena" ? this.#arena.address : this.address(bindings[place.binding]!)) +
      (place.offset ?? 0);
    const bytes = this.#heap.views.bytes.subarray(address, address + elements(shape) * BYTES[dtype]);
    return typedArray(dtype, bytes);
  }

  #fillBlock(bindings: readonly DeviceBuffer[], args: Float64Array, localBytes: number): HeapViews {
    const { views } = this.#heap;
    const { integers, floats } = views;
    const block = this.#block.address;
    integers[(block + FAULT_WORD) / 4] = 0;
    integers[(block + FAULT_LOCK_WORD) / 4] = 0;
    integers[(block + ARENA_WORD) / 4] = this.#arena.address;
    integers[(block + LOCAL_WORD) / 4] = this.#local.address;
    integers[(block + LOCAL_STEP_WORD) / 4] = localBytes;
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
