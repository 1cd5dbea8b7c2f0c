// ZIP archives, as far as the files of NumPy and PyTorch need them: stored and deflated members, no encryption, no parts, nothing
// above 4 GiB. See PKWARE's
// APPNOTE.TXT for the records.

import { isUtf8 } from "node:buffer";
import { promisify } from "node:util";
import { crc32, deflateRaw, inflateRaw } from "node:zlib";
import { demand } from "./errors.js";

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw) as (
  bytes: Uint8Array,
  options: { maxOutputLength: number },
) => Promise<Buffer>;

export interface ZipMember {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const LOCAL = { signature: 0x04034b50, bytes: 30 } as const;
const CENTRAL = { signature: 0x02014b50, bytes: 46 } as const;
const END = { signature: 0x06054b50, bytes: 22 } as const;
const ZIP64 = {
  record: { signature: 0x06064b50, bytes: 56 },
  locator: { signature: 0x07064b50, bytes: 20 },
} as const;
const MAX_COMMENT = 0xffff;
/** Fields with all bits set refer to ZIP64 records. */
const ALL_16 = 0xffff;
const ALL_32 = 0xffffffff;
const STORED = 0;
const DEFLATED = 8;
const FLAG_ENCRYPTED = 1;
const FLAG_UTF8 = 1 << 11;
/** Deflate makes nothing smaller than this part of it. */
const MAX_DEFLATION = 1032;

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  /** Where its local header is. */
  readonly at: number;
}

const isZip64 =
  "it is of the kind ZIP64 (for archives above 4 GiB), which cannot be read; save the arrays one by one";

/** All members, unpacked and checked against their checksums, in the order of the archive's directory. */
export async function unpackZip(bytes: Uint8Array, file: string): Promise<readonly ZipMember[]> {
  const zip = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { entries, directory } = readDirectory(zip, file);
  const ranges = entries.map((entry) => dataRange(zip, entry, directory, file));
  let end = 0;
  for (const range of ranges.toSorted((a, b) => a.header - b.header)) {
    demand(range.header >= end, file, () => "damaged: members overlap");
    end = range.end;
  }
  const members: ZipMember[] = [];
  for (const [i, entry] of entries.entries()) {
    const { start, end } = ranges[i]!;
    members.push({ name: entry.name, bytes: await unpack(zip.subarray(start, end), entry, file) });
  }
  return members;
}

/** Finds the record at the end of the archive: its comment must reach to the end of the file. */
function findEnd(zip: Buffer, file: string): number {
  for (let at = zip.length - END.bytes; at >= Math.max(0, zip.length - END.bytes - MAX_COMMENT); at--) {
    const found = zip.readUInt32LE(at) === END.signature;
    if (found && at + END.bytes + zip.readUInt16LE(at + 20) === zip.length) return at;
  }
  demand(false, file, () => "is not a ZIP archive, or is cut short: its directory is missing");
}

/** Bytes of the ZIP64 records before the one at the end: PyTorch writes them for small archives, too, and they say nothing new. */
function zip64Bytes(zip: Buffer, end: number): number {
  const { locator, record } = ZIP64;
  const found =
    end >= locator.bytes + record.bytes &&
    zip.readUInt32LE(end - locator.bytes) === locator.signature &&
    zip.readUInt32LE(end - locator.bytes - record.bytes) === record.signature;
  return found ? locator.bytes + record.bytes : 0;
}

function readDirectory(zip: Buffer, file: string): { entries: Entry[]; directory: number } {
  const end = findEnd(zip, file);
  const count = zip.readUInt16LE(end + 10);
  const length = zip.readUInt32LE(end + 12);
  const directory = zip.readUInt32LE(end + 16);
  const directoryEnd = end - zip64Bytes(zip, end);
  demand(count !== ALL_16 && length !== ALL_32 && directory !== ALL_32, file, () => isZip64);
  const single = zip.readUInt16LE(end + 4) === 0 && zip.readUInt16LE(end + 8) === count;
  demand(single, file, () => "is one of several parts of an archive, which cannot be read");
  demand(
    directory + length === directoryEnd,
    file,
    () => "damaged: its directory does not end where the archive does",
  );
  const entries: Entry[] = [];
  const names = new Set<string>();
  let at = directory;
  for (let i = 0; i < count; i++) {
    const { entry, next } = readEntry(zip, at, directoryEnd, file);
    demand(!names.has(entry.name), file, () => `has two members "${entry.name}"`);
    names.add(entry.name);
    entries.push(entry);
    at = next;
  }
  demand(at === directoryEnd, file, () => `damaged: its directory is longer than its ${count} entries`);
  return { entries, directory };
}

function readEntry(zip: Buffer, at: number, end: number, file: string): { entry: Entry; next: number } {
  const whole = at + CENTRAL.bytes <= end && zip.readUInt32LE(at) === CENTRAL.signature;
  demand(whole, file, () => `damaged: no entry of the directory at byte ${at}`);
  const nameEnd = at + CENTRAL.bytes + zip.readUInt16LE(at + 28);
  const next = nameEnd + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  demand(next <= end, file, () => `damaged: the entry at byte ${at} reaches beyond the directory`);
  const label = zip.subarray(at + CENTRAL.bytes, nameEnd);
  demand(isUtf8(label), file, () => `the name of the member at byte ${at} is not UTF-8`);
  const name = label.toString("utf8");
  const flags = zip.readUInt16LE(at + 8);
  demand((flags & FLAG_ENCRYPTED) === 0, file, () => `"${name}" is encrypted, which cannot be read`);
  const entry: Entry = {
    name,
    method: zip.readUInt16LE(at + 10),
    crc: zip.readUInt32LE(at + 16),
    packed: zip.readUInt32LE(at + 20),
    size: zip.readUInt32LE(at + 24),
    at: zip.readUInt32LE(at + 42),
  };
  demand(![entry.packed, entry.size, entry.at].includes(ALL_32), file, () => isZip64);
  demand(entry.method === STORED || entry.method === DEFLATED, file, () => {
    return `"${name}" is packed by method ${entry.method}; only stored (0) and deflated (8) can be read`;
  });
  return { entry, next };
}

/** Where a member's packed bytes are. The sizes in its local header are not looked at: NumPy leaves them to ZIP64 fields. */
function dataRange(
  zip: Buffer,
  { name, at, packed, size, method }: Entry,
  directory: number,
  file: string,
): { header: number; start: number; end: number } {
  const whole = at + LOCAL.bytes <= directory && zip.readUInt32LE(at) === LOCAL.signature;
  demand(whole, file, () => `damaged: "${name}" is not at byte ${at}`);
  const nameEnd = at + LOCAL.bytes + zip.readUInt16LE(at + 26);
  const start = nameEnd + zip.readUInt16LE(at + 28);
  const end = start + packed;
  demand(end <= directory, file, () => `damaged: "${name}" reaches into the directory`);
  const local = zip.toString("utf8", at + LOCAL.bytes, nameEnd);
  demand(local === name, file, () => `damaged: "${name}" is called "${local}" at its data`);
  const possible = method === STORED ? size === packed : size <= packed * MAX_DEFLATION;
  demand(possible, file, () => `damaged: "${name}" cannot have ${size} bytes in ${packed}`);
  return { header: at, start, end };
}

async function unpack(
  packed: Uint8Array,
  { name, method, size, crc }: Entry,
  file: string,
): Promise<Uint8Array> {
  let bytes = packed;
  if (method === DEFLATED) {
    try {
      bytes = await inflate(packed, { maxOutputLength: Math.max(1, size) });
    } catch (error) {
      demand(false, file, () => `damaged: "${name}" cannot be inflated: ${(error as Error).message}`);
    }
  }
  demand(bytes.length === size, file, () => `damaged: "${name}" has ${bytes.length} bytes, not ${size}`);
  demand(crc32(bytes) === crc, file, () => `damaged: the checksum of "${name}" is wrong`);
  return bytes;
}

/** An archive as chunks. */
export async function packZip(
  members: readonly ZipMember[],
  compressed: boolean,
): Promise<readonly Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const { name, bytes } of members) {
    const label = Buffer.from(name);
    const packed = compressed ? await deflate(bytes) : bytes;
    checkFits(bytes.length, ALL_32, `"${name}" has too many bytes`);
    checkFits(at, ALL_32, "the archive would have too many bytes");
    checkFits(label.length, ALL_16, "a name is too long");
    const common = commonFields(label, packed, bytes, compressed);
    const local = Buffer.alloc(LOCAL.bytes);
    local.writeUInt32LE(LOCAL.signature);
    common.copy(local, 4);
    const central = Buffer.alloc(CENTRAL.bytes);
    central.writeUInt32LE(CENTRAL.signature);
    central.writeUInt16LE(VERSION, 4);
    common.copy(central, 6);
    central.writeUInt32LE(at, 42);
    chunks.push(local, label, packed);
    directory.push(central, label);
    at += local.length + label.length + packed.length;
  }
  const length = directory.reduce((sum, { length }) => sum + length, 0);
  checkFits(at + length, ALL_32, "the archive would have too many bytes");
  checkFits(members.length, ALL_16, "there are too many arrays");
  const end = Buffer.alloc(END.bytes);
  end.writeUInt32LE(END.signature);
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(length, 12);
  end.writeUInt32LE(at, 16);
  return [...chunks, ...directory, end];
}

/** 2.0: deflate. */
const VERSION = 20;
/** 1 January 1980, the first day there is, so that equal tensors make equal files. */
const DATE = 0x21;

/** The 26 bytes that a member's two headers have in common, from "version needed" to "extra length". */
function commonFields(label: Buffer, packed: Uint8Array, bytes: Uint8Array, compressed: boolean): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(VERSION, 0);
  fields.writeUInt16LE(FLAG_UTF8, 2);
  fields.writeUInt16LE(compressed ? DEFLATED : STORED, 4);
  fields.writeUInt16LE(DATE, 8);
  fields.writeUInt32LE(crc32(bytes), 10);
  fields.writeUInt32LE(packed.length, 14);
  fields.writeUInt32LE(bytes.length, 18);
  fields.writeUInt16LE(label.length, 22);
  return fields;
}

function checkFits(value: number, limit: number, problem: string): void {
  if (value < limit) return;
  throw new RangeError(
    `saveNpz: ${problem} for an .npz file (${value}, below ${limit} needed); use saveSafetensors`,
  );
}
