// Saving and loading NumPy's files: .npy holds one array, .npz several in a ZIP archive.

import { readFile } from "node:fs/promises";
import type { DType } from "../../graph/dtype.js";
import { dataNode } from "../../graph/node.js";
import { contiguousStrides } from "../../graph/shape.js";
import { Tensor } from "../../tensor/tensor.js";
import { decode, ELEMENT_TYPES, type HostValues } from "./element-types.js";
import { demand } from "./errors.js";
import { encodeNpyHeader, parseNpyHeader } from "./npy-header.js";
import { bytesOf, readValues } from "./tensors.js";
import { writeWhole } from "./write.js";
import { packZip, unpackZip } from "./zip.js";

const WRITTEN_AS: Readonly<Record<DType, string>> = {
  float32: "<f4",
  int32: "<i4",
  bool: "|b1",
  float16: "<f2",
  uint8: "|u1",
};

/** Writes a tensor to an .npy file: `await saveNpy("x.npy", x)`; `np.load("x.npy")` reads it. The values are those at the time
 *  of the call; the file appears when it is complete.
 *
 *  @example
 *  await gb.data.saveNpy(`${folder}/x.npy`, tensor([1, 2]));
 *  await gb.data.loadNpy(`${folder}/x.npy`) // [1, 2] */
export async function saveNpy(path: string, tensor: Tensor): Promise<void> {
  const [entry] = await readValues({ tensor }, "saveNpy");
  await writeWhole(path, [encodeNpyHeader(WRITTEN_AS[tensor.dtype], tensor.shape), entry!.bytes]);
}

/**
 * The array of an .npy file (up to 2 GiB), in C or Fortran order and either byte order: `const x = await loadNpy("x.npy")`.
 *
 * Floating point becomes float32 (float64 is rounded), integers int32, bool bool. Throws `FileFormatError` where the file is
 * damaged, has another type, or an integer that does not fit int32.
 *
 *  @example
 *  await gb.data.saveNpy(`${folder}/x.npy`, tensor([1, 2]));
 *  await gb.data.loadNpy(`${folder}/x.npy`) // [1, 2] */
export async function loadNpy(path: string): Promise<Tensor> {
  return decodeNpy(await readFile(path), path);
}

export interface SaveNpzOptions {
  /** Deflate the arrays, as `np.savez_compressed` does. Default: false. */
  readonly compressed?: boolean;
}

/** Writes tensors to an .npz file, each under its name: `await saveNpz("data.npz", { x, y })`; `np.load("data.npz")["x"]` reads
 *  it. The values are those at the time of the call; the file appears when it is complete. Up to 4 GiB.
 *
 *  @example
 *  await gb.data.saveNpz(`${folder}/data.npz`, { x: tensor([1, 2]) });
 *  (await gb.data.loadNpz(`${folder}/data.npz`)).x // [1, 2] */
export async function saveNpz(
  path: string,
  tensors: Readonly<Record<string, Tensor>>,
  options: SaveNpzOptions = {},
): Promise<void> {
  const members = (await readValues(tensors, "saveNpz")).map(({ name, tensor, bytes }) => ({
    name: `${name}.npy`,
    bytes: Buffer.concat([encodeNpyHeader(WRITTEN_AS[tensor.dtype], tensor.shape), bytes]),
  }));
  await writeWhole(path, await packZip(members, options.compressed ?? false));
}

/** The arrays of an .npz file (up to 2 GiB) under their names: `const { x, y } = await loadNpz("data.npz")`. Types and errors
 *  are those of `loadNpy`; archives of the kind ZIP64 cannot be read.
 *
 *  @example
 *  await gb.data.saveNpz(`${folder}/data.npz`, { x: tensor([1, 2]) });
 *  (await gb.data.loadNpz(`${folder}/data.npz`)).x // [1, 2] */
export async function loadNpz(path: string): Promise<Record<string, Tensor>> {
  const members = await unpackZip(await readFile(path), path);
  return Object.fromEntries(
    members.map(({ name, bytes }) => {
      demand(name.endsWith(".npy"), path, () => `holds "${name}", which is not an array (.npy)`);
      return [name.slice(0, -".npy".length), decodeNpy(bytes, `${path}: ${name}`)];
    }),
  );
}

function decodeNpy(bytes: Uint8Array, file: string): Tensor {
  const { type, bigEndian, fortranOrder, shape, count, dataStart } = parseNpyHeader(bytes, file);
  const { bytes: size, dtype } = ELEMENT_TYPES[type];
  const found = bytes.length - dataStart;
  demand(found === count * size, file, () => {
    return `${type} [${shape.join(", ")}] needs ${count * size} bytes of data, found ${found}`;
  });
  const data = bytes.subarray(dataStart);
  const values = decode(bigEndian ? swapped(data, size) : data, type, file);
  const ordered = fortranOrder ? toRowMajor(values, shape) : values;
  return Tensor.from(dataNode(bytesOf(ordered), shape, dtype));
}

/** The bytes of each element the other way round. */
function swapped(bytes: Uint8Array, size: number): Uint8Array {
  const result = new Uint8Array(bytes);
  for (let at = 0; at < result.length; at += size) result.subarray(at, at + size).reverse();
  return result;
}

/** Values whose first index runs fastest, with the last one fastest. */
function toRowMajor(values: HostValues, shape: readonly number[]): HostValues {
  if (values.length <= 1) return values;
  const strides = contiguousStrides(shape.toReversed()).reverse();
  const result = values.slice();
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = values[from]!;
    // the next index, as an odometer
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}
