// The header of safetensors files (https://huggingface.co/docs/safetensors, section Format), read with every field checked.

import { isUtf8 } from "node:buffer";
import { ELEMENT_TYPES, type ElementTypeName, isElementType } from "./element-types.js";
import { demand } from "./errors.js";
import { checkedShape } from "./tensors.js";

/** Bytes of the number in front of the header: its length, unsigned, little-endian. */
export const LENGTH_BYTES = 8;
/** The longest header that the format's own library reads. */
export const MAX_HEADER = 100_000_000;
export const METADATA = "__metadata__";

export interface StoredTensor {
  readonly name: string;
  readonly type: ElementTypeName;
  readonly shape: readonly number[];
  /** Bytes [begin, end) of the data, which start after the header. */
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly tensors: readonly StoredTensor[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** Reads a header; `dataBytes` is how much follows it in the file. */
export function parseHeader(bytes: Uint8Array, dataBytes: number, file: string): SafetensorsHeader {
  demand(isUtf8(bytes), file, () => "the header is not UTF-8");
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  const header = parseObject(text, file);
  const repeated = repeatedKey(text);
  demand(repeated === undefined, file, () => `the header has the name "${repeated}" twice`);
  const tensors = Object.entries(header)
    .filter(([name]) => name !== METADATA)
    .map(([name, entry]) => parseTensor(name, entry, file));
  checkLayout(tensors, dataBytes, file);
  return { tensors, metadata: parseMetadata(header[METADATA] ?? {}, file) };
}

function parseObject(text: string, file: string): Record<string, unknown> {
  demand(text.startsWith("{"), file, () => "the header does not start with {; this is no safetensors file");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    demand(false, file, () => `the header is not JSON: ${(error as Error).message}`);
  }
  return value as Record<string, unknown>;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseMetadata(value: unknown, file: string): Record<string, string> {
  const strings = isRecord(value) && Object.values(value).every((item) => typeof item === "string");
  demand(strings, file, () => `${METADATA} must hold strings only`);
  return value as Record<string, string>;
}

function parseTensor(name: string, entry: unknown, file: string): StoredTensor {
  const what = `tensor "${name}"`;
  demand(isRecord(entry), file, () => `${what} is described by ${JSON.stringify(entry)}, not by an object`);
  const { dtype: type, shape: extents, data_offsets: offsets } = entry;
  demand(isElementType(type), file, () => {
    const readable = Object.keys(ELEMENT_TYPES).join(", ");
    return `${what} has the dtype ${JSON.stringify(type)}; those that can be read are ${readable}`;
  });
  demand(Array.isArray(extents), file, () => `${what} has no shape`);
  const { shape, count } = checkedShape(extents, file, what);
  const pair = Array.isArray(offsets) && offsets.length === 2 && offsets.every(Number.isSafeInteger);
  demand(pair, file, () => `${what} has the data_offsets ${JSON.stringify(offsets)}, not two whole numbers`);
  const [begin, end] = offsets as [number, number];
  const needed = count * ELEMENT_TYPES[type].bytes;
  demand(end - begin === needed, file, () => {
    return `${what}, ${type} [${shape.join(", ")}], needs ${needed} bytes, but data_offsets has ${end - begin}`;
  });
  return { name, type, shape, begin, end };
}

/** The tensors must cover the data without holes or overlaps. */
function checkLayout(tensors: readonly StoredTensor[], dataBytes: number, file: string): void {
  let at = 0;
  for (const { name, begin, end } of tensors.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    demand(begin === at, file, () => `tensor "${name}" starts at byte ${begin} of the data, not at ${at}`);
    at = end;
  }
  demand(at <= dataBytes, file, () => `cut short: the tensors need ${at} bytes of data, found ${dataBytes}`);
  demand(at === dataBytes, file, () => `${dataBytes - at} bytes follow the last tensor`);
}

/** A key that one object of valid JSON has twice, which JSON.parse does not tell. */
function repeatedKey(json: string): string | undefined {
  const open: Set<string>[] = [];
  for (const [token, key] of json.matchAll(
    /("[^"\\]*(?:\\.[^"\\]*)*")(?=\s*:)|"[^"\\]*(?:\\.[^"\\]*)*"|[{}]/g,
  )) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    if (key === undefined) continue;
    const name = JSON.parse(key) as string;
    if (open.at(-1)?.has(name)) return name;
    open.at(-1)?.add(name);
  }
  return undefined;
}
