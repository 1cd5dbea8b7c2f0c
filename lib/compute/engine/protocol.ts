// The compute protocol: every message that passes between a client and an engine, and its bytes. The same bytes travel
// through rings in shared memory and over a socket. Both tables below are the whole definition; the rest reads them.
//
// A message is a header (int32 code, int32 sequence number) and its fields in the table's order, each padded to 8 bytes:
//   count    one double, a whole number from 0 to 2^53 - 1
//   text     count of bytes, UTF-8
//   ids      count of elements, int32 each, none negative
//   numbers  count of elements, float64 each
//   bytes    count of bytes, bytes
//   parts    count of parts; each a count (`binding`) and bytes (`data`)
// All of it in the byte order of the machine: little-endian on every machine that Node runs WebAssembly SIMD on.

import { padded, type Views } from "./ring.js";

/** As `bytes` of a read. */
export const TO_THE_END: number = Number.MAX_SAFE_INTEGER;

/** Both ends say their version in `hello`; other versions are refused. */
export const PROTOCOL_VERSION = 1;

/** Bytes that travel with a run: the contents of the new buffer bound at `binding`. */
export interface Part {
  readonly binding: number;
  readonly data: Uint8Array;
}

interface FieldTypes {
  count: number;
  text: string;
  ids: Int32Array;
  numbers: Float64Array;
  bytes: Uint8Array;
  parts: readonly Part[];
}

/** Client to engine. Handled in order, but for `cancel`, which overtakes: no run up to `upTo` needs to be finished. */
export const REQUESTS = {
  hello: { code: 1, fields: { version: "count", device: "text", token: "text" } },
  /** `graph` is a GraphSpec as JSON. */
  define: { code: 2, fields: { plan: "count", graph: "text" } },
  /** Buffer ids: those of the inputs exist (or come inline); those of the results are new, chosen by the client, or
   *  of buffers whose values are no longer needed. First the buffers in `free` are given back. Answered by `data` with
   *  the value of binding number `report` - 1, unless that is 0. */
  run: {
    code: 3,
    fields: {
      free: "ids",
      plan: "count",
      bindings: "ids",
      args: "numbers",
      inline: "parts",
      report: "count",
    },
  },
  /** Makes buffer `buffer` of `total` bytes if there is none, and fills it from `offset`. */
  write: { code: 4, fields: { buffer: "count", total: "count", offset: "count", chunk: "bytes" } },
  /** Answered by one or more `data`. `bytes` TO_THE_END: whatever there is from `offset` on. */
  read: { code: 5, fields: { buffer: "count", offset: "count", bytes: "count" } },
  /** Answered by one or more `data` with the bytes of all, one after the other, each padded to 8. */
  gather: { code: 12, fields: { buffers: "ids" } },
  /** Answered by `place` where the device's memory is shared with the client, else by `data`. */
  locate: { code: 6, fields: { buffer: "count", offset: "count", bytes: "count" } },
  free: { code: 7, fields: { buffers: "ids" } },
  /** Answered by `text`, an Explanation as JSON; with times of the kernels unless `measure` is 0. */
  explain: { code: 8, fields: { plan: "count", measure: "count" } },
  /** Answered by `usage`, once everything before is done, also on a device that runs ahead. */
  memory: { code: 9, fields: {} },
  cancel: { code: 10, fields: { upTo: "count" } },
  shutdown: { code: 11, fields: {} },
} as const;

/** Engine to client. `sequence` is that of the request it belongs to. */
export const REPLIES = {
  welcome: { code: 101, fields: { version: "count", device: "text", description: "text" } },
  /** `offset` counts from the first byte asked for, `total` is how many there will be. */
  data: { code: 102, fields: { total: "count", offset: "count", chunk: "bytes" } },
  /** Where the bytes asked for lie in the device's shared memory, until the next request. */
  place: { code: 103, fields: { address: "count", bytes: "count" } },
  text: { code: 104, fields: { text: "text" } },
  usage: {
    code: 105,
    fields: {
      allocatedBytes: "count",
      arenaBytes: "count",
      reservedBytes: "count",
      buffers: "count",
      plans: "count",
      compiles: "count",
    },
  },
  /** `origin`: number (unsigned) of the request that failed first, where this one only depends on it. */
  error: { code: 106, fields: { origin: "count", kind: "text", message: "text" } },
  /** Over sockets: everything up to `sequence` is done. In one process a shared word says so. */
  completed: { code: 107, fields: {} },
} as const;

type FieldKind = keyof FieldTypes;
type Table = {
  readonly [type: string]: { readonly code: number; readonly fields: Record<string, FieldKind> };
};

type Body<Fields extends Record<string, FieldKind>> = { readonly [F in keyof Fields]: FieldTypes[Fields[F]] };
type MessageOf<T extends Table> = {
  [K in keyof T]: { readonly type: K; readonly sequence: number } & Body<T[K]["fields"]>;
}[keyof T];

export type Request = MessageOf<typeof REQUESTS>;
export type Reply = MessageOf<typeof REPLIES>;
export type RequestType = Request["type"];
/** One kind of request or reply. */
export type RequestOf<K extends RequestType> = Extract<Request, { type: K }>;
export type ReplyOf<K extends Reply["type"]> = Extract<Reply, { type: K }>;

/** What went wrong: bad `protocol` use, a `plan` that cannot be built, no `memory`, a `fault` in the data, the `device`
 *  itself, a run `cancelled`, or no `connection`. */
export const ERROR_KINDS = [
  "protocol",
  "plan",
  "memory",
  "fault",
  "device",
  "cancelled",
  "connection",
] as const;
export type ErrorKind = (typeof ERROR_KINDS)[number];

/** Bytes that do not follow the protocol. `sequence` is the message's number as far as it can be told, else 0. */
export class ProtocolError extends Error {
  readonly sequence: number;
  constructor(message: string, sequence: number) {
    super(message);
    this.name = "ProtocolError";
    this.sequence = sequence;
  }
}

/** The kind of error named `kind`; an unknown name is a fault of the device's side. */
export function errorKind(kind: string): ErrorKind {
  return ERROR_KINDS.find((known) => known === kind) ?? "device";
}

const HEADER_BYTES = 8;

/** Bytes that `message` takes; a multiple of 8. */
export function encodedBytes(message: Request | Reply): number {
  let bytes = HEADER_BYTES;
  for (const [name, kind] of layoutOf(message.type).fields)
    bytes += CODECS[kind].size((message as unknown as Record<string, never>)[name] as never);
  return bytes;
}

/** Writes `message` to byte `at` of `to`, a multiple of 8. */
export function encodeAt(to: Views, at: number, message: Request | Reply): void {
  const layout = layoutOf(message.type);
  to.words[at / 4] = layout.code;
  to.words[at / 4 + 1] = message.sequence;
  let position = at + HEADER_BYTES;
  for (const [name, kind] of layout.fields)
    position = CODECS[kind].put(to, position, (message as unknown as Record<string, never>)[name] as never);
}

/** The request in the `length` bytes at byte `at`; arrays in it are views, not copies. Throws ProtocolError. */
export function decodeRequest(from: Views, at: number, length: number): Request {
  return decode(REQUEST_LAYOUTS, from, at, length) as Request;
}

/** The reply in the `length` bytes at byte `at`; arrays in it are views, not copies. Throws ProtocolError. */
export function decodeReply(from: Views, at: number, length: number): Reply {
  return decode(REPLY_LAYOUTS, from, at, length) as Reply;
}

/** Whether the message at byte `at` carries `code`, without decoding it. */
export function hasCode(from: Views, at: number, length: number, code: number): boolean {
  return length >= HEADER_BYTES && from.words[at / 4] === code;
}

interface Layout {
  readonly type: string;
  readonly code: number;
  readonly fields: readonly (readonly [name: string, kind: FieldKind])[];
}

const LAYOUTS: Map<string, Layout> = new Map();
const REQUEST_LAYOUTS = layouts(REQUESTS);
const REPLY_LAYOUTS = layouts(REPLIES);

function layouts(table: Table): Map<number, Layout> {
  const byCode = new Map<number, Layout>();
  for (const [type, { code, fields }] of Object.entries(table)) {
    const layout: Layout = { type, code, fields: Object.entries(fields) };
    LAYOUTS.set(type, layout);
    byCode.set(code, layout);
  }
  return byCode;
}

function layoutOf(type: string): Layout {
  return LAYOUTS.get(type)!;
}

function decode(table: Map<number, Layout>, from: Views, at: number, length: number): unknown {
  if (length < HEADER_BYTES) throw new ProtocolError(`a message of ${length} bytes has no header`, 0);
  const code = from.words[at / 4]!;
  const sequence = from.words[at / 4 + 1]!;
  const layout = table.get(code);
  if (layout === undefined) throw new ProtocolError(`there is no message with code ${code}`, sequence);
  const cursor: Cursor = { from, at: at + HEADER_BYTES, end: at + length, message: layout.type, sequence };
  const message: Record<string, unknown> = { type: layout.type, sequence };
  for (const [name, kind] of layout.fields) message[name] = CODECS[kind].get(cursor);
  if (cursor.at !== cursor.end)
    throw malformed(cursor, `has ${cursor.end - cursor.at} bytes more than its fields`);
  return message;
}

interface Cursor {
  readonly from: Views;
  at: number;
  readonly end: number;
  readonly message: string;
  readonly sequence: number;
}

/** How one kind of field is sized, written (giving the position after it) and read. */
interface Codec<T> {
  size(value: T): number;
  put(to: Views, at: number, value: T): number;
  get(cursor: Cursor): T;
}

const CODECS: { readonly [K in FieldKind]: Codec<FieldTypes[K]> } = {
  count: { size: () => 8, put: putCount, get: getCount },
  text: {
    size: (value) => 8 + padded(Buffer.byteLength(value)),
    put(to, at, value) {
      const start = at + 8;
      const room = Buffer.from(to.bytes.buffer, to.bytes.byteOffset + start, Buffer.byteLength(value));
      putCount(to, at, room.write(value));
      return start + padded(room.length);
    },
    get(cursor) {
      const { start, count } = block(cursor, 1);
      return Buffer.from(cursor.from.bytes.buffer, cursor.from.bytes.byteOffset + start, count).toString();
    },
  },
  ids: {
    size: (value) => 8 + padded(value.length * 4),
    put(to, at, value) {
      to.words.set(value, putCount(to, at, value.length) / 4);
      return at + 8 + padded(value.length * 4);
    },
    get(cursor) {
      const { start, count } = block(cursor, 4);
      const ids = cursor.from.words.subarray(start / 4, start / 4 + count);
      for (const id of ids) if (id < 0) throw malformed(cursor, `has the id ${id}`);
      return ids;
    },
  },
  numbers: {
    size: (value) => 8 + value.length * 8,
    put(to, at, value) {
      to.doubles.set(value, putCount(to, at, value.length) / 8);
      return at + 8 + value.length * 8;
    },
    get(cursor) {
      const { start, count } = block(cursor, 8);
      return cursor.from.doubles.subarray(start / 8, start / 8 + count);
    },
  },
  bytes: { size: (value) => 8 + padded(value.length), put: putBytes, get: getBytes },
  parts: {
    size: (value) => value.reduce((sum, part) => sum + 16 + padded(part.data.length), 8),
    put(to, at, value) {
      let position = putCount(to, at, value.length);
      for (const part of value) position = putBytes(to, putCount(to, position, part.binding), part.data);
      return position;
    },
    get(cursor) {
      const count = getCount(cursor);
      if (count > (cursor.end - cursor.at) / 16) throw malformed(cursor, `is too short for ${count} parts`);
      const parts: Part[] = [];
      for (let i = 0; i < count; i++) parts.push({ binding: getCount(cursor), data: getBytes(cursor) });
      return parts;
    },
  },
};

function putCount(to: Views, at: number, value: number): number {
  to.doubles[at / 8] = value;
  return at + 8;
}

function getCount(cursor: Cursor): number {
  if (cursor.end - cursor.at < 8) throw malformed(cursor, "ends within a field");
  const value = cursor.from.doubles[cursor.at / 8]!;
  if (!Number.isSafeInteger(value) || value < 0)
    throw malformed(cursor, `has ${value} where a count belongs`);
  cursor.at += 8;
  return value;
}

function putBytes(to: Views, at: number, value: Uint8Array): number {
  to.bytes.set(value, putCount(to, at, value.length));
  return at + 8 + padded(value.length);
}

function getBytes(cursor: Cursor): Uint8Array {
  const { start, count } = block(cursor, 1);
  return cursor.from.bytes.subarray(start, start + count);
}

/** The place of `count` elements of `size` bytes that follow; the cursor moves past them. */
function block(cursor: Cursor, size: number): { start: number; count: number } {
  const count = getCount(cursor);
  const start = cursor.at;
  if (count > (cursor.end - start) / size || padded(count * size) > cursor.end - start)
    throw malformed(cursor, `is too short for ${count} elements of ${size} bytes`);
  cursor.at = start + padded(count * size);
  return { start, count };
}

function malformed(cursor: Cursor, what: string): ProtocolError {
  return new ProtocolError(`a "${cursor.message}" message ${what}`, cursor.sequence);
}
