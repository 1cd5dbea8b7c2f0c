// What computes: which devices there are, and choosing one.

import { chosenDevice, type DeviceDescription, listDevices } from "../compute/engine/list-devices.js";
import { closeSession, session } from "./session.js";

export { chosenDevice, type DeviceDescription };

/** Chooses what computes from here on, "wasm" (the CPU) or "webgpu" (the GPU), and gives what there is: the CPU and every GPU that
 *  WebGPU finds, with its memory, and for those that cannot be used the reason. Without a name it only lists.
 *
 *  Values are not moved from one device to another: choose before the first tensor is made. Where the device cannot be opened,
 *  an error says what is missing, and the one before stays.
 *
 *  @example
 *  const [cpu] = gb.device();
 *  cpu?.name; // "wasm" */
export function device(name?: "wasm" | "webgpu"): readonly DeviceDescription[] {
  if (name !== undefined && name !== chosenDevice()) choose(checked(name));
  return listDevices();
}

function checked(name: string): string {
  if (name === "wasm" || name === "webgpu") return name;
  throw new RangeError(
    `device: there is no ${JSON.stringify(name)}; "wasm" is the CPU, "webgpu" the GPU, of any make`,
  );
}

function choose(name: string): void {
  const before = process.env.GRADBOOK_DEVICE;
  closeSession();
  process.env.GRADBOOK_DEVICE = name;
  try {
    session().client.memory();
  } catch (error) {
    closeSession();
    if (before === undefined) delete process.env.GRADBOOK_DEVICE;
    else process.env.GRADBOOK_DEVICE = before;
    throw error;
  }
}
