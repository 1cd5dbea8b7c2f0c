// Fetching files over HTTP with time limits: a mirror that does not answer or stalls is given up, never waited for.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MIRROR_PATIENCE_MS } from "./settings.js";

/** Writes each of `names` from `mirror` (a URL that ends in "/") into `folder`. Throws with the URL and the reason. */
export async function downloadFiles(
  mirror: string,
  names: readonly string[],
  folder: string,
  patience: number = MIRROR_PATIENCE_MS,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of names) {
    await writeFile(join(folder, name), await download(new URL(name, mirror), patience));
  }
}

async function download(url: URL, patience: number): Promise<Uint8Array> {
  const stop = new AbortController();
  const giveUp = (): void => stop.abort(new Error(`no answer for ${patience / 1000} s`));
  const timer = setTimeout(giveUp, patience);
  try {
    const response = await fetch(url, { signal: stop.signal });
    if (!response.ok || !response.body) throw new Error(`status ${response.status}`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of response.body) {
      timer.refresh();
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    throw new Error(`${url}: ${reason(error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** `fetch` hides why it failed in the cause. */
function reason(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && cause.message ? cause.message : message;
}
