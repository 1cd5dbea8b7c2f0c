// Element types: what a tensor's values are, how many bytes each takes, and which type two of them make together.

/** The element type of a tensor. `bool` is stored as one byte, 0 or 1. */
export type DType = "float32" | "int32" | "bool";

/** Bytes of one stored element. */
export const BYTES: Readonly<Record<DType, number>> = { float32: 4, int32: 4, bool: 1 };

const RANK: Readonly<Record<DType, number>> = { bool: 0, int32: 1, float32: 2 };

/** The type that holds both: bool < int32 < float32, as in PyTorch's promotion. */
export function promote(a: DType, b: DType): DType {
  return RANK[a] >= RANK[b] ? a : b;
}

/** A typed array over `bytes` with the element type `dtype`; no copy. `bytes` must be aligned to the element size. */
export function typedArray(dtype: DType, bytes: Uint8Array): Float32Array | Int32Array | Uint8Array {
  const { buffer, byteOffset, byteLength } = bytes;
  if (dtype === "float32") return new Float32Array(buffer, byteOffset, byteLength / 4);
  if (dtype === "int32") return new Int32Array(buffer, byteOffset, byteLength / 4);
  return bytes;
}
