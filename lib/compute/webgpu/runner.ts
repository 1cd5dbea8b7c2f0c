// What is done on the GPU: one buffer for all tensors (the heap), pipelines by their WGSL, and the runs of programs, each in
// one submission unless a routine has to be run on the host in between.

import { halfArray, typedArray } from "../../graph/dtype.js";
import type { RoutineOperand } from "../ir.js";
import { type RoutineData, runRoutine } from "../reference/routines/index.js";
import { heapLimit, UNIT_FEATURE } from "./adapter.js";
import {
  FAULT_BYTES,
  FETCH_BYTES,
  operandBytes,
  type Program,
  type ProgramShader,
  type Step,
} from "./program.js";

type Dispatch = Extract<Step, { kind: "dispatch" }>;

/** There was no room for a buffer. */
export class OutOfMemory extends Error {}

const REPORT =
  'This is a defect of Gradbook or of the driver; gb.device("wasm") computes the same on the CPU.';

/** What shaders may use where the adapter has it. */
const FEATURES: readonly GPUFeatureName[] = ["shader-f16", "subgroups", UNIT_FEATURE];

/** Of these, as much as the adapter has. */
const LIMITS = [
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
] as const;

/** A program that has run so often is expected to run again. */
const RUNS_AGAIN = 2;

const NO_FAULTS = new Uint8Array(FAULT_BYTES);

interface Ready {
  readonly program: Program;
  readonly pipelines: readonly GPUComputePipeline[];
  readonly parameters: GPUBuffer;
  /** For the heap that it was made with. */
  group: { readonly heap: GPUBuffer; readonly bindings: GPUBindGroup } | undefined;
  /** All its steps, where none of them is the host's. */
  readonly dispatches: readonly Dispatch[] | undefined;
  runs: number;
  /** What the next run submits, where that was encoded in advance. */
  next: Encoded | undefined;
}

interface Encoded {
  readonly heap: GPUBuffer;
  /** None where there is nothing left to do. */
  readonly commands: readonly GPUCommandBuffer[];
  /** Where the faults are copied at the end, where the program has checks. */
  readonly outcome: GPUBuffer | undefined;
}

export class Runner {
  readonly #device: GPUDevice;
  readonly #bindings: GPUBindGroupLayout;
  readonly #layout: GPUPipelineLayout;
  readonly #faults: GPUBuffer;
  /** Where the host can read what was copied there. */
  readonly #readable: GPUBuffer;
  /** The same for the faults of runs: those that no run on its way has. */
  readonly #outcomes: GPUBuffer[] = [];
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();
  readonly #programs = new Map<number, Ready>();
  #heap: GPUBuffer | undefined;
  #heapBytes = 0;

  /** `lost` is called once the GPU cannot be used any more. */
  static async open(adapter: GPUAdapter, lost: (why: string) => void): Promise<Runner> {
    const most = heapLimit(adapter);
    const sizes = Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]]));
    const requiredLimits = { maxBufferSize: most, maxStorageBufferBindingSize: most, ...sizes };
    const requiredFeatures = FEATURES.filter((feature) => adapter.features.has(feature));
    const device = await adapter.requestDevice({ requiredLimits, requiredFeatures });
    void device.lost.then(({ reason, message }) => lost(`${reason}: ${message}`));
    device.addEventListener("uncapturederror", ({ error }) => lost(error.message));
    return new Runner(device);
  }

  private constructor(device: GPUDevice) {
    this.#device = device;
    const buffer = (binding: number, type: GPUBufferBindingLayout): GPUBindGroupLayoutEntry => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: type,
    });
    this.#bindings = device.createBindGroupLayout({
      entries: [
        buffer(0, { type: "storage" }),
        buffer(1, { type: "storage" }),
        buffer(2, { type: "uniform", hasDynamicOffset: true }),
      ],
    });
    this.#layout = device.createPipelineLayout({ bindGroupLayouts: [this.#bindings] });
    const { STORAGE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
    this.#faults = device.createBuffer({ size: FAULT_BYTES, usage: STORAGE | COPY_SRC | COPY_DST });
    this.#readable = device.createBuffer({ size: FETCH_BYTES, usage: MAP_READ | COPY_DST });
  }

  /** Gives the GPU up, as a driver may at any time. For tests. */
  lose(): void {
    this.#device.destroy();
  }

  /** A larger heap with the same content. */
  async grow(bytes: number): Promise<void> {
    const device = this.#device;
    const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
    device.pushErrorScope("out-of-memory");
    device.pushErrorScope("validation");
    const heap = device.createBuffer({ size: bytes, usage: STORAGE | COPY_SRC | COPY_DST });
    const invalid = await device.popErrorScope();
    const full = await device.popErrorScope();
    if (invalid !== null || full !== null) throw new OutOfMemory((invalid ?? full)!.message);
    if (this.#heap !== undefined) {
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(this.#heap, 0, heap, 0, this.#heapBytes);
      device.queue.submit([encoder.finish()]);
      this.#heap.destroy();
    }
    this.#heap = heap;
    this.#heapBytes = bytes;
  }

  /** `offset` and the length of `data` are multiples of 4. */
  write(offset: number, data: Uint8Array): void {
    this.#device.queue.writeBuffer(this.#heap!, offset, data);
  }

  /** Bytes of the heap, from a multiple of 4 on; at most FETCH_BYTES. */
  async read(offset: number, bytes: number): Promise<Uint8Array> {
    return this.#fetch(this.#heap!, offset, bytes);
  }

  async #fetch(from: GPUBuffer, offset: number, bytes: number): Promise<Uint8Array> {
    const device = this.#device;
    const size = Math.ceil(bytes / 4) * 4;
    if (size === 0) return new Uint8Array(0);
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(from, offset, this.#readable, 0, size);
    device.queue.submit([encoder.finish()]);
    return new Uint8Array(await contentOf(this.#readable, size), 0, bytes);
  }

  async compile(id: number, program: Program): Promise<void> {
    const pipelines = await Promise.all(program.shaders.map((shader) => this.#pipeline(shader)));
    // the last page is bound in full; there is one byte where there is no page
    const size = program.parameterBytes + program.pageBytes || 1;
    const parameters = this.#device.createBuffer({
      size,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    const dispatches = program.steps.filter((step) => step.kind === "dispatch");
    this.#programs.set(id, {
      program,
      pipelines,
      parameters,
      group: undefined,
      dispatches: dispatches.length === program.steps.length ? dispatches : undefined,
      runs: 0,
      next: undefined,
    });
  }

  /** Pipelines are kept for as long as the process lives: other plans have the same kernels. */
  #pipeline(shader: ProgramShader): Promise<GPUComputePipeline> {
    let pipeline = this.#pipelines.get(shader.code);
    if (pipeline === undefined) {
      pipeline = this.#build(shader);
      this.#pipelines.set(shader.code, pipeline);
    }
    return pipeline;
  }

  async #build({ code, name }: ProgramShader): Promise<GPUComputePipeline> {
    const device = this.#device;
    device.pushErrorScope("validation");
    const module = device.createShaderModule({ code });
    const invalid = device.popErrorScope();
    const { messages } = await module.getCompilationInfo();
    const errors = messages.filter(({ type }) => type === "error");
    if ((await invalid) !== null || errors.length > 0) {
      const [first] = errors;
      const line = first && code.split("\n")[first.lineNum - 1];
      throw new Error(
        `The shader generated for ${name} is not valid: ${first?.message} (${line?.trim()}). ${REPORT}`,
      );
    }
    try {
      const layout = this.#layout;
      return await device.createComputePipelineAsync({ layout, compute: { module, entryPoint: "main" } });
    } catch (error) {
      throw new Error(
        `The GPU's driver does not compile the shader of ${name}: ${(error as Error).message}. ${REPORT}`,
      );
    }
  }

  release(id: number): void {
    const ready = this.#programs.get(id);
    if (ready === undefined) return;
    this.#drop(ready);
    ready.parameters.destroy();
    this.#programs.delete(id);
  }

  /** Hands a run over. `ended` comes after it, with the words of the check that has failed where the program has checks. */
  async run(id: number, parameters: Uint32Array): Promise<{ ended: Promise<Int32Array | undefined> }> {
    const ready = this.#programs.get(id)!;
    const { queue } = this.#device;
    ready.runs++;
    queue.writeBuffer(ready.parameters, 0, parameters);
    if (ready.next?.heap !== this.#heap) this.#drop(ready);
    const { commands, outcome } = ready.next ?? (await this.#untilTheEnd(ready, parameters));
    ready.next = undefined;
    if (commands.length > 0) queue.submit(commands);
    if (outcome === undefined) return { ended: queue.onSubmittedWorkDone().then(() => undefined) };
    return { ended: this.#faultsIn(outcome) };
  }

  /** Encodes the next run of a program that is run again and again, while there is nothing else to do. */
  prepare(id: number): void {
    const ready = this.#programs.get(id);
    if (ready?.dispatches === undefined || ready.runs < RUNS_AGAIN) return;
    ready.next ??= this.#encoded(ready, ready.dispatches);
  }

  /** What is encoded for a run and is not submitted. */
  #drop(ready: Ready): void {
    if (ready.next?.outcome !== undefined) this.#outcomes.push(ready.next.outcome);
    ready.next = undefined;
  }

  /** Runs a program up to its last steps on the GPU; those, encoded. */
  async #untilTheEnd(ready: Ready, parameters: Uint32Array): Promise<Encoded> {
    if (ready.dispatches !== undefined) return this.#encoded(ready, ready.dispatches);
    if (ready.program.checks) this.#device.queue.writeBuffer(this.#faults, 0, NO_FAULTS);
    let dispatches: Dispatch[] = [];
    for (const step of ready.program.steps) {
      if (step.kind === "dispatch") dispatches.push(step);
      else {
        const commands = this.#commands(ready, dispatches);
        if (commands.length > 0) this.#device.queue.submit(commands);
        dispatches = [];
        await this.#runOnHost(step, parameters);
      }
    }
    return this.#encoded(ready, dispatches);
  }

  #encoded(ready: Ready, dispatches: readonly Dispatch[]): Encoded {
    const outcome = ready.program.checks ? this.#freeOutcome() : undefined;
    return { heap: this.#heap!, commands: this.#commands(ready, dispatches, outcome), outcome };
  }

  #freeOutcome(): GPUBuffer {
    const free = this.#outcomes.pop();
    if (free !== undefined) return free;
    const { MAP_READ, COPY_DST } = GPUBufferUsage;
    const made = this.#device.createBuffer({ size: FAULT_BYTES, usage: MAP_READ | COPY_DST });
    // where nothing is computed, nothing fails
    this.#device.queue.writeBuffer(made, 0, NO_FAULTS);
    return made;
  }

  async #faultsIn(outcome: GPUBuffer): Promise<Int32Array> {
    const bytes = await contentOf(outcome, FAULT_BYTES);
    this.#outcomes.push(outcome);
    return new Int32Array(bytes, 0, 2);
  }

  /** `outcome`: where the faults are copied at the end. */
  #commands(ready: Ready, dispatches: readonly Dispatch[], outcome?: GPUBuffer): GPUCommandBuffer[] {
    if (dispatches.length === 0 && outcome === undefined) return [];
    const encoder = this.#device.createCommandEncoder();
    // where all of a run is encoded at once, that is part of it: a write to the queue takes longer
    if (outcome !== undefined && ready.dispatches !== undefined) encoder.clearBuffer(this.#faults);
    if (dispatches.length > 0) this.#encode(encoder, ready, dispatches);
    if (outcome !== undefined) encoder.copyBufferToBuffer(this.#faults, 0, outcome, 0, FAULT_BYTES);
    return [encoder.finish()];
  }

  #encode(encoder: GPUCommandEncoder, ready: Ready, dispatches: readonly Dispatch[]): void {
    const bindings = this.#groupOf(ready);
    const pass = encoder.beginComputePass();
    let current: Pick<Dispatch, "shader" | "page"> = { shader: -1, page: -1 };
    for (const { shader, page, groups } of dispatches) {
      if (shader !== current.shader) pass.setPipeline(ready.pipelines[shader]!);
      if (page !== current.page) pass.setBindGroup(0, bindings, [page]);
      current = { shader, page };
      pass.dispatchWorkgroups(...groups);
    }
    pass.end();
  }

  #groupOf(ready: Ready): GPUBindGroup {
    const heap = this.#heap!;
    if (ready.group?.heap === heap) return ready.group.bindings;
    const bindings = this.#device.createBindGroup({
      layout: this.#bindings,
      entries: [
        { binding: 0, resource: { buffer: heap } },
        { binding: 1, resource: { buffer: this.#faults } },
        { binding: 2, resource: { buffer: ready.parameters, size: ready.program.pageBytes } },
      ],
    });
    ready.group = { heap, bindings };
    return bindings;
  }

  /** Copies the inputs here, runs the routine, and copies the outputs back. */
  async #runOnHost(
    { routine, block }: Extract<Step, { kind: "routine" }>,
    parameters: Uint32Array,
  ): Promise<void> {
    const places = new Map<RoutineOperand, RoutineData>();
    const address = (operand: number): number => parameters[block / 4 + operand]! * 4;
    for (const [i, input] of routine.inputs.entries())
      places.set(input, dataOf(input, await this.#readAll(address(i), operandBytes(input))));
    const outputs = routine.outputs.map((output) => new Uint8Array(Math.ceil(operandBytes(output) / 4) * 4));
    routine.outputs.forEach((output, i) => {
      places.set(output, dataOf(output, outputs[i]!.subarray(0, operandBytes(output))));
    });
    runRoutine(routine, (operand) => places.get(operand)!);
    outputs.forEach((bytes, i) => {
      if (bytes.length > 0) this.write(address(routine.inputs.length + i), bytes);
    });
  }

  async #readAll(offset: number, bytes: number): Promise<Uint8Array> {
    const all = new Uint8Array(bytes);
    for (let at = 0; at < bytes; at += FETCH_BYTES)
      all.set(await this.read(offset + at, Math.min(FETCH_BYTES, bytes - at)), at);
    return all;
  }

  async finish(): Promise<void> {
    await this.#device.queue.onSubmittedWorkDone();
  }
}

/** Waits until a buffer was filled; a copy of its first bytes. */
async function contentOf(buffer: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
  await buffer.mapAsync(GPUMapMode.READ);
  const copy = buffer.getMappedRange(0, bytes).slice(0);
  buffer.unmap();
  return copy;
}

/** The elements in place. */
function dataOf({ dtype }: RoutineOperand, bytes: Uint8Array): RoutineData {
  if (dtype !== "float16") return typedArray(dtype, bytes);
  return halfArray(bytes.buffer, bytes.byteOffset, bytes.length / 2) as unknown as RoutineData;
}
