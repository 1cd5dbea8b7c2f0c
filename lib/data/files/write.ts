// Writing a file so that it is there whole or not at all.

import { randomUUID } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";

/** Writes the chunks to a file beside `path` and then gives it that name, in place of what had it before. */
export async function writeWhole(path: string, chunks: readonly Uint8Array[]): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, chunks, { flag: "wx", flush: true });
    await rename(temporary, path);
  } catch (error) {
    // why it could not be written matters, not that it could not be removed
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}
