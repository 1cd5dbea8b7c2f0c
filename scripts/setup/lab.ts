// A running JupyterLab: started in its own process group, asked until it answers, stopped with everything below it.

import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, mkdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { jupyterEnvironment, writeSettings } from "./jupyter.ts";
import { LOGS, NOTEBOOKS, ROOT } from "./paths.mjs";
import { Problem } from "./problem.mjs";
import { PYTHON } from "./python.ts";

const READY_WITHIN_MS = 120_000;
const STOP_WITHIN_MS = 10_000;
const ASK_EVERY_MS = 100;

export interface Lab {
  /** The address to open, with the token. */
  url: string;
  /** Where its messages go. */
  log: string;
  /** Its exit code, once it has ended. */
  ended: Promise<number>;
  stop(): Promise<void>;
}

export interface LabOptions {
  port: number;
  token: string;
  /** The notebook to open, relative to the notebooks folder. */
  notebook: string;
  /** Whether JupyterLab opens a browser by itself. */
  browser: boolean;
}

/** Starts JupyterLab and waits until it serves our kernel. */
export async function startLab({ port, token, notebook, browser }: LabOptions): Promise<Lab> {
  writeSettings();
  mkdirSync(NOTEBOOKS, { recursive: true });
  mkdirSync(LOGS, { recursive: true });
  const log = join(LOGS, "jupyterlab.log");
  const child = spawn(
    PYTHON,
    [
      ...["-m", "jupyterlab", `--config=${join(ROOT, "scripts", "python", "jupyter_config.py")}`],
      ...[`--port=${port}`, "--ServerApp.port_retries=0", `--ServerApp.root_dir=${NOTEBOOKS}`],
      `--LabApp.default_url=/lab/tree/${notebook}`,
      ...(browser ? [] : ["--no-browser"]),
      ...(process.getuid?.() === 0 ? ["--allow-root"] : []),
    ],
    {
      cwd: NOTEBOOKS,
      env: { ...process.env, ...jupyterEnvironment(), JUPYTER_TOKEN: token },
      // Its own group, so that Ctrl-C reaches only us; its standard input, so that it notices when we are gone.
      detached: process.platform !== "win32",
      stdio: ["pipe", "pipe", "pipe"],
    },
  );
  const keep = createWriteStream(log);
  child.stdout.pipe(keep, { end: false });
  child.stderr.pipe(keep, { end: false });
  const ended = new Promise<number>((resolve) => child.on("exit", (code) => resolve(code ?? 1)));
  const lab: Lab = {
    url: `http://localhost:${port}/lab/tree/${notebook}?token=${token}`,
    log: relative(process.cwd(), log) || log,
    ended,
    stop: () => stop(child, ended),
  };
  try {
    await ready(lab, `http://127.0.0.1:${port}/api/kernelspecs`, token);
  } catch (error) {
    await lab.stop();
    throw error;
  }
  return lab;
}

/** Asks the server for its kernels until it names ours. */
async function ready(lab: Lab, address: string, token: string): Promise<void> {
  let over = false;
  lab.ended.then(() => {
    over = true;
  });
  const until = performance.now() + READY_WITHIN_MS;
  while (!over && performance.now() < until) {
    const specs = await fetch(address, { headers: { Authorization: `token ${token}` } })
      .then((reply) => (reply.ok ? (reply.json() as Promise<{ kernelspecs: object }>) : undefined))
      .catch(() => undefined);
    if (specs && "gradbook" in specs.kernelspecs) return;
    if (specs)
      throw new Problem(`JupyterLab runs but does not see the gradbook kernel. Its messages: ${lab.log}`);
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
  const tail = readFileSync(lab.log, "utf8").trimEnd().split("\n").slice(-10).join("\n  ");
  const what = over
    ? "JupyterLab ended at once"
    : `JupyterLab did not answer within ${READY_WITHIN_MS / 1000} s`;
  throw new Problem(`${what}. The end of ${lab.log}:\n  ${tail}`);
}

/** Closes its standard input, which makes it shut down its kernels and end; what is left after a while is killed. */
async function stop(child: ChildProcess, ended: Promise<number>): Promise<void> {
  child.stdin?.end();
  const late = setTimeout(() => kill(child), STOP_WITHIN_MS);
  await ended;
  clearTimeout(late);
  kill(child);
}

function kill(child: ChildProcess): void {
  try {
    if (process.platform === "win32") child.kill();
    else process.kill(-child.pid!, "SIGKILL");
  } catch {
    // Nothing is left of the group.
  }
}
