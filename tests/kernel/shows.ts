// What a cell shows, for tests that are tables of cells.

import { expect } from "vitest";
import type { KernelClient } from "./client.js";

/** What a cell shows: its value, or more exactly prints, warnings and the error, each found in what came. */
export type Shows =
  | string
  | undefined
  | { value?: string; prints?: string; warns?: string[]; fails?: string[] };

/** Runs a cell and compares what it shows. No warnings are expected where none are named. */
export const runsIn =
  (kernel: () => KernelClient) =>
  async (code: string, shows: Shows): Promise<void> => {
    const {
      value,
      prints = "",
      warns = [],
      fails = [],
    } = typeof shows === "object" ? shows : { value: shows };
    const { result, stdout, stderr, reply } = await kernel().execute(code);
    const traceback = ((reply.content.traceback as string[] | undefined) ?? []).join("\n");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours
    const plain = traceback.replace(/\u001b\[\d+m/g, "");
    expect({ value: result, prints: stdout, status: reply.content.status }, stderr + plain).toEqual({
      value,
      prints,
      status: fails.length > 0 ? "error" : "ok",
    });
    if (warns.length === 0) expect(stderr).toBe("");
    for (const text of warns) expect(stderr).toContain(text);
    for (const text of fails) expect(plain).toContain(text);
  };
