// What becomes of the elements of a matrix product: a WGSL function that is given four neighbours of a row, applies the kernel's
// epilogue and stores the results, as a vector where they lie so.

import type { MatmulKernel } from "../ir.js";
import type { Access } from "./access.js";
import { isPartial, type Names, Scope } from "./expressions.js";
import { block } from "./loop.js";
import { accessInFours, storesOfFour } from "./quads.js";
import type { Slots } from "./shader.js";

export interface ProductStore {
  /** The function `store(batch..., row, column, products)`. */
  readonly code: string;
  /** How the heap is to be seen. */
  readonly access: Access;
}

const LETTERS = [..."xyzw"];

/** `batch`: names for the indices of the batch. */
export function productStore(
  { batch: extents, m, n, outputs }: MatmulKernel,
  batch: readonly string[],
  slots: Slots,
  names: Names,
): ProductStore {
  const indices = [...batch, "row", "column"];
  const parameters = indices.map((name) => `${name}: u32`);
  const head = `fn store(${parameters.join(", ")}, products: vec4<f32>)`;
  const access = accessInFours(outputs, [...extents, m, n]);
  if (access !== undefined) {
    const lines = storesOfFour(outputs, slots, names, indices, (point) => [`products.${LETTERS[point]}`]);
    return { code: block(head, lines).join("\n"), access };
  }
  const scope = new Scope(slots, names, indices, ["product"]);
  scope.store(outputs);
  const one = block(`fn store_one(${parameters.join(", ")}, product: f32)`, scope.take());
  const calls = LETTERS.map((letter, point) => {
    const column = point === 0 ? "column" : `column + ${point}u`;
    const call = `store_one(${[...batch, "row", column].join(", ")}, products.${letter});`;
    return point === 0 || n % 4 === 0 ? call : `if (${column} < ${n}u) { ${call} }`;
  });
  return {
    code: [...one, ...block(head, calls)].join("\n"),
    access: outputs.some(({ value }) => isPartial(value.dtype)) ? "atomic" : 1,
  };
}
