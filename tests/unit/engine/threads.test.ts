// The engine's helper threads in both of its homes: a program with them ends by itself, they sleep while nothing is asked, and
// they end with their engine. Each test looks at a process of its own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const LIBRARY = fileURLToPath(import.meta.resolve("gradbook"));
const SESSION = fileURLToPath(import.meta.resolve("gradbook/tensor/session"));

/** What a program printed with three engine threads and the product of two matrices large enough for all of them. */
async function outputOf(home: "thread" | "server", rest: string): Promise<string> {
  const script = `
    import { tensor } from ${JSON.stringify(LIBRARY)};
    import { closeSession } from ${JSON.stringify(SESSION)};
    const value = tensor.ones(400, 400).matmul(tensor.ones(400, 400)).sum().item();
    ${rest}`;
  const program = spawn(process.execPath, ["--input-type=module", "-e", script], {
    env: { ...process.env, GRADBOOK_THREADS: "3", GRADBOOK_SERVER: home === "server" ? "1" : "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  program.stdout.on("data", (data) => (output += data));
  expect(await once(program, "close")).toEqual([0, null]);
  return output.trim();
}

describe.each(["thread", "server"] as const)("an engine with helpers, home: %s", (home) => {
  test("lets the program end by itself", async () => {
    expect(await outputOf(home, "console.log(value);")).toBe(String(400 ** 3));
  });
});

describe("helper threads", () => {
  test("use no processor time while nothing is asked, and end when the engine is closed", async () => {
    // Half a second in which nearly nothing is used comes soon after the start-up work of the runtime.
    const idle = `
      const quiet = async () => {
        const before = process.cpuUsage();
        await new Promise((resolve) => setTimeout(resolve, 500));
        const { user, system } = process.cpuUsage(before);
        return user + system < 20_000;
      };
      let quietly = false;
      for (let i = 0; i < 20 && !quietly; i++) quietly = await quiet();
      const { readdirSync } = await import("node:fs");
      const threads = () => readdirSync("/proc/self/task").length;
      const before = process.platform === "linux" ? threads() : 3;
      closeSession();
      let ended = process.platform !== "linux";
      for (let i = 0; i < 100 && !ended; i++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        ended = threads() <= before - 3;
      }
      console.log(quietly, ended);`;
    expect(await outputOf("thread", idle)).toBe("true true");
  });
});
