// The frame around a command on the project's own Node: foreseen failures become one sentence.

import { Problem } from "./problem.mjs";

/** Runs a command; what it returns becomes the exit code (nothing: 0). */
export async function command(run: () => Promise<number | undefined> | Promise<void>): Promise<void> {
  try {
    process.exitCode = (await run()) ?? 0;
  } catch (error) {
    const said = error instanceof Problem || (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS");
    if (!said) throw error;
    console.error(`\n${(error as Error).message}`);
    process.exitCode = 1;
  }
}
