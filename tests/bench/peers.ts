// Finding and starting what is measured: this library in both homes of its engine, and the peers, where they are found.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { dataFolder } from "gradbook/data/places";
import { installJavaScriptPeers } from "./install.ts";
import type { Threads } from "./protocol.ts";
import { Runner } from "./runner.ts";
import { TINY } from "./tiny.ts";

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export const HOMES = { thread: "0", server: "1" } as const;
export type Home = keyof typeof HOMES;

/** What this library computes on: GRADBOOK_DEVICE. */
export const device = (): string => process.env.GRADBOOK_DEVICE || "wasm";
export const onGpu = (): boolean => device() === "webgpu";

/** Where an engine with this device lives. */
export const homes = (): readonly Home[] => (onGpu() ? ["server"] : ["thread", "server"]);

/** Who stands beside it: on a GPU only PyTorch, on the same one, with exact products and with products rounded to TF32. */
export const rivals = (peers: readonly PeerName[]): readonly PeerName[] =>
  onGpu() && peers.includes("pytorch") ? ["pytorch", "pytorch-tf32"] : peers;

/** This library with its engine on a thread of its own process, or in the compute server. */
export async function startOurs(home: Home): Promise<Runner> {
  const runner = await Runner.start(process.execPath, [file("ours.ts")], { GRADBOOK_SERVER: HOMES[home] });
  if (runner === undefined) throw new Error(`the library could not be started with its engine in a ${home}`);
  return runner;
}

const cores = availableParallelism();
const ALL: Threads = { own: cores, blas: cores };

interface Peer {
  /** Starts it; a sentence where it cannot be had. */
  start(): Promise<Runner | string>;
  /** Among these the fastest is taken, for each workload anew. */
  readonly threads: readonly Threads[];
}

export const PEERS = {
  pytorch: {
    start: () => startPython("torch"),
    threads: [{ own: 1, blas: 1 }, { own: 1, blas: cores }, ALL],
  },
  "pytorch-tf32": {
    start: () => startPython("torch", { GRADBOOK_TORCH_TF32: "1" }),
    threads: [ALL],
  },
  openblas: { start: () => startPython("numpy"), threads: [ALL] },
  "jax-js": { start: () => startJavaScript("jax-js"), threads: [ALL] },
  "tfjs-wasm": { start: () => startJavaScript("tfjs-wasm"), threads: [ALL] },
} as const satisfies { readonly [name: string]: Peer };

export type PeerName = keyof typeof PEERS;

/** In the Python that GRADBOOK_TORCH_PYTHON names, else in the system's. */
async function startPython(
  library: "torch" | "numpy",
  options: Record<string, string> = {},
): Promise<Runner | string> {
  const chosen = process.env.GRADBOOK_TORCH_PYTHON;
  const cuda = onGpu() && library === "torch" && !TINY;
  const env = {
    GRADBOOK_FASHION_MNIST: join(dataFolder(), "fashion-mnist"),
    ...(cuda ? { GRADBOOK_TORCH_DEVICE: "cuda" } : {}),
    ...options,
  };
  const usable = cuda ? "import torch; assert torch.cuda.is_available()" : `import ${library}`;
  for (const python of chosen ? [chosen] : ["/usr/bin/python3", "python3"]) {
    if (spawnSync(python, ["-c", usable], { stdio: "ignore" }).status !== 0) continue;
    const start = (more = {}): Promise<Runner | undefined> =>
      Runner.start(python, [file("peer_python.py"), library], { ...env, ...more });
    let runner = await start();
    const better = openblasCore(runner?.hello.blas);
    if (better !== undefined) {
      runner?.stop();
      runner = await start({ OPENBLAS_CORETYPE: better });
    }
    if (runner === undefined) continue;
    if (runner.hello.blas === "unknown") console.log(SLOW_BLAS);
    return runner;
  }
  if (cuda) return "no Python whose torch has CUDA and finds a GPU: set GRADBOOK_TORCH_PYTHON to one";
  return `no Python with ${library}: install python3-${library}, or set GRADBOOK_TORCH_PYTHON to a Python that has it`;
}

/** The CPU that OpenBLAS should take this one for, where it is older than the CPU and falls back to what every CPU can: five
 *  times slower (version 0.3.21 on a Xeon of 2024: 32 GFLOP/s instead of 155). */
function openblasCore(blas: string | undefined): string | undefined {
  if (blas !== "openblas Prescott" || !existsSync("/proc/cpuinfo")) return undefined;
  const flags = readFileSync("/proc/cpuinfo", "utf8");
  if (flags.includes("avx512f")) return "SkylakeX";
  return flags.includes("avx2") ? "Haswell" : undefined;
}

const SLOW_BLAS = `
!! The Python peers multiply matrices with neither OpenBLAS nor MKL, most likely with the slow reference BLAS.
!! Their times say nothing then. On Debian: apt-get install libopenblas0-pthread
`;

async function startJavaScript(name: "jax-js" | "tfjs-wasm"): Promise<Runner | string> {
  const folder = installJavaScriptPeers();
  if (folder === undefined) return `${name} could not be installed with npm`;
  const runner = await Runner.start(process.execPath, [file(`peer_${name}.mjs`)], {
    GRADBOOK_BENCH_PEERS: folder,
  });
  return runner ?? `${name} could not be started`;
}
