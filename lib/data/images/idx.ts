// Reading IDX files, the format of MNIST and its kin: a big-endian header with the type and shape, then the values.

import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";

const unzip = promisify(gunzip);

/** An array of unsigned bytes, row-major. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

const UNSIGNED_BYTE = 0x08;
const TYPES: Readonly<Record<number, string>> = {
  8: "unsigned byte",
  9: "signed byte",
  11: "int16",
  12: "int32",
  13: "float32",
  14: "float64",
};

/** The array at the start of `bytes` (shared, not copied) and what follows it. `name` is for errors. */
export function parseIdx(bytes: Uint8Array, name: string): { array: IdxArray; rest: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint16(0) !== 0) {
    throw new Error(
      `${name} is not an IDX file: it starts with ${hex(bytes.subarray(0, 4))}, not with 00 00`,
    );
  }
  const type = bytes[2]!;
  const dimensions = bytes[3]!;
  if (type !== UNSIGNED_BYTE) {
    const held = TYPES[type] ?? `unknown type 0x${type.toString(16)}`;
    throw new Error(`${name} holds values of ${held}; only IDX files of unsigned bytes can be read`);
  }
  const start = 4 + 4 * dimensions;
  if (bytes.length < start) {
    throw new Error(`${name} ends inside its header: ${bytes.length} bytes of ${start}`);
  }
  const shape = Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i));
  const size = shape.reduce((product, length) => product * length, 1);
  if (bytes.length < start + size) {
    const found = bytes.length - start;
    throw new Error(
      `${name} is cut short: shape [${shape.join(", ")}] needs ${size} bytes of data, found ${found}`,
    );
  }
  return { array: { shape, data: bytes.subarray(start, start + size) }, rest: bytes.subarray(start + size) };
}

/** The one array of a whole file. */
export function parseIdxFile(bytes: Uint8Array, name: string): IdxArray {
  const { array, rest } = parseIdx(bytes, name);
  if (rest.length > 0) {
    throw new Error(`${name} has ${rest.length} bytes more than its shape [${array.shape.join(", ")}] needs`);
  }
  return array;
}

/** The bytes of a file, unpacked when it is gzip'd, whatever its name. */
export async function readUnpacked(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path);
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? await unzip(bytes) : bytes;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ") || "nothing";
}
