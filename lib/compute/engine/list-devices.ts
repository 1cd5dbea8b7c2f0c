// What there is to compute on.

import { spawnSync } from "node:child_process";
import { availableParallelism, cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { machineBytes } from "../machine-memory.js";
import { engineThreads, environment, memoriesFor } from "../settings.js";
import type { AdapterDescription } from "../webgpu/adapter.js";

/** Something that can compute. */
export interface DeviceDescription {
  /** As GRADBOOK_DEVICE names it. */
  readonly name: string;
  readonly description: string;
  /** The most bytes that values may take. */
  readonly memoryBytes: number;
  /** Whether this is what computes. */
  readonly chosen: boolean;
  /** Why it cannot be used as it is. */
  readonly problem?: string;
}

/** What computes, by its name. */
export const chosenDevice = (): string => environment("GRADBOOK_DEVICE");

/** How long drivers may take to say what they have. */
const LIST_MS = 20_000;

/** The CPU and all GPUs, also those that cannot be used, with the reason. */
export function listDevices(): readonly DeviceDescription[] {
  const chosen = chosenDevice();
  const threads = engineThreads(availableParallelism());
  const { count, bytes } = memoriesFor(machineBytes());
  const model = cpus()[0]?.model ?? "CPU";
  const processor: DeviceDescription = {
    name: "wasm",
    description: `${model}, ${threads} ${threads === 1 ? "thread" : "threads"}`,
    memoryBytes: count * bytes,
    chosen: chosen === "wasm",
  };
  return [processor, ...listGpus(chosen === "webgpu")];
}

/** Asked in a process of its own, which a driver may take with it. */
function listGpus(chosen: boolean): DeviceDescription[] {
  const program = fileURLToPath(new URL("../webgpu/list.js", import.meta.url));
  const { stdout } = spawnSync(process.execPath, [program], { encoding: "utf8", timeout: LIST_MS });
  const none = (problem: string): DeviceDescription[] => [
    { name: "webgpu", description: "GPU", memoryBytes: 0, chosen, problem },
  ];
  // drivers may print, too
  const json = stdout.slice(Math.max(0, stdout.lastIndexOf("\n") + 1));
  if (json === "") return none("WebGPU or the GPU's driver crashed, or did not answer.");
  const found = JSON.parse(json) as readonly AdapterDescription[] | { readonly error: string };
  if ("error" in found) return none(found.error);
  if (found.length === 0) return none(NO_GPU);
  const first = found.find((adapter) => isUsable(adapter));
  return found.map((adapter) => ({
    name: "webgpu",
    description: adapter.software ? `${adapter.name}, in software` : adapter.name,
    memoryBytes: adapter.memoryBytes,
    chosen: chosen && adapter === first,
    ...(isUsable(adapter)
      ? {}
      : { problem: "computes on the CPU: used only with GRADBOOK_WEBGPU_SOFTWARE=1" }),
  }));
}

const NO_GPU = "none was found: set GRADBOOK_DEVICE=webgpu to be told what is missing";

const isUsable = ({ software }: AdapterDescription): boolean =>
  !software || environment("GRADBOOK_WEBGPU_SOFTWARE") === "1";
