// Saving and loading safetensors files, the format in which PyTorch models are exchanged.

import { type FileHandle, open } from "node:fs/promises";
import { dataNode } from "../../graph/node.js";
import { Tensor } from "../../tensor/tensor.js";
import { decode, ELEMENT_TYPES, type ElementTypeName, encodeInt64, WRITTEN_AS } from "./element-types.js";
import { demand } from "./errors.js";
import {
  LENGTH_BYTES,
  MAX_HEADER,
  METADATA,
  parseHeader,
  type SafetensorsHeader,
} from "./safetensors-header.js";
import { bytesOf, type NamedValues, readValues } from "./tensors.js";
import { writeWhole } from "./write.js";

export interface SaveSafetensorsOptions {
  /** Kept in the file beside the tensors. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Names of int32 tensors to write as int64. Default: those that end in "num_batches_tracked", batch norm's counts,
   *  which are int64 in PyTorch. */
  readonly int64?: readonly string[];
}

/**
 * Writes tensors to a safetensors file: `await saveSafetensors("model.safetensors", model.stateDict())`. In Python,
 * `model.load_state_dict(safetensors.torch.load_file("model.safetensors"))` reads it.
 *
 * The values are those at the time of the call. float32, int32 and bool are written as they are, except for `int64`. The file
 * appears under its name when it is complete; until then, a file that had the name before stays as it was.
 *
 *  @example
 *  await gb.data.saveSafetensors(`${folder}/model.safetensors`, model.stateDict());
 *  Object.keys(await gb.data.loadSafetensors(`${folder}/model.safetensors`)).length // -> 4 */
export async function saveSafetensors(
  path: string,
  tensors: Readonly<Record<string, Tensor>>,
  options: SaveSafetensorsOptions = {},
): Promise<void> {
  const { metadata, int64 } = options;
  for (const name of [...Object.keys(tensors), ...Object.entries(metadata ?? {}).flat()]) {
    if (name.isWellFormed()) continue;
    throw new RangeError(`saveSafetensors: ${JSON.stringify(name)} is not valid Unicode`);
  }
  if (Object.hasOwn(tensors, METADATA)) {
    throw new RangeError(
      `saveSafetensors: a tensor cannot have the name ${METADATA}, it is the format's own`,
    );
  }
  for (const name of int64 ?? []) {
    if (tensors[name]?.dtype === "int32") continue;
    throw new RangeError(
      `saveSafetensors: int64 names "${name}", which is not an int32 tensor among those to save`,
    );
  }
  const asInt64 = (name: string): boolean => int64?.includes(name) ?? name.endsWith("num_batches_tracked");
  const stored = (await readValues(tensors, "saveSafetensors")).map((entry) => toStored(entry, asInt64));
  // the widest first, so that every tensor is aligned to its elements
  stored.sort((a, b) => ELEMENT_TYPES[b.type].bytes - ELEMENT_TYPES[a.type].bytes);
  let at = 0;
  const described = stored.map(({ name, type, shape, bytes }) => {
    const begin = at;
    at += bytes.length;
    return [name, { dtype: type, shape, data_offsets: [begin, at] }] as const;
  });
  const head = metadata === undefined ? {} : { [METADATA]: metadata };
  const header = encodeHeader({ ...head, ...Object.fromEntries(described) });
  await writeWhole(path, [...header, ...stored.map(({ bytes }) => bytes)]);
}

interface StoredBytes {
  readonly name: string;
  readonly type: ElementTypeName;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

function toStored({ name, tensor, values }: NamedValues, asInt64: (name: string) => boolean): StoredBytes {
  const { dtype, shape } = tensor;
  if (dtype === "int32" && asInt64(name)) return { name, shape, type: "I64", bytes: encodeInt64(values) };
  return { name, shape, type: WRITTEN_AS[dtype], bytes: bytesOf(values) };
}

/** Length and header, padded with spaces so that the data start at a multiple of 8. */
function encodeHeader(header: object): [Uint8Array, Uint8Array] {
  const text = Buffer.from(JSON.stringify(header));
  const length = Math.ceil(text.length / LENGTH_BYTES) * LENGTH_BYTES;
  if (length > MAX_HEADER) {
    throw new RangeError(
      `saveSafetensors: the header has ${length} bytes; ${MAX_HEADER} at most are allowed`,
    );
  }
  const prefix = Buffer.alloc(LENGTH_BYTES);
  prefix.writeBigUInt64LE(BigInt(length));
  return [prefix, Buffer.concat([text, Buffer.alloc(length - text.length, " ")])];
}

/**
 * The tensors of a safetensors file under their names: `model.loadStateDict(await loadSafetensors("model.safetensors"))`.
 *
 * F32, I32 and BOOL are exact. F16 and BF16 become float32 exactly, F64 is rounded to float32; the other integers become int32.
 * Throws `FileFormatError` where the file is damaged, has a type that cannot be read, or an integer that does not fit int32.
 *
 *  @example
 *  await gb.data.saveSafetensors(`${folder}/model.safetensors`, model.stateDict());
 *  model.loadStateDict(await gb.data.loadSafetensors(`${folder}/model.safetensors`)); */
export async function loadSafetensors(path: string): Promise<Record<string, Tensor>> {
  await using file = await open(path);
  const { header, dataStart } = await readHeader(file, path);
  const entries: [string, Tensor][] = [];
  for (const { name, type, shape, begin, end } of header.tensors) {
    const bytes = await readRange(file, dataStart + begin, end - begin, path);
    const values = decode(bytes, type, `${path}: tensor "${name}"`);
    entries.push([name, Tensor.from(dataNode(bytesOf(values), shape, ELEMENT_TYPES[type].dtype))]);
  }
  return Object.fromEntries(entries);
}

/** What a safetensors file says of itself: its metadata, and names, types (as in the file) and shapes of its tensors. Throws
 *  as `loadSafetensors` does; the values are not read.
 *
 *  @example
 *  await gb.data.saveSafetensors(`${folder}/model.safetensors`, { x: tensor([1, 2]) });
 *  (await gb.data.inspectSafetensors(`${folder}/model.safetensors`)).tensors[0]?.shape // -> [ 2 ] */
export async function inspectSafetensors(path: string): Promise<SafetensorsHeader> {
  await using file = await open(path);
  return (await readHeader(file, path)).header;
}

async function readHeader(
  file: FileHandle,
  path: string,
): Promise<{ header: SafetensorsHeader; dataStart: number }> {
  const { size } = await file.stat();
  demand(size >= LENGTH_BYTES, path, () => `${size} bytes are too few for a safetensors file`);
  const prefix = await readRange(file, 0, LENGTH_BYTES, path);
  const length = Number(new DataView(prefix.buffer).getBigUint64(0, true));
  demand(length <= MAX_HEADER, path, () => {
    return `the header's length is said to be ${length} bytes; ${MAX_HEADER} at most are allowed. Is this a safetensors file?`;
  });
  const dataStart = LENGTH_BYTES + length;
  demand(
    dataStart <= size,
    path,
    () => `cut short: the header needs ${dataStart} bytes, the file has ${size}`,
  );
  const bytes = await readRange(file, LENGTH_BYTES, length, path);
  return { header: parseHeader(bytes, size - dataStart, path), dataStart };
}

/** The most that one read may ask for. */
const MAX_READ = 2 ** 30;

async function readRange(file: FileHandle, start: number, length: number, path: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, Math.min(MAX_READ, length - done), start + done);
    demand(bytesRead > 0, path, () => `cut short while it was read, at byte ${start + done}`);
    done += bytesRead;
  }
  return bytes;
}
