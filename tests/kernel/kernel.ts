// One kernel for all tests of a file, with the stand-in library.

import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect } from "vitest";
import { KernelClient, type StartOptions } from "./client.js";

export const FAKE_LIBRARY: string = fileURLToPath(new URL("./fixtures/library/index.js", import.meta.url));

/** Starts a kernel before the file's tests; afterwards checks that every message followed the schema. */
export function sharedKernel(options: StartOptions = {}): () => KernelClient {
  let kernel: KernelClient | undefined;
  beforeAll(async () => {
    kernel = await KernelClient.start({ library: FAKE_LIBRARY, ...options });
  });
  afterAll(async () => {
    await kernel?.close();
    expect(kernel?.problems).toEqual([]);
  });
  return () => {
    if (kernel === undefined) throw new Error("The kernel did not start.");
    return kernel;
  };
}
