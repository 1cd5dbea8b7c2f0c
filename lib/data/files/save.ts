// gb.save and gb.load: tensors in whatever they are nested in, as one safetensors file. What is not a tensor is kept as JSON in
// the file's metadata, so that a plain state dict is a file that Python reads like any other.

import { Tensor } from "../../tensor/tensor.js";
import { FileFormatError } from "./errors.js";
import { isPickled, loadPickled } from "./pickle.js";
import { inspectSafetensors, loadSafetensors, saveSafetensors } from "./safetensors.js";

/** The key of the metadata that holds the structure. */
const STRUCTURE = "gradbook";

/** What `save` can keep: tensors, numbers, strings, booleans, null, bigints, typed arrays, and arrays and plain objects of these. */
export type Savable =
  | Tensor
  | number
  | string
  | boolean
  | bigint
  | null
  | undefined
  | NodeJS.TypedArray
  | readonly Savable[]
  | { readonly [key: string]: Savable };

/** JSON, with objects of one key that starts with "$" in place of what JSON lacks. */
type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Typed arrays that can be kept, by their names. */
const ARRAYS = {
  Float32Array,
  Float64Array,
  Int8Array,
  Int16Array,
  Int32Array,
  Uint8Array,
  Uint8ClampedArray,
  Uint16Array,
  Uint32Array,
  BigInt64Array,
  BigUint64Array,
} as const;

/**
 * Writes a state to a file: a model's state dict, or anything made of tensors, numbers, text, arrays and plain objects, such as
 * all that a training run needs to go on. The values are those at the time of the call; the file appears when it is complete.
 *
 * The file is in safetensors format. A state dict is read by Python's `safetensors.torch.load_file` as it is; in other files
 * tensors are named by their path ("optimizer.state.0.exp_avg"), and the rest is JSON in the metadata.
 *
 * `await gb.save(model.stateDict(), "model.safetensors")`, or all that is needed to go on:
 * `await gb.save({ model: model.stateDict(), optimizer: optimizer.stateDict(), epoch: 3 }, "run.safetensors")`.
 *
 * Throws a TypeError that names the place of a value that cannot be kept (a function, a model itself).
 *
 *  @example
 *  await gb.save({ model: model.stateDict(), epoch: 3 }, `${folder}/run.safetensors`);
 *  (await gb.load<{ epoch: number }>(`${folder}/run.safetensors`)).epoch // -> 3 */
export async function save(value: Savable | object, path: string): Promise<void> {
  const tensors = new Map<string, Tensor>();
  const structure = encode(value, "", new Map(), tensors);
  const flat = isRecord(value) && Object.values(value).every((item) => item instanceof Tensor);
  const metadata = flat ? {} : { metadata: { [STRUCTURE]: JSON.stringify(structure) } };
  await saveSafetensors(path, Object.fromEntries(tensors), metadata);
}

/**
 * Reads a file that `save` has written, and state dicts from Python: safetensors files, and files of `torch.save` (.pt, .pth)
 * that hold nothing but tensors, numbers, text and containers; nothing in a file is ever executed.
 *
 * `model.loadStateDict(await gb.load("model.safetensors"))`.
 *
 * Throws `FileFormatError` where the file is damaged or of another kind.
 *
 *  @example
 *  await gb.save(model.stateDict(), `${folder}/model.safetensors`);
 *  model.loadStateDict(await gb.load(`${folder}/model.safetensors`)); */
export async function load<T = Record<string, Tensor>>(path: string): Promise<T> {
  if (await isPickled(path)) return (await loadPickled(path)) as T;
  const [{ metadata }, tensors] = await Promise.all([inspectSafetensors(path), loadSafetensors(path)]);
  const text = metadata?.[STRUCTURE];
  if (text === undefined) return tensors as T;
  const damaged = (): Error => new FileFormatError(`${path}: the structure in its metadata is damaged`);
  let structure: Json;
  try {
    structure = JSON.parse(text);
  } catch {
    throw damaged();
  }
  return decode(structure, tensors, damaged) as T;
}

function encode(
  value: unknown,
  path: string,
  names: Map<Tensor, string>,
  tensors: Map<string, Tensor>,
): Json {
  const inside = (item: unknown, key: string | number): Json =>
    encode(item, path === "" ? String(key) : `${path}.${key}`, names, tensors);
  if (value instanceof Tensor) {
    let name = names.get(value);
    if (name === undefined) {
      name = path;
      while (tensors.has(name)) name += "'";
      names.set(value, name);
      tensors.set(name, value);
    }
    return { $tensor: name };
  }
  if (typeof value === "number") {
    const plain = Number.isFinite(value) && !Object.is(value, -0);
    return plain ? value : { $number: Object.is(value, -0) ? "-0" : String(value) };
  }
  if (typeof value === "bigint") return { $bigint: String(value) };
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (ArrayBuffer.isView(value) && value.constructor.name in ARRAYS) {
    const { buffer, byteOffset, byteLength } = value;
    return {
      $array: value.constructor.name,
      bytes: Buffer.from(buffer, byteOffset, byteLength).toString("base64"),
    };
  }
  if (Array.isArray(value)) return value.map(inside);
  if (isRecord(value)) {
    const entries = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key, inside(item, key)] as const);
    return entries.some(([key]) => key.startsWith("$") || key === "__proto__")
      ? { $entries: entries }
      : Object.fromEntries(entries);
  }
  const kind =
    typeof value === "object" || typeof value === "function" ? value.constructor.name : typeof value;
  throw new TypeError(
    `save: ${path === "" ? "the value" : path} is of the kind ${kind}, which cannot be kept in a file; ` +
      "of a model, an optimizer or a schedule save its stateDict()",
  );
}

function decode(json: Json, tensors: Readonly<Record<string, Tensor>>, damaged: () => Error): unknown {
  const inside = (item: Json): unknown => decode(item, tensors, damaged);
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) return json.map(inside);
  const { $tensor, $number, $bigint, $array, bytes, $entries } = json as Record<string, Json | undefined>;
  if (typeof $tensor === "string") {
    if (!Object.hasOwn(tensors, $tensor)) throw damaged();
    return tensors[$tensor];
  }
  if (typeof $number === "string") return Number($number);
  if (typeof $bigint === "string") {
    if (!/^-?\d+$/.test($bigint)) throw damaged();
    return BigInt($bigint);
  }
  if (typeof $array === "string") {
    if (!Object.hasOwn(ARRAYS, $array) || typeof bytes !== "string") throw damaged();
    const data = new Uint8Array(Buffer.from(bytes, "base64"));
    const Class = ARRAYS[$array as keyof typeof ARRAYS];
    if (data.length % Class.BYTES_PER_ELEMENT !== 0) throw damaged();
    return new Class(data.buffer);
  }
  const entries = $entries === undefined ? Object.entries(json) : $entries;
  if (!Array.isArray(entries)) throw damaged();
  return Object.fromEntries(
    (entries as [string, Json][]).map((entry) => {
      if (!Array.isArray(entry) || typeof entry[0] !== "string") throw damaged();
      return [entry[0], inside(entry[1])];
    }),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
