// Unpacking a Debian package of data into a folder, without root and without installing it: apt-get download, dpkg-deb -x.

import { execFile } from "node:child_process";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { APT_TIMEOUT_S, PACKAGE_PATIENCE_MS } from "./settings.js";

const run = promisify(execFile);

/** One try with a time limit; no change of user, which cannot write to our folder. */
const OPTIONS: readonly string[] = [
  "Acquire::Retries=0",
  `Acquire::http::Timeout=${APT_TIMEOUT_S}`,
  `Acquire::https::Timeout=${APT_TIMEOUT_S}`,
  "APT::Sandbox::User=root",
];

/** Unpacks the package `name` below the empty `folder` and gives back the folder that stands for "/". */
export async function unpackDebianPackage(name: string, folder: string): Promise<string> {
  try {
    await apt(["download", name], OPTIONS, folder);
  } catch (error) {
    if (error instanceof NoApt) throw error;
    // Fresh containers have no package lists, and only root may fetch them: fetch a copy of our own.
    const options = [...OPTIONS, ...(await ownLists(folder))];
    await apt(["update"], options, folder);
    await apt(["download", name], options, folder);
  }
  const archive = (await readdir(folder)).find((file) => file.endsWith(".deb"));
  if (!archive) throw new Error(`apt-get download ${name} left no package in ${folder}`);
  const root = join(folder, "root");
  await run("dpkg-deb", ["-x", join(folder, archive), root], { timeout: PACKAGE_PATIENCE_MS });
  return root;
}

class NoApt extends Error {}

async function ownLists(folder: string): Promise<string[]> {
  const lists = join(folder, "lists");
  const cache = join(folder, "cache");
  await mkdir(join(lists, "partial"), { recursive: true });
  await mkdir(join(cache, "archives", "partial"), { recursive: true });
  return [`Dir::State::lists=${lists}`, `Dir::Cache=${cache}`, "Debug::NoLocking=1"];
}

async function apt(command: readonly string[], options: readonly string[], cwd: string): Promise<void> {
  const args = options.flatMap((option) => ["-o", option]);
  try {
    await run("apt-get", [...args, ...command], { cwd, timeout: PACKAGE_PATIENCE_MS });
  } catch (error) {
    const { code, stderr, message } = error as Error & { code?: unknown; stderr?: string };
    if (code === "ENOENT") throw new NoApt("there is no apt-get on this machine");
    const complaint = stderr?.split("\n").find((line) => line.startsWith("E:"));
    throw new Error(`apt-get ${command.join(" ")}: ${complaint ?? message}`, { cause: error });
  }
}
