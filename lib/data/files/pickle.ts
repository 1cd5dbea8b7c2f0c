// Reading what `torch.save` writes (.pt, .pth): a ZIP archive with a pickle and the bytes of its tensors. A pickle is a program
// for a stack machine; here it can build tensors, numbers, text and containers, and nothing else. Source: the docstrings of
// Python's pickletools, torch/serialization.py and torch/_utils.py.

import { type FileHandle, open, readFile } from "node:fs/promises";
import { dataNode } from "../../graph/node.js";
import { contiguousStrides } from "../../graph/shape.js";
import { Tensor } from "../../tensor/tensor.js";
import { decode, ELEMENT_TYPES, type ElementTypeName } from "./element-types.js";
import { demand, FileFormatError } from "./errors.js";
import { bytesOf, checkedShape } from "./tensors.js";
import { unpackZip } from "./zip.js";

/** True for a ZIP archive: what `torch.save` has written since PyTorch 1.6. */
export async function isPickled(path: string): Promise<boolean> {
  await using file: FileHandle = await open(path);
  const start = new Uint8Array(4);
  await file.read(start, 0, 4, 0);
  return Buffer.from(start).toString("latin1") === "PK\x03\x04";
}

/** The value in a file of `torch.save`: dicts become plain objects, tuples and lists arrays, tensors tensors. Types of tensors and
 *  errors as for `loadSafetensors`; whatever else a pickle may hold is refused. */
export async function loadPickled(path: string): Promise<unknown> {
  const members = new Map(
    (await unpackZip(await readFile(path), path)).map(({ name, bytes }) => [name, bytes]),
  );
  const main = [...members.keys()].find((name) => name === "data.pkl" || name.endsWith("/data.pkl"));
  demand(main !== undefined, path, () => "is not a file of torch.save; .npz files are read by loadNpz");
  const folder = main.slice(0, -"data.pkl".length);
  const unpickler = new Unpickler(members.get(main)!, path, (key) => members.get(`${folder}data/${key}`));
  return plain(unpickler.run(), new Set(), path);
}

/** A name of Python's that the pickle refers to. */
class Global {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** The bytes of one or more tensors. */
interface StorageBytes {
  readonly type: ElementTypeName;
  readonly count: number;
  readonly bytes: Uint8Array;
}

const STORAGE_TYPES: Readonly<Record<string, ElementTypeName>> = {
  "torch.FloatStorage": "F32",
  "torch.DoubleStorage": "F64",
  "torch.HalfStorage": "F16",
  "torch.BFloat16Storage": "BF16",
  "torch.LongStorage": "I64",
  "torch.IntStorage": "I32",
  "torch.ShortStorage": "I16",
  "torch.CharStorage": "I8",
  "torch.ByteStorage": "U8",
  "torch.BoolStorage": "BOOL",
};

const MARK = Symbol("mark");

/** What the pickle may call. */
const CALLS: Readonly<Record<string, (args: readonly unknown[], file: string) => unknown>> = {
  "collections.OrderedDict": (args, file) => {
    demand(args.length === 0, file, () => "an OrderedDict is made in a way that is not known");
    return new Map<unknown, unknown>();
  },
  "torch.Size": ([extents]) => extents,
  "torch._utils._rebuild_tensor_v2": ([storage, offset, shape, strides], file) =>
    strided(storage as StorageBytes, offset as number, shape as number[], strides as number[], file),
  "torch._utils._rebuild_parameter": ([tensor]) => tensor,
};

class Unpickler {
  private readonly bytes: Buffer;
  private readonly file: string;
  private readonly member: (key: string) => Uint8Array | undefined;
  private readonly stack: unknown[] = [];
  private readonly memo = new Map<number, unknown>();
  private at = 0;

  constructor(bytes: Uint8Array, file: string, member: (key: string) => Uint8Array | undefined) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.file = file;
    this.member = member;
  }

  run(): unknown {
    try {
      for (;;) {
        const code = this.bytes.readUInt8(this.at++);
        if (code === STOP) return this.pop();
        const step = STEPS[code];
        if (step === undefined) this.refuse(`the pickle's instruction 0x${code.toString(16)} cannot be read`);
        step(this);
      }
    } catch (error) {
      if (error instanceof RangeError && "code" in error) this.refuse("the pickle is cut short");
      throw error;
    }
  }

  refuse(problem: string): never {
    throw new FileFormatError(`${this.file}: ${problem}`);
  }
  push(value: unknown): void {
    this.stack.push(value);
  }
  pop(): unknown {
    if (this.stack.length === 0 || this.stack.at(-1) === MARK) this.refuse("the pickle's stack is damaged");
    return this.stack.pop();
  }
  top<T>(is: (value: unknown) => value is T): T {
    const value = this.stack.at(-1);
    if (!is(value)) this.refuse("the pickle's stack is damaged");
    return value;
  }
  /** What was pushed since the last mark, which goes too. */
  popMarked(): unknown[] {
    const mark = this.stack.lastIndexOf(MARK);
    if (mark < 0) this.refuse("the pickle's stack is damaged");
    return this.stack.splice(mark).slice(1);
  }
  take(length: number): Buffer {
    if (this.at + length > this.bytes.length) this.refuse("the pickle is cut short");
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
  line(): string {
    const end = this.bytes.indexOf(10, this.at);
    if (end < 0) this.refuse("the pickle is cut short");
    const text = this.take(end - this.at).toString("utf8");
    this.at++;
    return text;
  }
  put(index = this.memo.size): void {
    this.memo.set(index, this.stack.at(-1));
  }
  get(index: number): void {
    if (!this.memo.has(index)) this.refuse("the pickle refers to something it does not hold");
    this.push(this.memo.get(index));
  }

  global(name: string): void {
    if (!(name in CALLS) && !(name in STORAGE_TYPES)) {
      this.refuse(
        `holds ${name}, which is code and not data; only tensors, numbers, text and containers are read. In Python, save ` +
          "model.state_dict() instead of the model",
      );
    }
    this.push(new Global(name));
  }
  call(): void {
    const args = this.pop();
    const target = this.pop();
    const call = target instanceof Global ? CALLS[target.name] : undefined;
    if (call === undefined || !Array.isArray(args)) this.refuse("the pickle calls what cannot be called");
    this.push(call(args, this.file));
  }
  /** ("storage", type, key, location, number of elements) */
  storage(): void {
    const id = this.pop();
    const [kind, type, key, , count] = Array.isArray(id) ? id : [];
    const name = type instanceof Global ? STORAGE_TYPES[type.name] : undefined;
    if (kind !== "storage" || name === undefined) this.refuse("the pickle refers to data of an unknown kind");
    const bytes = this.member(String(key));
    const length = Number(count) * ELEMENT_TYPES[name].bytes;
    demand(
      bytes !== undefined && bytes.length >= length,
      this.file,
      () => `the data "${key}" are missing or cut short`,
    );
    this.push({ type: name, count: Number(count), bytes: bytes.subarray(0, length) } satisfies StorageBytes);
  }
}

const isMap = (value: unknown): value is Map<unknown, unknown> => value instanceof Map;
const isList = (value: unknown): value is unknown[] => Array.isArray(value);

function setItems(machine: Unpickler, items: readonly unknown[]): void {
  const map = machine.top(isMap);
  for (let i = 0; i + 1 < items.length; i += 2) map.set(items[i], items[i + 1]);
}

function lastOf(machine: Unpickler, count: number): unknown[] {
  return Array.from({ length: count }, () => machine.pop()).reverse();
}

const STOP = 0x2e;

/** The instructions, by their code; pickletools' names beside them. */
const STEPS: Readonly<Record<number, (machine: Unpickler) => void>> = {
  128: (m) => void m.take(1), // PROTO
  149: (m) => void m.take(8), // FRAME
  40: (m) => m.push(MARK), // MARK
  78: (m) => m.push(null), // NONE
  136: (m) => m.push(true), // NEWTRUE
  137: (m) => m.push(false), // NEWFALSE
  74: (m) => m.push(m.take(4).readInt32LE()), // BININT
  75: (m) => m.push(m.take(1).readUInt8()), // BININT1
  77: (m) => m.push(m.take(2).readUInt16LE()), // BININT2
  138: (m) => m.push(wholeNumber(m.take(m.take(1).readUInt8()))), // LONG1
  71: (m) => m.push(m.take(8).readDoubleBE()), // BINFLOAT
  88: (m) => m.push(m.take(m.take(4).readUInt32LE()).toString("utf8")), // BINUNICODE
  140: (m) => m.push(m.take(m.take(1).readUInt8()).toString("utf8")), // SHORT_BINUNICODE
  125: (m) => m.push(new Map()), // EMPTY_DICT
  93: (m) => m.push([]), // EMPTY_LIST
  41: (m) => m.push([]), // EMPTY_TUPLE
  116: (m) => m.push(m.popMarked()), // TUPLE
  133: (m) => m.push(lastOf(m, 1)), // TUPLE1
  134: (m) => m.push(lastOf(m, 2)), // TUPLE2
  135: (m) => m.push(lastOf(m, 3)), // TUPLE3
  // APPEND, APPENDS
  97: (m) => {
    const item = m.pop();
    m.top(isList).push(item);
  },
  101: (m) => {
    const items = m.popMarked();
    const list = m.top(isList);
    for (const item of items) list.push(item);
  },
  115: (m) => setItems(m, lastOf(m, 2)), // SETITEM: the items go before the dict is looked at
  117: (m) => setItems(m, m.popMarked()), // SETITEMS
  113: (m) => m.put(m.take(1).readUInt8()), // BINPUT
  114: (m) => m.put(m.take(4).readUInt32LE()), // LONG_BINPUT
  148: (m) => m.put(), // MEMOIZE
  104: (m) => m.get(m.take(1).readUInt8()), // BINGET
  106: (m) => m.get(m.take(4).readUInt32LE()), // LONG_BINGET
  99: (m) => m.global(`${m.line()}.${m.line()}`), // GLOBAL
  147: (m) => m.global(lastOf(m, 2).join(".")), // STACK_GLOBAL
  82: (m) => m.call(), // REDUCE
  98: (m) => void m.pop(), // BUILD: attributes of a state dict, such as its version
  81: (m) => m.storage(), // BINPERSID
};

/** A little-endian integer in two's complement. */
function wholeNumber(bytes: Buffer): number | bigint {
  const hex = Buffer.from(bytes).reverse().toString("hex");
  const value = BigInt.asIntN(8 * bytes.length, BigInt(`0x0${hex}`));
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function strided(
  storage: StorageBytes,
  offset: number,
  extents: readonly number[],
  strides: readonly number[],
  file: string,
): Tensor {
  const what = "a tensor";
  demand(typeof storage?.type === "string" && Array.isArray(extents) && Array.isArray(strides), file, () => {
    return `${what} is described in a way that is not known`;
  });
  const { shape, count } = checkedShape(extents, file, what);
  const steps = checkedShape(strides, file, what).shape;
  const last = shape.reduce((at, extent, i) => at + (extent - 1) * steps[i]!, offset);
  const fits = Number.isSafeInteger(offset) && offset >= 0 && steps.length === shape.length;
  demand(fits && (count === 0 || last < storage.count), file, () => `${what} reaches beyond its data`);
  const { bytes: size, dtype } = ELEMENT_TYPES[storage.type];
  const all = storage.bytes.subarray(offset * size);
  const dense = contiguousStrides(shape).every((stride, i) => stride === steps[i] || shape[i] === 1);
  const packed = dense ? all.subarray(0, count * size) : gathered(all, size, shape, steps, count);
  return Tensor.from(dataNode(bytesOf(decode(packed, storage.type, file)), shape, dtype));
}

/** The elements at the places that the strides say, one after the other. */
function gathered(
  bytes: Uint8Array,
  size: number,
  shape: readonly number[],
  strides: readonly number[],
  count: number,
): Uint8Array {
  const rowMajor = contiguousStrides(shape);
  const packed = new Uint8Array(count * size);
  for (let i = 0; i < count; i++) {
    const from = shape.reduce(
      (at, extent, axis) => at + (Math.floor(i / rowMajor[axis]!) % extent) * strides[axis]!,
      0,
    );
    packed.set(bytes.subarray(from * size, (from + 1) * size), i * size);
  }
  return packed;
}

/** Maps as plain objects. A container inside itself, which no file of tensors has, is refused. */
function plain(value: unknown, around: Set<unknown>, file: string): unknown {
  if (!isMap(value) && !isList(value)) {
    demand(!(value instanceof Global), file, () => "holds a name of Python's, which is not data");
    return value;
  }
  demand(
    !around.has(value) && around.size < 100,
    file,
    () => "holds a container inside itself, or too many levels",
  );
  around.add(value);
  const inside = (item: unknown): unknown => plain(item, around, file);
  const result = isList(value)
    ? value.map(inside)
    : Object.fromEntries([...value].map(([key, item]) => [String(key), inside(item)]));
  around.delete(value);
  return result;
}
