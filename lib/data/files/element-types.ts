// The element types that files hold, and what they become in memory: floats float32, integers int32, bool bool.

import { BYTES, type DType, typedArray } from "../../graph/dtype.js";
import { FileFormatError } from "./errors.js";

export type HostValues = Float32Array | Int32Array | Uint8Array;

interface ElementType {
  /** Bytes of one element in the file. */
  readonly bytes: number;
  readonly dtype: DType;
  /** The value at `at`, little-endian; undefined where it does not fit. Absent where the bytes are taken as they are. */
  readonly read?: (view: DataView, at: number) => number | undefined;
  /** The value at `at` in full, for the error that says that it does not fit. */
  readonly whole?: (view: DataView, at: number) => bigint;
}

/** The types that can be read, by the names that safetensors gives them. */
export type ElementTypeName =
  | "F16"
  | "BF16"
  | "F32"
  | "F64"
  | "I8"
  | "U8"
  | "I16"
  | "U16"
  | "I32"
  | "U32"
  | "I64"
  | "U64"
  | "BOOL";

export const ELEMENT_TYPES: Readonly<Record<ElementTypeName, ElementType>> = {
  F16: { bytes: 2, dtype: "float32", read: (view, at) => halfToNumber(view.getUint16(at, true)) },
  BF16: { bytes: 2, dtype: "float32", read: (view, at) => bfloatToNumber(view.getUint16(at, true)) },
  F32: { bytes: 4, dtype: "float32" },
  F64: { bytes: 8, dtype: "float32", read: (view, at) => view.getFloat64(at, true) },
  I8: { bytes: 1, dtype: "int32", read: (view, at) => view.getInt8(at) },
  U8: { bytes: 1, dtype: "int32", read: (view, at) => view.getUint8(at) },
  I16: { bytes: 2, dtype: "int32", read: (view, at) => view.getInt16(at, true) },
  U16: { bytes: 2, dtype: "int32", read: (view, at) => view.getUint16(at, true) },
  I32: { bytes: 4, dtype: "int32" },
  U32: {
    bytes: 4,
    dtype: "int32",
    read: (view, at) => fitting(view.getInt32(at, true), 0),
    whole: (view, at) => BigInt(view.getUint32(at, true)),
  },
  I64: {
    bytes: 8,
    dtype: "int32",
    read: (view, at) => {
      const low = view.getInt32(at, true);
      return view.getInt32(at + 4, true) === low >> 31 ? low : undefined;
    },
    whole: (view, at) => view.getBigInt64(at, true),
  },
  U64: {
    bytes: 8,
    dtype: "int32",
    read: (view, at) => fitting(view.getInt32(at, true), view.getInt32(at + 4, true)),
    whole: (view, at) => view.getBigUint64(at, true),
  },
  BOOL: { bytes: 1, dtype: "bool", read: (view, at) => (view.getUint8(at) === 0 ? 0 : 1) },
};

/** Whether a file's name for a type is one that can be read. */
export function isElementType(name: unknown): name is ElementTypeName {
  return typeof name === "string" && Object.hasOwn(ELEMENT_TYPES, name);
}

/** The type a tensor is written as. */
export const WRITTEN_AS: Readonly<Record<DType, ElementTypeName>> = {
  float32: "F32",
  int32: "I32",
  bool: "BOOL",
  float16: "F16",
  uint8: "U8",
};

/** Little-endian `bytes` as values of their own (nothing is shared), rounded to float32 where the file is more exact.
 *  `what` names the array in the error for an integer that does not fit int32. */
export function decode(bytes: Uint8Array, name: ElementTypeName, what: string): HostValues {
  const type = ELEMENT_TYPES[name];
  const { read } = type;
  if (read === undefined) return typedArray(type.dtype, new Uint8Array(bytes));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.byteLength / type.bytes;
  const values = typedArray(type.dtype, new Uint8Array(count * BYTES[type.dtype]));
  for (let i = 0; i < count; i++) {
    const value = read(view, i * type.bytes);
    if (value === undefined) {
      throw new FileFormatError(
        `${what}: element ${i} is ${type.whole?.(view, i * type.bytes)} (${name}), which does not fit int32; ` +
          "convert it to floating point before it is saved",
      );
    }
    values[i] = value;
  }
  return values;
}

/** The values of an int32 tensor as int64. */
export function encodeInt64(values: HostValues): Uint8Array {
  return new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
}

/** An unsigned integer, if its halves say that it is below 2^31. */
function fitting(low: number, high: number): number | undefined {
  return high === 0 && low >= 0 ? low : undefined;
}

/** IEEE 754 binary16: 1 bit sign, 5 bits exponent (bias 15), 10 bits fraction. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

const scratch = new DataView(new ArrayBuffer(4));

/** bfloat16 is the upper half of a float32. */
function bfloatToNumber(bits: number): number {
  scratch.setUint32(0, bits * 65536);
  return scratch.getFloat32(0);
}
