// The devices by name. Each is loaded only where it is used.

import { availableParallelism } from "node:os";
import type { Device } from "../device.js";
import { machineBytes } from "../machine-memory.js";
import { BLAS_THREADS, engineThreads, memoriesFor } from "../settings.js";

const DEVICES = {
  reference: async (): Promise<Device> => new (await import("../reference/device.js")).ReferenceDevice(),
  wasm: async (): Promise<Device> => {
    const { WasmDevice } = await import("../wasm/device.js");
    const { fasterBlas } = await import("../wasm/choose-blas.js");
    const { PAGE } = await import("../wasm/heap.js");
    const { JoinedMemories } = await import("../wasm/memories.js");
    const threads = engineThreads(availableParallelism());
    const { count, bytes } = memoriesFor(machineBytes());
    const maximumPages = Math.floor(bytes / PAGE);
    const options =
      threads <= BLAS_THREADS ? { threads, maximumPages, blas: fasterBlas } : { threads, maximumPages };
    return new JoinedMemories(() => new WasmDevice(options), count);
  },
  webgpu: async (): Promise<Device> => new (await import("../webgpu/device.js")).WebGpuDevice(),
};

export type DeviceName = keyof typeof DEVICES;

export async function createDevice(name: DeviceName): Promise<Device> {
  return DEVICES[name]();
}
