// The devices by name. Each is loaded only where it is used.

import { availableParallelism } from "node:os";
import type { Device } from "../device.js";
import { engineThreads } from "../settings.js";

const DEVICES = {
  reference: async (): Promise<Device> => new (await import("../reference/device.js")).ReferenceDevice(),
  wasm: async (): Promise<Device> =>
    new (await import("../wasm/device.js")).WasmDevice({ threads: engineThreads(availableParallelism()) }),
};

export type DeviceName = keyof typeof DEVICES;

export async function createDevice(name: DeviceName): Promise<Device> {
  return DEVICES[name]();
}
