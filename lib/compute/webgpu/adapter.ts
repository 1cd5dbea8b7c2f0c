// Finding a GPU, and saying in plain words why there is none.

import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { environment } from "../settings.js";
import { UNIT_TILES } from "./tiles.js";
import { bytesOnUnits, invocationsOnUnits, type MatrixUnit } from "./unit-product.js";

/** One GPU, or what computes in its place. */
export interface AdapterDescription {
  readonly name: string;
  readonly vendor: string;
  readonly architecture: string;
  /** The driver with its version, as it calls itself. */
  readonly driver: string;
  /** Whether it is a program that computes on the CPU. */
  readonly software: boolean;
  /** The largest tensor, and all memory that one process may use here, in bytes. */
  readonly memoryBytes: number;
  readonly features: readonly string[];
  /** Matrix units that products may use. */
  readonly unit?: MatrixUnit;
}

let gpu: GPU | undefined;

/** WebGPU itself. Kept for ever: Dawn crashes when it is collected while a device still lives. */
async function webgpu(): Promise<GPU> {
  if (gpu !== undefined) return gpu;
  const name = "webgpu"; // optional: the compiler must not look for it
  let loaded: { create(options: readonly string[]): GPU; globals: object };
  try {
    loaded = (await import(name)) as typeof loaded;
  } catch (error) {
    throw new Error(
      `The package "webgpu" cannot be loaded. Install it with "npm install webgpu". (${(error as Error).message})`,
    );
  }
  const features = [
    "allow_unsafe_apis",
    ...(environment("GRADBOOK_WEBGPU_BOUNDS") === "1" ? [] : ["disable_robustness"]),
  ];
  const backend = environment("GRADBOOK_WEBGPU_BACKEND");
  Object.assign(globalThis, loaded.globals); // GPUBufferUsage and the like
  gpu = loaded.create([
    `enable-dawn-features=${features.join(",")}`,
    ...(backend === "auto" ? [] : [`backend=${backend}`]),
  ]);
  return gpu;
}

/** Shaders count bytes in 32 bits. */
const ADDRESSED_BYTES = 2 ** 32;

/** The most bytes of one storage buffer, which all tensors lie in. */
export function heapLimit({ limits }: Pick<GPUAdapter, "limits">): number {
  const most = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize, ADDRESSED_BYTES);
  return Math.floor(most / 256) * 256;
}

/** The feature by which WGSL reaches matrix units. */
export const UNIT_FEATURE = "chromium-experimental-subgroup-matrix" as GPUFeatureName;

/** What Dawn says of matrix units; not standardised, so the types of WebGPU do not have it. */
interface InfoOfUnits extends GPUAdapterInfo {
  readonly subgroupMatrixConfigs?: readonly {
    readonly componentType: string;
    readonly resultComponentType: string;
    readonly M: number;
    readonly N: number;
    readonly K: number;
  }[];
}

/** Matrix units that multiply float16 and add float32, of a size that divides our tiles; those of the most work at once. */
function unitOf({ info, features, limits }: GPUAdapter): MatrixUnit | undefined {
  const { subgroupMinSize, subgroupMaxSize: lanes = 0, subgroupMatrixConfigs = [] } = info as InfoOfUnits;
  if (!features.has(UNIT_FEATURE) || !features.has("shader-f16") || subgroupMinSize !== lanes)
    return undefined;
  const fits = (unit: MatrixUnit): boolean =>
    unit.n % 4 === 0 &&
    Object.values(UNIT_TILES).every(
      (tile) =>
        tile.high % unit.m === 0 &&
        tile.wide % unit.n === 0 &&
        tile.depth % unit.k === 0 &&
        bytesOnUnits(tile, unit) <= limits.maxComputeWorkgroupStorageSize &&
        invocationsOnUnits(tile, unit) <= limits.maxComputeInvocationsPerWorkgroup,
    );
  return subgroupMatrixConfigs
    .filter((one) => one.componentType === "f16" && one.resultComponentType === "f32")
    .map(({ M: m, N: n, K: k }) => ({ m, n, k, lanes }))
    .filter(fits)
    .sort((a, b) => b.m * b.n * b.k - a.m * a.n * a.k)[0];
}

export function describeAdapter(adapter: GPUAdapter): AdapterDescription {
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
  const unit = unitOf(adapter);
  const name = [description, device, `${vendor} ${architecture}`.trim()].find((text) => text !== "");
  return {
    name: name ?? "unnamed adapter",
    vendor,
    architecture,
    driver: description,
    software: isFallbackAdapter,
    memoryBytes: heapLimit(adapter),
    features: [...adapter.features].sort(),
    ...(unit === undefined ? {} : { unit }),
  };
}

/** All that can be told apart: WebGPU has no list of adapters, only wishes. */
export async function findAdapters(): Promise<GPUAdapter[]> {
  const all = await webgpu();
  const wishes = [
    { powerPreference: "high-performance" },
    { powerPreference: "low-power" },
    { forceFallbackAdapter: true },
  ] as const;
  const found = new Map<string, GPUAdapter>();
  for (const wish of wishes) {
    const adapter = await all.requestAdapter(wish);
    if (adapter === null) continue;
    const key = JSON.stringify(describeAdapter(adapter));
    if (!found.has(key)) found.set(key, adapter);
  }
  return [...found.values()];
}

/** The adapter to compute on: the first GPU; one in software only where that is allowed. */
export async function chooseAdapter(): Promise<GPUAdapter> {
  const adapters = await findAdapters();
  const real = adapters.find(({ info }) => !info.isFallbackAdapter);
  const chosen = real ?? (environment("GRADBOOK_WEBGPU_SOFTWARE") === "1" ? adapters[0] : undefined);
  if (chosen !== undefined) return chosen;
  if (adapters.length > 0) {
    const names = adapters.map((adapter) => describeAdapter(adapter).name).join(", ");
    throw new Error(
      `WebGPU has found no GPU, only ${names}, which computes on the CPU, more slowly than device "wasm". ` +
        "Set GRADBOOK_WEBGPU_SOFTWARE=1 to use it all the same, for tests. " +
        REMEDY,
    );
  }
  throw new Error(`WebGPU has found no GPU. ${whyNone()}`);
}

const REMEDY = 'Unset GRADBOOK_DEVICE to compute on the CPU (device "wasm").';

/** Where the loader looks for descriptions of drivers. */
function driverFolders(): string[] {
  const shared = ["/etc/vulkan/icd.d", "/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d"];
  return [...shared, join(homedir(), ".local/share/vulkan/icd.d")];
}

function hasDriver(): boolean {
  const named = process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES;
  if (named !== undefined && named !== "") return named.split(delimiter).some((file) => existsSync(file));
  return driverFolders().some(
    (folder) => existsSync(folder) && readdirSync(folder).some((file) => file.endsWith(".json")),
  );
}

function hasLoader(): boolean {
  const usual = ["/usr/lib", "/usr/lib64", "/usr/local/lib", `/usr/lib/${TRIPLET[process.arch] ?? ""}`];
  const named = (process.env.LD_LIBRARY_PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return [...named, ...usual].some((folder) => existsSync(join(folder, "libvulkan.so.1")));
}

const TRIPLET: Readonly<Record<string, string>> = { x64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" };

function whyNone(): string {
  if (process.platform !== "linux") return `Its driver may be missing or too old. ${REMEDY}`;
  if (!hasLoader())
    return `The Vulkan loader, libvulkan.so.1, is missing: on Debian and Ubuntu "apt install libvulkan1". ${REMEDY}`;
  if (!hasDriver())
    return (
      'There is no Vulkan driver: for Intel and AMD "apt install mesa-vulkan-drivers"; for NVIDIA its own driver, in a ' +
      `container with NVIDIA_DRIVER_CAPABILITIES=all. ${REMEDY}`
    );
  return (
    "The Vulkan loader and a description of a driver are there, but the driver offers no device: is the GPU visible to " +
    `this user (/dev/dri, /dev/nvidia*)? ${REMEDY}`
  );
}
