// The oracle: a device that interprets kernels one element at a time. Slow, obvious, and what all others are tested against.

import { halfArray } from "../../graph/dtype.js";
import type { Device, DeviceBuffer, Executable, Fault } from "../device.js";
import type { Plan } from "../ir.js";
import { type Cells, runKernel } from "./interpreter.js";

class Memory implements DeviceBuffer {
  readonly bytes: number;
  readonly data: ArrayBuffer;

  constructor(bytes: number) {
    this.bytes = bytes;
    this.data = new ArrayBuffer(Math.ceil(bytes / 4) * 4);
  }

  cells(offset = 0): Cells {
    return {
      float32: new Float32Array(this.data, offset),
      int32: new Int32Array(this.data, offset),
      bool: new Uint8Array(this.data, offset),
      float16: halfArray(this.data, offset),
      uint8: new Uint8Array(this.data, offset),
    };
  }
}

export class ReferenceDevice implements Device {
  readonly name: string = "reference";
  readonly description: string = "interpreter in JavaScript, one element at a time";
  #allocated = 0;

  get allocatedBytes(): number {
    return this.#allocated;
  }

  /** Arenas live as long as a run. */
  get arenaBytes(): number {
    return 0;
  }

  get reservedBytes(): number {
    return this.#allocated;
  }

  allocate(bytes: number): DeviceBuffer {
    this.#allocated += bytes;
    return new Memory(bytes);
  }

  free(buffer: DeviceBuffer): void {
    this.#allocated -= buffer.bytes;
  }

  write(buffer: DeviceBuffer, offset: number, data: Uint8Array): void {
    new Uint8Array((buffer as Memory).data).set(data, offset);
  }

  read(buffer: DeviceBuffer, offset: number, bytes: number): Uint8Array {
    return new Uint8Array((buffer as Memory).data).slice(offset, offset + bytes);
  }

  compile(plan: Plan): Executable {
    return {
      plan,
      describe: () => plan.kernels.map(() => "one element at a time"),
      release: () => undefined,
    };
  }

  run(
    executable: Executable,
    bindings: readonly DeviceBuffer[],
    args: Float64Array,
    cancelled: () => boolean,
  ): Fault | "cancelled" | undefined {
    const { plan } = executable;
    const arena = new Memory(plan.arenaBytes);
    const cells = plan.buffers.map((buffer) =>
      (buffer.kind === "arena" ? arena : (bindings[buffer.binding] as Memory)).cells(buffer.offset),
    );
    let first: Fault | undefined;
    for (const [i, kernel] of plan.kernels.entries()) {
      if (cancelled()) return "cancelled";
      if (i === plan.commit && first !== undefined) break;
      runKernel(kernel, {
        buffer: (index) => cells[index]!,
        args,
        fault: (fault, value) => {
          first ??= { fault, value };
        },
      });
    }
    return first;
  }

  close(): void {}
}
