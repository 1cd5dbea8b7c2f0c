// Reading tar archives: the regular files in them. POSIX.1-1988 (ustar), the pax Interchange Format's predecessor.

const BLOCK = 512;
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1").replace(/\0.*$/s, "");

/** The files of an archive by their paths; the bytes are shared. `name` is for errors. */
export function untar(bytes: Uint8Array, name: string): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  let at = 0;
  // the end is marked by a block of zeros
  while (bytes[at] !== 0) {
    const header = bytes.subarray(at, at + BLOCK);
    const size = Number.parseInt(text(header.subarray(124, 136)).trim(), 8);
    if (!Number.isSafeInteger(size) || size < 0 || at + BLOCK + size > bytes.length) {
      throw new Error(`${name} is damaged: no tar header at byte ${at}, or its file is cut short`);
    }
    const regular = header[156] === 0 || header[156] === 0x30;
    const content = bytes.subarray(at + BLOCK, at + BLOCK + size);
    if (regular) files.set(text(header.subarray(0, 100)), content);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}
