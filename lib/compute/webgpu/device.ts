// The GPU as a device: plans become programs of WGSL shaders, buffers are ranges of one large buffer on the GPU.
//
// One buffer for all (the heap) because WebGPU allows few bindings in a kernel, forbids that two of them overlap, and makes
// buffers slowly. Its ranges are handed out here; where each begins is a parameter of every dispatch.

import { Allocator, mebibytes } from "../allocator.js";
import type { Device, DeviceBuffer, Executable, Fault, Outcome, Traffic } from "../device.js";
import type { Plan } from "../ir.js";
import { environment, webgpuPatience } from "../settings.js";
import type { AdapterDescription } from "./adapter.js";
import { GpuLink, type Sent } from "./link.js";
import { timeProduct } from "./measure.js";
import type { Opened } from "./messages.js";
import { PRESET_FOLDER } from "./preset-file.js";
import { Presets } from "./presets.js";
import { FETCH_BYTES, nameOf, ProgramBuilder, trafficOf } from "./program.js";
import type { Target } from "./target.js";
import { type Tile, usualTile } from "./tiles.js";
import { faultOfUnits } from "./unit-check.js";
import type { MatrixUnit } from "./unit-product.js";

/** Bytes of the heap at the start, or less where the adapter has less. */
const FIRST_HEAP_BYTES = 32 * 2 ** 20;

class HeapRange implements DeviceBuffer {
  readonly bytes: number;
  readonly address: number;
  constructor(bytes: number, address: number) {
    this.bytes = bytes;
    this.address = address;
  }
}

const decoded = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));

class GpuExecutable implements Executable {
  readonly plan: Plan;
  readonly id: number;
  readonly builder: ProgramBuilder;
  /** What it is called where it fails. */
  readonly doing: string;
  readonly #release: () => void;

  constructor(plan: Plan, id: number, builder: ProgramBuilder, release: () => void) {
    this.plan = plan;
    this.id = id;
    this.builder = builder;
    this.doing = describeRun(plan);
    this.#release = release;
  }

  get traffic(): Traffic {
    return trafficOf(this.builder.program);
  }

  describe(): readonly string[] {
    return this.builder.how;
  }

  release(): void {
    this.#release();
  }
}

/** What running a plan is called where it fails. */
function describeRun({ kernels }: Plan): string {
  const names = kernels.map((kernel) => (kernel.kind === "group" ? "group" : nameOf(kernel)));
  const first = names.slice(0, 8).join("; ");
  const count = names.length === 1 ? "1 kernel" : `${names.length} kernels`;
  return `computing ${count} (${first}${names.length > 8 ? "; ..." : ""})`;
}

/** For tests. */
export interface WebGpuOptions {
  /** Another choice of tiles for products. */
  readonly tileFor?: Target["tileFor"];
  /** Matrix units that tiles for such may use, whether the adapter names them or not. */
  readonly unit?: MatrixUnit;
  /** Where measured tiles are kept; also a GPU in software is measured then. */
  readonly presetFolder?: string;
}

export class WebGpuDevice implements Device {
  readonly name: string = "webgpu";
  readonly halfFactors: boolean = true;
  /** More would need memory meanwhile. */
  readonly joinsProducts: number = 2 ** 20;
  readonly adapter: AdapterDescription;
  readonly #link: GpuLink;
  readonly #allocator = new Allocator(0);
  #reserved = 0;
  #arena: HeapRange | undefined;
  #target: Target;
  #programs = 0;
  /** Runs whose outcome nobody was told yet, oldest first. */
  readonly #ahead: Sent[] = [];
  /** What the GPU was given last: whoever waits for it waits for that. */
  #doing = "starting";

  /** Opens the adapter that chooseAdapter() finds. */
  constructor({ tileFor, unit: given, presetFolder }: WebGpuOptions = {}) {
    this.#link = new GpuLink(webgpuPatience());
    try {
      this.adapter = (decoded(this.#link.ask({ type: "open" }, "opened")) as Opened).adapter;
    } catch (error) {
      this.#link.close();
      throw error;
    }
    const half = this.adapter.features.includes("shader-f16");
    this.#target = { half, ...(given && { unit: given }), tileFor: tileFor ?? usualTile };
    this.#grow(Math.min(FIRST_HEAP_BYTES, this.adapter.memoryBytes));
    if (tileFor !== undefined || !this.#measures(presetFolder)) return;
    const unit = this.#checkedUnit();
    this.#target = { half, ...(unit && { unit }), tileFor: this.#tilesByMeasure(presetFolder, unit) };
  }

  /** A GPU in software is not worth measuring, unless asked to. */
  #measures(folder: string | undefined): boolean {
    const wanted = environment("GRADBOOK_WEBGPU_TUNE") === "1" && !this.adapter.software;
    return wanted || folder !== undefined;
  }

  /** The adapter's matrix units, if they are right. */
  #checkedUnit(): MatrixUnit | undefined {
    const { unit } = this.adapter;
    if (unit === undefined) return undefined;
    const fault = faultOfUnits(this, (plan, tile) =>
      this.#compile(plan, { ...this.#target, unit, tileFor: () => tile }),
    );
    if (fault === undefined) return unit;
    console.warn(`The matrix units of ${this.adapter.name} are not used: ${fault}`);
    return undefined;
  }

  /** Tiles as they were measured to be fastest. */
  #tilesByMeasure(folder = PRESET_FOLDER, unit: MatrixUnit | undefined): Target["tileFor"] {
    const compile = (plan: Plan, tile: Tile): Executable =>
      this.#compile(plan, { ...this.#target, tileFor: () => tile });
    const presets = new Presets(
      { folder, adapter: this.adapter },
      (kernel, tile) => timeProduct(this, compile, kernel, tile),
      unit !== undefined,
    );
    return (kernel) => presets.tileFor(kernel);
  }

  get description(): string {
    const { name, software } = this.adapter;
    return `WebGPU on ${name}${software ? ", in software" : ""}`;
  }

  get allocatedBytes(): number {
    return this.#allocator.allocatedBytes;
  }

  get arenaBytes(): number {
    return this.#arena?.bytes ?? 0;
  }

  get reservedBytes(): number {
    return this.#reserved;
  }

  allocate(bytes: number): HeapRange {
    let address = this.#allocator.allocate(bytes);
    if (address === undefined) {
      this.#makeRoom(bytes);
      address = this.#allocator.allocate(bytes)!;
    }
    return new HeapRange(bytes, address);
  }

  /** Doubles the heap, or makes it just large enough. */
  #makeRoom(bytes: number): void {
    const { memoryBytes } = this.adapter;
    const least = Math.ceil((this.#reserved + this.#allocator.missing(bytes)) / 256) * 256;
    const sizes = [Math.min(Math.max(least, 2 * this.#reserved), memoryBytes), least];
    for (const size of sizes) {
      if (size < least || size > memoryBytes) continue;
      try {
        this.#grow(size);
        return;
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
      }
    }
    throw new RangeError(
      `No room for ${mebibytes(bytes)} on the GPU: ${mebibytes(this.allocatedBytes)} are in use, of ${mebibytes(memoryBytes)} ` +
        "that one buffer of this adapter holds at most, as far as its memory is free. Use smaller batches or dispose of " +
        "tensors that are no longer needed; gb.memory() lists them.",
    );
  }

  #grow(bytes: number): void {
    this.#link.ask({ type: "grow", bytes }, "making room");
    this.#reserved = bytes;
    this.#allocator.extend(bytes);
  }

  free(buffer: DeviceBuffer): void {
    this.#allocator.free((buffer as HeapRange).address);
  }

  /** `offset` is a multiple of 4. What is left of the last word may get any value: nothing else lies there. */
  write(buffer: DeviceBuffer, offset: number, data: Uint8Array): void {
    if (data.length === 0) return;
    const whole = new Uint8Array(Math.ceil(data.length / 4) * 4);
    whole.set(data);
    this.#link.post(
      { type: "write", offset: (buffer as HeapRange).address + offset, data: whole },
      "writing",
    );
  }

  read(buffer: DeviceBuffer, offset: number, bytes: number): Uint8Array {
    const begin = (buffer as HeapRange).address + offset;
    const all = new Uint8Array(bytes);
    for (let at = 0; at < bytes; ) {
      const skip = (begin + at) % 4;
      const size = Math.min(FETCH_BYTES - skip, bytes - at);
      const request = { type: "read", offset: begin + at - skip, bytes: size + skip } as const;
      all.set(this.#link.ask(request, this.#doing).subarray(skip), at);
      at += size;
    }
    return all;
  }

  compile(plan: Plan): Executable {
    return this.#compile(plan, this.#target);
  }

  #compile(plan: Plan, target: Target): Executable {
    const builder = new ProgramBuilder(plan, target);
    const id = this.#programs++;
    this.#link.ask({ type: "compile", id, program: builder.program }, "compiling");
    return new GpuExecutable(plan, id, builder, () =>
      this.#link.post({ type: "release", id }, "letting go of a plan"),
    );
  }

  run(
    executable: Executable,
    bindings: readonly DeviceBuffer[],
    args: Float64Array,
    cancelled: () => boolean,
  ): Fault | "cancelled" | undefined {
    if (cancelled()) return "cancelled";
    const sent = this.#send(executable as GpuExecutable, bindings, args);
    if (executable.plan.faults.length === 0) return undefined;
    const outcome = this.#link.outcome(sent, true)!;
    return outcome === "done" ? undefined : outcome;
  }

  runAhead(
    executable: Executable,
    bindings: readonly DeviceBuffer[],
    args: Float64Array,
    cancelled: () => boolean,
  ): "cancelled" | undefined {
    if (cancelled()) return "cancelled";
    this.#ahead.push(this.#send(executable as GpuExecutable, bindings, args));
    return undefined;
  }

  outcome(wait: boolean): Outcome | undefined {
    const outcome = this.#link.outcome(this.#ahead[0]!, wait);
    if (outcome !== undefined) this.#ahead.shift();
    return outcome;
  }

  #send({ id, builder, doing }: GpuExecutable, bindings: readonly DeviceBuffer[], args: Float64Array): Sent {
    this.#doing = doing;
    const arena = this.#arenaFor(builder.arenaBytes);
    const parameters = builder.parameters(bindings, args, (buffer) => (buffer as HeapRange).address, arena);
    return this.#link.run(id, parameters, doing);
  }

  /** Where the arena begins that all plans share, as large as any of them has needed. */
  #arenaFor(bytes: number): number {
    if (bytes > this.arenaBytes) {
      if (this.#arena !== undefined) this.free(this.#arena);
      this.#arena = undefined;
      this.#arena = this.allocate(bytes);
    }
    return this.#arena?.address ?? 0;
  }

  finish(): void {
    this.#link.ask({ type: "finish" }, this.#doing);
  }

  close(): void {
    this.#link.close();
  }
}
