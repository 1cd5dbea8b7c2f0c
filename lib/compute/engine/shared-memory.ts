// Devices whose buffers lie in memory that the client's thread can see: reading them needs no copy through a ring.

import type { Device, DeviceBuffer } from "../device.js";

/** What is used of a WebAssembly.Memory: its buffer, another one after it has grown. */
export interface SharedHeap {
  readonly buffer: ArrayBufferLike;
}

/** Such a device. `memory` must be shared; `address` counts bytes from its begin, for buffers that lie in it. */
export interface SharedMemoryDevice extends Device {
  readonly memory: SharedHeap;
  address(buffer: DeviceBuffer): number | undefined;
}

/** `device`, if it is one. */
export function sharedMemoryOf(device: Device): SharedMemoryDevice | undefined {
  const candidate = device as Partial<SharedMemoryDevice>;
  const shared = candidate.memory?.buffer instanceof SharedArrayBuffer;
  return shared && typeof candidate.address === "function" ? (device as SharedMemoryDevice) : undefined;
}
