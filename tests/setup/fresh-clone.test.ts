// A fresh clone: `npm start` sets everything up and serves JupyterLab with the kernel and the extension, writes nothing to
// the home folder, ends without leaving anything behind, and is quick the second time.

import { existsSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server as TcpServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ProjectCopy, processesNaming, type Run, signal } from "./project.ts";
import { Server } from "./server.ts";

const TOKEN = "a-token-for-the-test";
const WARM_START_MS = 15_000;

let copy: ProjectCopy;
let port: number;

beforeAll(async () => {
  copy = new ProjectCopy();
  port = await freePort();
});
afterAll(() => copy.remove());

const start = (env: Record<string, string> = {}): Run =>
  copy.run("npm", ["start", "--", "--no-browser", "--port", String(port)], { GRADBOOK_TOKEN: TOKEN, ...env });
const ready = (run: Run): Promise<RegExpExecArray> => run.printed(/Ready: (\S+)/);

async function stop(run: Run): Promise<void> {
  signal(run.child, "SIGINT");
  await run.ended;
  await expect.poll(() => processesNaming(copy.folder), { timeout: 15_000 }).toEqual([]);
}

async function freePort(): Promise<number> {
  const server = await listen(0);
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function listen(wanted: number): Promise<TcpServer> {
  return new Promise((resolve) => {
    const server = createServer().listen(wanted, "127.0.0.1", () => resolve(server));
  });
}

test("npm start on a fresh clone serves JupyterLab with kernel and extension, and nothing else is touched", async () => {
  const run = start();
  const [, url] = await ready(run);
  expect(url).toBe(`http://localhost:${port}/lab/tree/00-first-light.ipynb?token=${TOKEN}`);

  const server = new Server(port, TOKEN);
  const specs = (await (await server.get("/api/kernelspecs")).json()) as {
    default: string;
    kernelspecs: object;
  };
  expect(specs.default).toBe("gradbook");
  expect(Object.keys(specs.kernelspecs)).toEqual(["gradbook"]);
  expect(await (await server.get("/lab/tree/00-first-light.ipynb")).text()).toContain("@gradbook/extension");
  expect(await server.runCell("gradbook", "tensor([1, 2, 3]).sum().item()")).toBe("6");

  for (const name of ["vitest", "playwright-core", "@biomejs"]) {
    expect(existsSync(join(copy.folder, "node_modules", name)), `${name} is only for tests`).toBe(false);
  }
  await stop(run);
  expect(copy.homeContents()).toEqual([]);
});

test("a second start is ready within 15 s and changes nothing in the home folder", async () => {
  const since = performance.now();
  const run = start();
  await ready(run);
  expect(performance.now() - since).toBeLessThan(WARM_START_MS);
  await stop(run);
  expect(copy.homeContents()).toEqual([]);
});

test("JupyterLab and its kernels end when npm start is killed", async () => {
  const run = start();
  await ready(run);
  await new Server(port, TOKEN).runCell("gradbook", "1 + 1");
  signal(run.child, "SIGKILL");
  await expect.poll(() => processesNaming(copy.folder), { timeout: 15_000 }).toEqual([]);
});

test("npm start ends with JupyterLab, as when it is shut down in the browser", async () => {
  const run = start();
  await ready(run);
  await new Server(port, TOKEN).shutDown();
  expect(await run.ended).toBe(0);
  expect(run.output()).toContain("JupyterLab was shut down.");
  await expect.poll(() => processesNaming(copy.folder), { timeout: 15_000 }).toEqual([]);
});

test("a taken port is one clear sentence", async () => {
  const taken = await listen(port);
  const run = start();
  expect(await run.ended).toBe(1);
  expect(run.output()).toContain(`Port ${port} is taken: choose another with --port`);
  expect(run.output()).not.toContain("    at ");
  taken.close();
});

test("a Python that is too old is one clear sentence", async () => {
  const python = join(copy.base, "old-python");
  writeFileSync(python, "#!/bin/sh\necho 3.8.10 True\n", { mode: 0o755 });
  rmSync(join(copy.folder, ".gradbook", "stamps", "python"));
  const run = start({ GRADBOOK_PYTHON: python });
  expect(await run.ended).toBe(1);
  expect(run.output()).toContain("Gradbook needs Python 3.10 or newer for JupyterLab, but found only 3.8.10");
  expect(run.output()).not.toContain("    at ");
});

test("a missing network is one clear sentence", async () => {
  const bare = new ProjectCopy();
  try {
    const run = bare.run("npm", ["start", "--", "--no-browser"], {
      GRADBOOK_CACHE: join(bare.base, "cache"),
      npm_config_registry: `http://127.0.0.1:${port}`,
      npm_config_fetch_retries: "0",
    });
    expect(await run.ended).toBe(1);
    expect(run.output()).toContain("the network could not be reached");
    expect(run.output()).not.toContain("    at ");
  } finally {
    bare.remove();
  }
});
