// Calls a tool (npm, pip, tsc, apt-get ...): its output goes to a log, its last line to the step's progress.

import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import { CACHE, LOGS, ROOT } from "./paths.mjs";
import { explainFailure, Problem } from "./problem.mjs";

/** Keeps the tools' caches below the project folder. */
export function cacheEnvironment() {
  return {
    npm_config_cache: join(CACHE, "npm"),
    npm_config_update_notifier: "false",
    PIP_CACHE_DIR: join(CACHE, "pip"),
    PIP_DISABLE_PIP_VERSION_CHECK: "1",
    UV_CACHE_DIR: join(CACHE, "uv"),
    UV_PYTHON_INSTALL_DIR: join(CACHE, "python"),
    UV_NO_MODIFY_PATH: "1",
    XDG_CACHE_HOME: join(CACHE, "xdg"),
    PYTHONNOUSERSITE: "1",
  };
}

/**
 * Runs a tool to its end and returns what it printed.
 * @param {string} what the step's name, for messages and the log's name
 * @param {string} command
 * @param {string[]} args
 * @param {{ say?: (line: string) => void, env?: Record<string, string>, cwd?: string, shell?: boolean }} [options]
 * @returns {Promise<string>}
 */
export function tool(what, command, args, { say, env = {}, cwd = ROOT, shell = false } = {}) {
  mkdirSync(LOGS, { recursive: true });
  const log = join(LOGS, `${what.toLowerCase().replace(/\W+/g, "-")}.log`);
  const keep = createWriteStream(log);
  keep.write(`$ ${command} ${args.join(" ")}\n`);
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      shell,
      env: { ...process.env, ...cacheEnvironment(), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    const take = (/** @type {Buffer} */ chunk) => {
      const text = chunk.toString();
      output += text;
      keep.write(text);
      const line = text.trimEnd().split("\n").at(-1)?.trim();
      if (line) say?.(line);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("error", (error) => {
      keep.end();
      reject(new Problem(`${what}: ${command} could not be started (${error.message}).`));
    });
    child.on("close", (code) => {
      keep.end();
      if (code === 0) resolve(output);
      else reject(explainFailure(what, output, relative(process.cwd(), log) || log));
    });
  });
}
