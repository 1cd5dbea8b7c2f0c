// The BLAS of the operating system, where there is one: OpenBLAS or Apple's Accelerate, called on the shared memory itself. Its
// products are one-threaded calls from our own threads, so that no second pool of threads competes with them.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { blasChoice } from "../settings.js";
import type { Memory } from "./webassembly.js";

/** Row-major or column-major; each operand as it is or transposed; m, n, k; addresses and leading dimensions of left, right and
 *  result. result = left * right. */
export type Sgemm = (
  order: number,
  leftTransposed: number,
  rightTransposed: number,
  m: number,
  n: number,
  k: number,
  left: number,
  leftStep: number,
  right: number,
  rightStep: number,
  result: number,
  resultStep: number,
) => void;

/** CBLAS_LAYOUT and CBLAS_TRANSPOSE of the reference CBLAS. */
export const CBLAS = { rowMajor: 101, columnMajor: 102, asItIs: 111, transposed: 112 } as const;

export interface Blas {
  /** The library file. */
  readonly path: string;
  /** Billions of floating-point operations a second on one thread; measured once. */
  readonly rate: number;
}

type Foreign = (...args: readonly unknown[]) => unknown;
interface Library {
  func(declaration: string): Foreign;
  unload(): void;
}
/** What is used of the package koffi. */
interface Koffi {
  load(path: string): Library;
}

const SGEMM =
  "void cblas_sgemm(int order, int ta, int tb, int m, int n, int k, float alpha, const float *a, int lda, " +
  "const float *b, int ldb, float beta, _Out_ float *c, int ldc)";

/** Where systems keep it, by `process.platform`. */
const USUAL_PLACES: Readonly<Record<string, readonly string[]>> = {
  linux: ["libopenblas.so.0", "libopenblas.so"],
  darwin: ["/System/Library/Frameworks/Accelerate.framework/Accelerate"],
  win32: ["libopenblas.dll"],
};

/** The BLAS to use, or undefined: none found, koffi not installed, or GRADBOOK_BLAS=off. An Error when the library that
 *  GRADBOOK_BLAS names cannot be loaded. */
export function findBlas(): Blas | undefined {
  const choice = blasChoice();
  if (choice === "off") return undefined;
  const koffi = requireKoffi();
  if (koffi === undefined) {
    if (choice === "") return undefined;
    throw new Error(`GRADBOOK_BLAS=${choice} needs the package koffi: npm install koffi`);
  }
  const places = choice === "" ? (USUAL_PLACES[process.platform] ?? []) : [choice];
  for (const path of places) {
    try {
      return { path, rate: rateOf(bindSgemm(open(koffi, path))) };
    } catch (error) {
      if (choice !== "")
        throw new Error(`GRADBOOK_BLAS=${choice} cannot be used: ${(error as Error).message}`);
    }
  }
  return undefined;
}

/** The product function of the library at `path` on `memory`, for the thread that calls this. */
export function sgemmOn(memory: Memory, path: string): Sgemm {
  const sgemm = bindSgemm(open(requireKoffi()!, path));
  const at = (address: number): Float32Array => new Float32Array(memory.buffer, address >>> 0);
  return (order, ta, tb, m, n, k, left, leftStep, right, rightStep, result, resultStep) => {
    sgemm(order, ta, tb, m, n, k, 1, at(left), leftStep, at(right), rightStep, 0, at(result), resultStep);
  };
}

function requireKoffi(): Koffi | undefined {
  try {
    return createRequire(import.meta.url)("koffi") as Koffi;
  } catch {
    return undefined;
  }
}

const bindSgemm = (library: Library): Foreign => library.func(SGEMM);

function open(koffi: Koffi, path: string): Library {
  const library = forThisProcessor(koffi, path, koffi.load(path));
  optional(library, "void openblas_set_num_threads(int threads)")?.(1);
  return library;
}

function optional(library: Library, declaration: string): Foreign | undefined {
  try {
    return library.func(declaration);
  } catch {
    return undefined;
  }
}

/** An OpenBLAS older than the processor falls back to code for any processor, five times slower. Then it is loaded again, and
 *  told which of those it knows this one resembles. */
function forThisProcessor(koffi: Koffi, path: string, library: Library): Library {
  const core = optional(library, "const char *openblas_get_corename()")?.();
  const resembles = core === "Prescott" ? knownCore() : undefined;
  if (resembles === undefined) return library;
  library.unload();
  koffi.load("libc.so.6").func("int setenv(const char *name, const char *value, int overwrite)")(
    "OPENBLAS_CORETYPE",
    resembles,
    0,
  );
  return koffi.load(path);
}

function knownCore(): string | undefined {
  if (process.platform !== "linux" || process.arch !== "x64") return undefined;
  const flags = new Set(
    /^flags\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1]?.trim().split(" "),
  );
  if (flags.has("avx512f") && flags.has("avx512vl")) return "SkylakeX";
  return flags.has("avx2") ? "Haswell" : undefined;
}

function rateOf(sgemm: Foreign): number {
  const size = 192;
  const [a, b, c] = [0, 1, 2].map(() => new Float32Array(size * size).fill(1));
  const { rowMajor, asItIs } = CBLAS;
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 8; run++) {
    const start = performance.now();
    sgemm(rowMajor, asItIs, asItIs, size, size, size, 1, a, size, b, size, 0, c, size);
    least = Math.min(least, performance.now() - start);
  }
  return (2 * size ** 3) / least / 1e6;
}
