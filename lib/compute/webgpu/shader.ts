// One shader: its WGSL, how many workgroups it is dispatched with, and what its block of parameters holds. All shaders have the
// same three bindings, so that one bind group serves a whole plan, and name nothing by the plan's numbers, so that kernels
// which differ in nothing but their data share a pipeline.

import { type Access, accessFunctions, ELEMENT } from "./access.js";
import { aligned, MOST_BEFORE, PAGE_BYTES, UNIT_BYTES } from "./blocks.js";
import { functionsFor } from "./functions.js";

/** Elements of type u32 in the block of parameters of a dispatch. */
export type Slot =
  /** Always 0; see functions.ts. */
  | { readonly kind: "zero" }
  /** Scalar argument number `index` of the run, as bits. */
  | { readonly kind: "argument"; readonly index: number; readonly as: "float32" | "int32" }
  /** Where plan buffer number `buffer` begins in the heap, in words of 4 bytes. */
  | { readonly kind: "base"; readonly buffer: number };

export interface Shader {
  readonly code: string;
  /** Workgroups along x and y, before blocks.ts has put more of them into a row. */
  readonly groups: readonly [number, number];
  readonly slots: readonly Slot[];
  /** How it computes, for people. */
  readonly how: string;
}

/** Collects the parameters that a shader reads. Number 0 is always zero. */
export class Slots {
  readonly list: Slot[] = [{ kind: "zero" }];
  readonly #known = new Map<string, number>();

  /** The WGSL that reads a parameter. */
  read(slot: Slot): string {
    const key = JSON.stringify(slot);
    let index = this.#known.get(key);
    if (index === undefined) {
      index = this.list.push(slot) - 1;
      this.#known.set(key, index);
    }
    return `P[own + ${index >> 2}u].${"xyzw"[index & 3]}`;
  }
}

const VECTOR_BYTES = 16;

/** Bytes of a block of so many parameters: whole vectors of four. */
export const blockBytes = (slots: number): number => Math.ceil(slots / 4) * VECTOR_BYTES;

/** Workgroups in one direction of a dispatch, as every implementation allows, without those that may be too many. */
const MOST_GROUPS = 65_535 - MOST_BEFORE;

/** At least `groups` workgroups in two directions. A shader knows its number as `group`, and skips numbers from `groups` on. */
function gridFor(groups: number): readonly [number, number] {
  const rows = Math.ceil(groups / MOST_GROUPS);
  return [Math.ceil(groups / rows), rows];
}

export interface Body {
  /** Declarations of the module. */
  readonly declarations: string;
  /** Statements of the main function: for the workgroup numbered `group`, local number `local`. */
  readonly statements: string;
  readonly slots: readonly Slot[];
  readonly groups: number;
  /** Invocations of a workgroup. */
  readonly size: number;
  /** How the heap is seen. */
  readonly access: Access;
  /** Whether nothing is stored once a check has failed; `statements` may see to that themselves. */
  readonly guarded: boolean;
  readonly how: string;
}

/** Directives for what is not in every WGSL, and what shows that they are needed. */
const DIRECTIVES = [
  ["enable f16;", "<f16"],
  ["enable chromium_experimental_subgroup_matrix;", "subgroup_matrix_"],
  // that \`local / lanes\` is the same for all of a subgroup is more than its compiler sees
  ["diagnostic(off, chromium.subgroup_matrix_uniformity);", "subgroup_matrix_"],
] as const;

/** Ends an invocation once a check has failed. No barrier may follow: WGSL does not know that all of a workgroup see the same. */
export const UNLESS_FAILED = "if (atomicLoad(&faults[0]) != 0u) { return; }";

/** The same for all of a workgroup at once. */
const ALL_UNLESS_FAILED = `  if (local == 0u) { stop = atomicLoad(&faults[0]); }
  if (workgroupUniformLoad(&stop) != 0u) { return; }
`;

/** A whole shader from what a kernel does. */
export function assemble(body: Body): Shader {
  const { declarations, statements, slots, size, access, guarded, groups, how } = body;
  const grid = gridFor(groups);
  const [unit, block] = [UNIT_BYTES, aligned(blockBytes(slots.length), UNIT_BYTES)].map(
    (bytes) => bytes / VECTOR_BYTES,
  );
  const together = guarded && /workgroupBarrier/.test(declarations + statements);
  const failed = together ? ALL_UNLESS_FAILED : guarded ? `  ${UNLESS_FAILED}\n` : "";
  const code = `${declarations}
@compute @workgroup_size(${size})
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let group = id.y * ${grid[0]}u + id.x;
  if (id.x >= ${grid[0]}u || group >= ${groups}u) { return; }
  own = (grid.x - ${grid[0]}u) * ${unit}u + id.z * ${block}u;
${failed}${statements}}
`;
  const head = `@group(0) @binding(0) var<storage, read_write> heap: array<${ELEMENT[access]}>;
@group(0) @binding(1) var<storage, read_write> faults: array<atomic<u32>, 4>;
@group(0) @binding(2) var<uniform> P: array<vec4<u32>, ${Math.max(PAGE_BYTES, blockBytes(slots.length)) / VECTOR_BYTES}>;
var<private> own: u32;
${together ? "var<workgroup> stop: u32;\n" : ""}`;
  const first = DIRECTIVES.flatMap(([text, use]) => (code.includes(use) ? [`${text}\n`] : [])).join("");
  return {
    code: `${first}${head}${functionsFor(code, accessFunctions(access))}\n${code}`,
    groups: grid,
    slots,
    how,
  };
}
