// The BLAS of the operating system, where there is one: OpenBLAS or Apple's Accelerate, called on the shared memory itself. Its
// products are one-threaded calls from our own threads, so that no second pool of threads competes with them.

import { readFileSync } from "node:fs";
import { blasChoice } from "../settings.js";
import { type Foreign, type Koffi, type Library, requireKoffi } from "./koffi.js";
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

/** Kinds of products by what a BLAS is good at: large ones; small ones that it computes without packing, as outer products of
 *  rows or columns; and small ones as dot products along k. */
export const PRODUCT_KINDS = ["large", "outer", "dots"] as const;
export type ProductKind = (typeof PRODUCT_KINDS)[number];

export interface Blas {
  /** The library file. */
  readonly path: string;
  /** Which library it is, in which version, for which processor. */
  readonly name: string;
  /** Its product function for this thread, one-threaded; addresses count from the first multiple of `alignment` in `memory`. */
  on(memory: Uint8Array, alignment?: number): Sgemm;
}

/** Addresses are numbers: that halves the time of a call (0.30 us against 0.59 with a view of the memory for each). */
const SGEMM =
  "void cblas_sgemm(int order, int ta, int tb, int m, int n, int k, float alpha, uintptr_t a, int lda, " +
  "uintptr_t b, int ldb, float beta, uintptr_t c, int ldc)";

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
      const library = open(koffi, path);
      const sgemm = bindSgemm(library);
      const name = optional(library, "const char *openblas_get_config()")?.() ?? path;
      const on = (memory: Uint8Array, alignment = 1): Sgemm =>
        sgemmAt(sgemm, Math.ceil(startOf(koffi, memory) / alignment) * alignment);
      return { path, name: String(name), on };
    } catch (error) {
      if (choice !== "")
        throw new Error(`GRADBOOK_BLAS=${choice} cannot be used: ${(error as Error).message}`);
    }
  }
  return undefined;
}

/** The product function of the library at `path` on `memory`, for the thread that calls this. */
export function sgemmOn(memory: Memory, path: string): Sgemm {
  const koffi = requireKoffi()!;
  return sgemmAt(bindSgemm(open(koffi, path)), startOf(koffi, new Uint8Array(memory.buffer)));
}

/** `start`: the address that the addresses of operands count from. Shared memory stays where it is when it grows. */
function sgemmAt(sgemm: Foreign, start: number): Sgemm {
  const at = (address: number): number => start + (address >>> 0);
  return (order, ta, tb, m, n, k, left, leftStep, right, rightStep, result, resultStep) => {
    sgemm(order, ta, tb, m, n, k, 1, at(left), leftStep, at(right), rightStep, 0, at(result), resultStep);
  };
}

/** Addresses have 48 bits at most: a number holds them exactly. */
const startOf = (koffi: Koffi, memory: Uint8Array): number => Number(koffi.address(memory));

const bindSgemm = (library: Library): Foreign => library.func(SGEMM);

function open(koffi: Koffi, path: string): Library {
  const library = load(koffi, path);
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

/** An OpenBLAS starts a thread for every other core as it is loaded, which looks for work for some 30 ms, in the first training
 *  step: it is told not to. One older than the processor falls back to code for any processor, five times slower: it is told which
 *  of those it knows this one resembles. With AVX-512 at once, which no version does better with than as for SkylakeX, and which
 *  saves loading it twice (30 ms). */
function load(koffi: Koffi, path: string): Library {
  if (process.platform !== "linux") return koffi.load(path);
  const core = process.env.OPENBLAS_CORETYPE === undefined ? knownCore() : undefined;
  if (core === "SkylakeX") return loadAs(core, koffi, path);
  const library = loadAs(undefined, koffi, path);
  if (core === undefined || optional(library, "const char *openblas_get_corename()")?.() !== "Prescott")
    return library;
  library.unload();
  return loadAs(core, koffi, path);
}

/** Only while it is loaded are the variables set: other programs that this one starts are not concerned. */
function loadAs(core: string | undefined, koffi: Koffi, path: string): Library {
  const system = koffi.load(null);
  const set = system.func("int setenv(const char *name, const char *value, int overwrite)");
  const unset = system.func("int unsetenv(const char *name)");
  const before = process.env.OPENBLAS_NUM_THREADS;
  set("OPENBLAS_NUM_THREADS", "1", 1);
  if (core !== undefined) set("OPENBLAS_CORETYPE", core, 1);
  try {
    return koffi.load(path);
  } finally {
    if (core !== undefined) unset("OPENBLAS_CORETYPE");
    if (before === undefined) unset("OPENBLAS_NUM_THREADS");
    else set("OPENBLAS_NUM_THREADS", before, 1);
  }
}

function knownCore(): string | undefined {
  if (process.arch !== "x64") return undefined;
  const flags = new Set(
    /^flags\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1]?.trim().split(" "),
  );
  if (flags.has("avx512f") && flags.has("avx512vl")) return "SkylakeX";
  return flags.has("avx2") ? "Haswell" : undefined;
}
