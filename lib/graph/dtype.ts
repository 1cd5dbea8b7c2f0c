// Element types: what a tensor's values are, how many bytes each takes, which type two of them make together, and their bytes.

/** The types that arithmetic is done in. `bool` is stored as one byte, 0 or 1. */
export type ComputeType = "float32" | "int32" | "bool";

/** The element type of a tensor. float16 and uint8 save memory: they are computed as float32 and int32, and every result is
 *  rounded to 11 bits, or taken modulo 256. */
export type DType = ComputeType | "float16" | "uint8";

/** Bytes of one stored element. */
export const BYTES: Readonly<Record<DType, number>> = { float32: 4, int32: 4, bool: 1, float16: 2, uint8: 1 };

const RANK: Readonly<Record<DType, number>> = { bool: 0, uint8: 1, int32: 2, float16: 3, float32: 4 };

/** The type that holds both: bool < uint8 < int32 < float16 < float32, as in PyTorch's promotion. */
export function promote(a: DType, b: DType): DType {
  return RANK[a] >= RANK[b] ? a : b;
}

/** The type that values of `dtype` are computed in. */
export function computeType(dtype: DType): ComputeType {
  return dtype === "float16" ? "float32" : dtype === "uint8" ? "int32" : dtype;
}

/** Types with fractions, which have gradients. */
export const isFloat = (dtype: DType): boolean => dtype === "float32" || dtype === "float16";

/** The value as it is stored in this type: rounded, wrapped, or 0 and 1. */
export const ROUND: Readonly<Record<DType, (x: number) => number>> = {
  float32: Math.fround,
  int32: (x) => x | 0,
  bool: (x) => (x === 0 ? 0 : 1),
  float16: (x) => roundHalf(x),
  uint8: (x) => x & 255,
};

const half = new Float16Array(1);

function roundHalf(x: number): number {
  half[0] = x;
  return half[0]!;
}

/** float16 elements in place, which read and write as numbers. */
export interface HalfArray extends ArrayLike<number> {
  [index: number]: number;
}

/** `count` (or all) elements of float16 from `offset` bytes on; no copy. */
export const halfArray = (buffer: ArrayBufferLike, offset: number, count?: number): HalfArray =>
  new Float16Array(buffer, offset, count);

/** The elements in `bytes` as numbers: in place, but for float16, which comes as float32. `bytes` must be aligned to the
 *  element size. */
export function typedArray(dtype: DType, bytes: Uint8Array): Float32Array | Int32Array | Uint8Array {
  const { buffer, byteOffset, byteLength } = bytes;
  if (dtype === "float32") return new Float32Array(buffer, byteOffset, byteLength / 4);
  if (dtype === "int32") return new Int32Array(buffer, byteOffset, byteLength / 4);
  if (dtype === "float16") return Float32Array.from(halfArray(buffer, byteOffset, byteLength / 2));
  return bytes;
}

/** The bytes of these numbers as elements of a type. */
export function bytesOf(values: ArrayLike<number>, dtype: DType): Uint8Array {
  const array = ENCODE[dtype](values);
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

const ENCODE: Readonly<Record<DType, (values: ArrayLike<number>) => ArrayBufferView>> = {
  float32: (values) => Float32Array.from(values),
  int32: (values) => Int32Array.from(values),
  bool: (values) => Uint8Array.from(values),
  float16: (values) => Float16Array.from(values),
  uint8: (values) => Uint8Array.from(values),
};
