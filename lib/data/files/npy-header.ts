// The header of .npy files: a Python dictionary, written as in NumPy's format specification (numpy.lib.format).

import { type ElementTypeName, isElementType } from "./element-types.js";
import { demand } from "./errors.js";
import { checkedShape } from "./tensors.js";

const MAGIC = "\x93NUMPY";
/** NumPy lets the data start at a multiple of this. */
const ALIGNMENT = 64;

/** By major version: the bytes of the header's length, and the header's encoding. */
const VERSIONS: Readonly<Record<number, { lengthBytes: number; encoding: "latin1" | "utf8" }>> = {
  1: { lengthBytes: 2, encoding: "latin1" },
  2: { lengthBytes: 4, encoding: "latin1" },
  3: { lengthBytes: 4, encoding: "utf8" },
};

/** NumPy's letters for kinds of types, each with its size in bytes. */
const CODES: Readonly<Record<string, ElementTypeName>> = {
  f2: "F16",
  f4: "F32",
  f8: "F64",
  i1: "I8",
  i2: "I16",
  i4: "I32",
  i8: "I64",
  u1: "U8",
  u2: "U16",
  u4: "U32",
  u8: "U64",
  b1: "BOOL",
};

export interface NpyHeader {
  readonly type: ElementTypeName;
  readonly bigEndian: boolean;
  /** The first index runs fastest. */
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  readonly count: number;
  /** Where the data start. */
  readonly dataStart: number;
}

export function parseNpyHeader(bytes: Uint8Array, file: string): NpyHeader {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = MAGIC.length + 2;
  demand(buffer.length >= start && buffer.toString("latin1", 0, MAGIC.length) === MAGIC, file, () => {
    return "does not start as an .npy file does";
  });
  const major = buffer[MAGIC.length]!;
  const version = VERSIONS[major];
  demand(version !== undefined, file, () => `.npy version ${major} is not known; 1 to 3 can be read`);
  const { lengthBytes, encoding } = version;
  const headerStart = start + lengthBytes;
  demand(buffer.length >= headerStart, file, () => "cut short inside its header");
  const dataStart = headerStart + buffer.readUIntLE(start, lengthBytes);
  demand(dataStart <= buffer.length, file, () => {
    return `cut short: the header needs ${dataStart} bytes, the file has ${buffer.length}`;
  });
  const fields = parseDictionary(buffer.toString(encoding, headerStart, dataStart), file);
  const { descr, fortran_order: fortranOrder, shape: extents } = Object.fromEntries(fields);
  demand(fields.size === 3 && typeof fortranOrder === "boolean" && Array.isArray(extents), file, () => {
    return `the header must have descr, fortran_order and shape, found ${[...fields.keys()].join(", ") || "nothing"}`;
  });
  const { shape, count } = checkedShape(extents, file, "the array");
  return { ...parseType(descr, file), fortranOrder, shape, count, dataStart };
}

function parseType(descr: unknown, file: string): { type: ElementTypeName; bigEndian: boolean } {
  const [, order, code = ""] = /^([<>=|]?)([a-z]\d+)$/.exec(String(descr)) ?? [];
  const type = Object.hasOwn(CODES, code) ? CODES[code] : undefined;
  demand(isElementType(type), file, () => {
    return `the dtype ${JSON.stringify(descr)} cannot be read; those that can are ${Object.keys(CODES).join(", ")}`;
  });
  return { type, bigEndian: order === ">" };
}

type Literal = string | boolean | readonly number[];

const FIELD =
  /\s*(?:'([^'\\]*)'|"([^"\\]*)")\s*:\s*(?:'([^'\\]*)'|"([^"\\]*)"|(True|False)|\(([\d\sL,]*)\))\s*(,|(?=\}))/y;
const EXTENTS = /^\s*(?:\d+L?\s*,\s*)*(?:\d+L?\s*)?$/;

/** The fields of a dictionary of strings, booleans and tuples of numbers. */
function parseDictionary(text: string, file: string): ReadonlyMap<string, Literal> {
  const fields = new Map<string, Literal>();
  const unreadable = (): string => {
    const shown = text.length > 200 ? `${text.slice(0, 200)}...` : text;
    return `the header cannot be read (arrays with several fields cannot): ${JSON.stringify(shown.trim())}`;
  };
  demand(text.startsWith("{"), file, unreadable);
  FIELD.lastIndex = 1;
  let at = 1;
  for (let match = FIELD.exec(text); match !== null; match = FIELD.exec(text)) {
    at = FIELD.lastIndex;
    const [, key1, key2, string1, string2, truth, extents] = match;
    const key = key1 ?? key2!;
    demand(!fields.has(key), file, () => `the header has ${key} twice`);
    if (extents !== undefined) {
      demand(EXTENTS.test(extents), file, unreadable);
      fields.set(key, extents.match(/\d+/g)?.map(Number) ?? []);
    } else fields.set(key, string1 ?? string2 ?? truth === "True");
  }
  demand(/^\s*\}\s*$/.test(text.slice(at)), file, unreadable);
  return fields;
}

/** Version 1.0, C order, little-endian. */
export function encodeNpyHeader(descr: string, shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const start = MAGIC.length + 4;
  const total = Math.ceil((start + text.length + 1) / ALIGNMENT) * ALIGNMENT;
  const header = Buffer.alloc(total, " ");
  header.write(`${MAGIC}\x01\x00`, "latin1");
  header.writeUInt16LE(total - start, MAGIC.length + 2);
  header.write(`${text}`, start, "latin1");
  header.write("\n", total - 1);
  return header;
}
