// Sets up V8 for numeric WebAssembly: the flag that merges pairs of 128-bit operations into 256-bit ones, and the tile shape
// that is best with or without it.

import { setFlagsFromString } from "node:v8";
import { FunctionBuilder, ModuleBuilder } from "./encoder.js";
import { OP, V128 } from "./instructions.js";
import type { TileShape } from "./microkernel.js";
import { wasm } from "./webassembly.js";

/** V8 versions from 13.6 on merge what our generators write (measured: 22.x and earlier do not, or not correctly enabled). */
const FIRST_VERSION = [13, 6] as const;

function canMerge(): boolean {
  if (process.arch !== "x64") return false;
  const [major = 0, minor = 0] = (process.versions.v8 ?? "").split(".").map(Number);
  return major > FIRST_VERSION[0] || (major === FIRST_VERSION[0] && minor >= FIRST_VERSION[1]);
}

let shape: TileShape | undefined;

/** Call before the first module is compiled. The flag holds for the whole process. */
export function prepareEngine(): TileShape {
  if (shape === undefined) {
    const merges = canMerge();
    if (merges) setFlagsFromString("--experimental-wasm-revectorize");
    shape = { rows: 6, columns: merges ? 16 : 8, relaxed: hasRelaxed() };
  }
  return shape;
}

/** Whether the engine knows relaxed SIMD. */
function hasRelaxed(): boolean {
  const module = new ModuleBuilder();
  const f = new FunctionBuilder([V128, V128, V128], [V128]);
  for (const operand of [0, 1, 2]) f.get(operand);
  f.op(OP.f32x4_relaxed_madd);
  module.add(f);
  return wasm.validate(module.encode());
}
