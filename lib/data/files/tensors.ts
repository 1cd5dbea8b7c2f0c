// Between tensors and the arrays of files: reading all values at one moment, and checking shapes that files claim.

import { bytesOf as encode } from "../../graph/dtype.js";
import { refuse } from "../../tensor/arguments.js";
import { Tensor } from "../../tensor/tensor.js";
import type { HostValues } from "./element-types.js";
import { demand } from "./errors.js";

export interface NamedValues {
  readonly name: string;
  readonly tensor: Tensor;
  readonly values: HostValues;
  /** As the tensor's own type. */
  readonly bytes: Uint8Array;
}

/** The values of all tensors as they are now, whatever happens to the tensors before the promise is fulfilled. */
export async function readValues(
  tensors: Readonly<Record<string, Tensor>>,
  what: string,
): Promise<readonly NamedValues[]> {
  if (typeof tensors !== "object" || tensors === null)
    refuse(tensors, what, "tensors by their names after the path, such as model.stateDict()");
  const entries = Object.entries(tensors);
  for (const [name, tensor] of entries) {
    if (tensor instanceof Tensor) continue;
    throw new TypeError(`${what}: "${name}" is not a tensor; a model is saved by its model.stateDict()`);
  }
  // every read is started before the first is waited for: the file holds one moment of a model that goes on training
  return Promise.all(
    entries.map(async ([name, tensor]) => {
      const values = await tensor.toTypedArrayAsync();
      // float16 is read as float32
      const bytes = tensor.dtype === "float16" ? encode(values, "float16") : bytesOf(values);
      return { name, tensor, values, bytes };
    }),
  );
}

/** The bytes below typed values. */
export function bytesOf({ buffer, byteOffset, byteLength }: HostValues): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** More dimensions than any array has. */
const MAX_RANK = 64;

/** Checks extents that a file claims, and gives the number of elements. */
export function checkedShape(
  shape: readonly unknown[],
  file: string,
  what: string,
): { shape: readonly number[]; count: number } {
  demand(shape.length <= MAX_RANK, file, () => `${what} has ${shape.length} dimensions; ${MAX_RANK} at most`);
  const extents = shape.map((extent) => {
    const whole = typeof extent === "number" && Number.isSafeInteger(extent) && extent >= 0;
    demand(
      whole,
      file,
      () => `${what} has the extent ${JSON.stringify(extent)}, which is not a whole number >= 0`,
    );
    return extent;
  });
  const count = extents.includes(0) ? 0 : extents.reduce((product, extent) => product * extent, 1);
  demand(Number.isSafeInteger(count), file, () => `${what} has too many elements: [${extents.join(", ")}]`);
  return { shape: extents, count };
}
