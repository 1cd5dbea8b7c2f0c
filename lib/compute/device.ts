// The contract every device fulfils: memory, compiling a plan, running it. Nothing else of a device is visible outside.

import type { Plan } from "./ir.js";

/** Device memory. Made by `Device.allocate` and only meaningful to the device that made it. */
export interface DeviceBuffer {
  readonly bytes: number;
}

/** What a run asks of a GPU. */
export interface Traffic {
  /** Times that commands are handed over, passes and dispatches in them. */
  readonly submits: number;
  readonly passes: number;
  readonly dispatches: number;
  /** Bytes between host and GPU: parameters, failed checks, and what routines on the host read and write. */
  readonly bytes: number;
}

/** A plan made ready for one device. */
export interface Executable {
  readonly plan: Plan;
  /** Bytes that its runs had to move first, where a device has several memories. */
  readonly movedBytes?: number;
  /** Where the device is a GPU. */
  readonly traffic?: Traffic;
  /** How each kernel is computed, for people. */
  describe(): readonly string[];
  release(): void;
}

/** A failed `check`: which fault message of the plan, and the value that was out of range. */
export interface Fault {
  readonly fault: number;
  readonly value: number;
}

/** How a run has ended. */
export type Outcome = Fault | "done";

/** The device does not work any more, and what it held is gone. Thrown by any of its methods. */
export class DeviceLostError extends Error {}

export interface Device {
  /** "reference", "wasm", "webgpu". */
  readonly name: string;
  /** One line for people: what it runs on. */
  readonly description: string;
  /** Whether matrix products take operands of float16. */
  readonly halfFactors?: boolean;
  /** Products that follow each other in a plan and do not depend on each other are computed side by side. Those that read less than
   *  so many bytes of what was computed before wait for each other; undefined: none does. */
  readonly joinsProducts?: number;
  /** Bytes currently allocated for buffers and arenas. */
  readonly allocatedBytes: number;
  /** Of these, bytes of the arena that all plans share. */
  readonly arenaBytes: number;
  /** Bytes taken from the system; what is not allocated is used for the next buffers. */
  readonly reservedBytes: number;
  /** Uninitialised memory. Throws a RangeError that names sizes when there is no room. */
  allocate(bytes: number): DeviceBuffer;
  free(buffer: DeviceBuffer): void;
  write(buffer: DeviceBuffer, offset: number, data: Uint8Array): void;
  /** A copy. Waits for what was run before. */
  read(buffer: DeviceBuffer, offset: number, bytes: number): Uint8Array;
  compile(plan: Plan): Executable;
  /** Runs all kernels in order. `bindings[i]` is binding i, `args[i]` scalar i (int32 and bool as whole numbers).
   *  `cancelled` is looked at between kernels, and within long ones: when it returns true the rest is not run and `"cancelled"` comes back. */
  run(
    executable: Executable,
    bindings: readonly DeviceBuffer[],
    args: Float64Array,
    cancelled: () => boolean,
  ): Fault | "cancelled" | undefined;
  /** As `run` of a plan with checks, but comes back before it is known whether one has failed, so that the next run can be given
   *  meanwhile; `outcome` tells. Only where it takes long to learn. */
  runAhead?(
    executable: Executable,
    bindings: readonly DeviceBuffer[],
    args: Float64Array,
    cancelled: () => boolean,
  ): "cancelled" | undefined;
  /** How the oldest of the runs ahead ended whose outcome has not been given yet. To be asked before each run and when it is
   *  idle; undefined where that is not known, and not waited for. */
  outcome?(wait: boolean): Outcome | undefined;
  /** Waits until everything that was run is done. Only where `run` may come back before. */
  finish?(): void;
  /** Makes what plans to come are likely to need. Called whenever there is nothing to do. */
  prepare?(): void;
  /** Ends the threads it has started. Nothing is run afterwards. */
  close(): void;
}
