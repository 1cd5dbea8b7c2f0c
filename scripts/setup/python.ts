// The Python environment below the project: JupyterLab with every package pinned. By uv where there is one, else by
// Python's own venv and pip.

import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as debian from "./debian.mjs";
import { ROOT, VENV } from "./paths.mjs";
import { Problem } from "./problem.mjs";
import { dropStamp, hashOf, readStamp, writeStamp } from "./stamp.mjs";
import { step } from "./steps.mjs";
import { tool } from "./tool.mjs";

const REQUIREMENTS: string = join(ROOT, "scripts", "python", "requirements.txt");
const FOR_TESTS: string = join(ROOT, "scripts", "python", "requirements-tests.txt");
const OLDEST_MINOR = 10;
/** The Python to make the environment with, instead of uv or the first one found. */
const CHOSEN: string | undefined = process.env.GRADBOOK_PYTHON;
const windows: boolean = process.platform === "win32";

/** The Python of the environment. */
export const PYTHON: string = windows ? join(VENV, "Scripts", "python.exe") : join(VENV, "bin", "python");

interface Found {
  command: string;
  version: string;
  minor: number;
  hasVenv: boolean;
}

/** Makes the environment, or does nothing when it is as requirements.txt says. */
export async function preparePython(): Promise<void> {
  const stamp = hashOf([REQUIREMENTS]);
  if (readStamp("python") === stamp && spawnSync(PYTHON, ["-c", ""]).status === 0) return;
  await step("Python environment", async (say) => {
    dropStamp("python");
    dropStamp("python-tests");
    rmSync(VENV, { recursive: true, force: true });
    const what = "Python environment";
    if (!CHOSEN && spawnSync("uv", ["--version"]).status === 0) {
      await tool(what, "uv", ["venv", "--no-project", "--python", `>=3.${OLDEST_MINOR}`, VENV], { say });
    } else {
      const { command } = await findPython(say);
      await tool(what, command, ["-m", "venv", VENV], { say });
    }
  });
  await step("Python packages", async (say) => {
    await installRequirements("Python packages", REQUIREMENTS, say);
    writeStamp("python", stamp);
  });
}

/** Adds what only tests need. */
export async function prepareTestPython(): Promise<void> {
  const stamp = hashOf([REQUIREMENTS, FOR_TESTS]);
  if (readStamp("python-tests") === stamp) return;
  await step("Python packages for the tests", async (say) => {
    dropStamp("python-tests");
    await installRequirements("Python packages for the tests", FOR_TESTS, say);
    writeStamp("python-tests", stamp);
  });
}

async function installRequirements(what: string, file: string, say: (line: string) => void): Promise<void> {
  if (existsSync(join(VENV, windows ? "Scripts/pip.exe" : "bin/pip"))) {
    await tool(what, PYTHON, ["-m", "pip", "install", "--prefer-binary", "-r", file], {
      say: (line) => say(/^(Collecting|Downloading|Installing|Using)/.test(line) ? line : ""),
    });
  } else {
    await tool(what, "uv", ["pip", "install", "--python", PYTHON, "-r", file], { say });
  }
}

/** A Python that is new enough and can make environments; on Debian as root it is installed when missing. */
async function findPython(say: (line: string) => void): Promise<Found> {
  let found = pythons();
  let good = found.find((python) => python.minor >= OLDEST_MINOR && python.hasVenv);
  if (!good && !CHOSEN && debian.canInstall()) {
    await debian.install("Debian packages for Python", ["python3", "python3-venv"], say);
    found = pythons();
    good = found.find((python) => python.minor >= OLDEST_MINOR && python.hasVenv);
  }
  if (good) return good;
  const newEnough = found.find((python) => python.minor >= OLDEST_MINOR);
  if (newEnough) {
    throw new Problem(
      `Python ${newEnough.version} lacks the venv module: install it (on Debian and Ubuntu: sudo apt install python3-venv), or install uv, and run the command again.`,
    );
  }
  const have = found.map((python) => python.version).join(", ");
  throw new Problem(
    `Gradbook needs Python 3.${OLDEST_MINOR} or newer for JupyterLab${have ? `, but found only ${have}` : " and found none"}: install one from python.org, or install uv, and run the command again.`,
  );
}

/** Every Python 3 that can be found, those on the PATH first. */
function pythons(): Found[] {
  const names = windows
    ? ["python", "py", "python3"]
    : ["python3", "python", "/usr/bin/python3", ...[14, 13, 12, 11, 10].map((minor) => `python3.${minor}`)];
  const ask =
    "import sys, importlib.util as u; print('%d.%d.%d' % sys.version_info[:3], all(u.find_spec(m) for m in ('venv', 'ensurepip')))";
  const found: Found[] = [];
  for (const command of CHOSEN ? [CHOSEN] : names) {
    const { status, stdout } = spawnSync(command, ["-c", ask], { encoding: "utf8" });
    const [version = "", hasVenv] = status === 0 ? stdout.trim().split(" ") : [];
    const [major, minor] = version.split(".").map(Number);
    if (major === 3) found.push({ command, version, minor: minor ?? 0, hasVenv: hasVenv === "True" });
  }
  return found;
}
