// `process.exit`: everything printed so far arrives, every cell gets its reply, and the kernel ends with the exit code.

import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { type Executed, KernelClient } from "./client.js";
import { FAKE_LIBRARY } from "./kernel.js";

const folder = mkdtempSync(path.join(os.tmpdir(), "gradbook-exit-"));
afterAll(() => rmSync(folder, { recursive: true }));

const library = path.join(folder, "node_modules", "quits");
mkdirSync(library, { recursive: true });
writeFileSync(path.join(library, "package.json"), JSON.stringify({ name: "quits", main: "index.js" }));
writeFileSync(
  path.join(library, "index.js"),
  "exports.quit = () => { console.log('bye'); process.exit(7); };",
);

interface Case {
  readonly cell: string;
  readonly code: number;
  readonly stdout: string;
  readonly status: "ok" | "error";
}

const CASES: Readonly<Record<string, Case>> = {
  "at the top level": {
    cell: "for (let i = 0; i < 2000; i++) console.log(i);\nprocess.exit();",
    code: 0,
    stdout: Array.from({ length: 2000 }, (_, i) => `${i}\n`).join(""),
    status: "ok",
  },
  "in a function, in try, after a pause": {
    cell: `const leave = () => { try { process.exit(3); } catch { console.log("caught"); } finally { console.log("on"); } };
      console.log("now"); await new Promise((done) => setTimeout(done, 10)); leave();`,
    code: 3,
    stdout: "now\n",
    status: "error",
  },
  "with listeners and an exit code of its own": {
    cell: `process.on("exit", () => console.log("listened")); process.exitCode = 5; process.exit();`,
    code: 5,
    stdout: "listened\n",
    status: "error",
  },
  "by name": {
    cell: `import { exit } from "node:process"; console.log("by name"); exit(0);`,
    code: 0,
    stdout: "by name\n",
    status: "ok",
  },
  "by a package": {
    cell: `import { quit } from "quits"; quit();`,
    code: 7,
    stdout: "bye\n",
    status: "error",
  },
  "by a timer after the cell": {
    cell: `setTimeout(() => { console.log("late"); process.exit(4); }, 10); 1`,
    code: 4,
    stdout: "late\n",
    status: "ok",
  },
};

/** Waits for the kernel's end, then for the cell's last words. */
async function ended(client: KernelClient, cell: string): Promise<Executed> {
  if (client.process.exitCode === null && client.process.signalCode === null)
    await once(client.process, "exit");
  await client.wait((m) => m.parent === cell && /process\.exit/.test(String(m.content.text)), "the notice");
  return client.finished(cell);
}

async function withKernel(use: (client: KernelClient) => Promise<void>): Promise<void> {
  const client = await KernelClient.start({ library: FAKE_LIBRARY, folder });
  try {
    await use(client);
    expect(client.problems).toEqual([]);
    expect(client.log).toBe("");
  } finally {
    await client.close();
  }
}

test.each(Object.entries(CASES))("process.exit %s", async (_, { cell, code, stdout, status }) => {
  await withKernel(async (client) => {
    const executed = await ended(client, client.startCell(cell));
    expect(executed.stdout).toBe(stdout);
    expect(executed.stderr).toBe(
      `The kernel ends, and its variables with it: process.exit(${code}) was called.\n`,
    );
    expect(executed.reply.content.status).toBe(status);
    expect(client.process.exitCode).toBe(code);
  });
});

test("all other cells get their replies", async () => {
  await withKernel(async (client) => {
    const { content } = await client.request("create_subshell_request", {}, "control");
    const main = client.startCell("console.log('waits'); await new Promise(() => {});");
    await client.wait((m) => m.parent === main && m.type === "stream", "the first cell's print");
    const waiting = client.startCell("2");
    const last = client.startCell("process.exit(0)", {}, String(content.subshell_id));
    expect((await ended(client, last)).reply.content).toMatchObject({
      status: "ok",
      payload: [{ source: "ask_exit", keepkernel: false }],
    });
    expect((await client.finished(main)).reply.content).toMatchObject({ status: "error", ename: "Exit" });
    expect((await client.finished(waiting)).reply.content.status).toBe("aborted");
    expect(client.process.exitCode).toBe(0);
  });
});

test("a request to shut down that comes meanwhile changes nothing", async () => {
  await withKernel(async (client) => {
    const cell = client.startCell("console.log('now'); process.exit(0);");
    await client.wait((m) => m.parent === cell && m.type === "execute_reply", "the reply");
    client.send("shutdown_request", { restart: false }, { channel: "control" });
    expect((await ended(client, cell)).stdout).toBe("now\n");
  });
});
