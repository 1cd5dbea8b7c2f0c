// Where Jupyter programs outside this project find a kernel: the folders that --user, --sys-prefix and --prefix mean.

import { spawnSync } from "node:child_process";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Problem } from "./problem.mjs";

export interface Place {
  /** The folder with Jupyter's data: `kernels` and `labextensions` lie in it. */
  readonly share: string;
  /** The kernel's name, by which notebooks know it. */
  readonly name: string;
}

const USAGE =
  "Say where: --user, --sys-prefix (the Python on the PATH), or --prefix FOLDER; and --name NAME for another name.";

/** Reads the command line of install-kernel and uninstall-kernel. */
export function placeFrom(args: string[], kernelName: string): Place {
  const { values } = parseArgs({
    args,
    options: {
      user: { type: "boolean" },
      "sys-prefix": { type: "boolean" },
      prefix: { type: "string" },
      name: { type: "string", default: kernelName },
    },
  });
  const { user, "sys-prefix": system, prefix, name } = values;
  if ([user, system, prefix].filter((given) => given !== undefined).length !== 1) throw new Problem(USAGE);
  if (!/^[\w.-]+$/.test(name)) throw new Problem(`--name ${name}: letters, digits, ".", "_" and "-" only.`);
  const share = user
    ? userData()
    : join(prefix === undefined ? pythonPrefix() : resolve(prefix), "share", "jupyter");
  return { share, name };
}

/** The user's data folder, as jupyter_core finds it. */
function userData(): string {
  const { JUPYTER_DATA_DIR, XDG_DATA_HOME, APPDATA } = process.env;
  if (JUPYTER_DATA_DIR) return JUPYTER_DATA_DIR;
  if (process.platform === "darwin") return join(homedir(), "Library", "Jupyter");
  if (process.platform === "win32") return join(APPDATA ?? join(homedir(), "AppData", "Roaming"), "jupyter");
  return join(XDG_DATA_HOME || join(homedir(), ".local", "share"), "jupyter");
}

function pythonPrefix(): string {
  for (const command of ["python3", "python"]) {
    const { status, stdout } = spawnSync(command, ["-c", "import sys; print(sys.prefix)"], {
      encoding: "utf8",
    });
    if (status === 0) return stdout.trim();
  }
  throw new Problem(
    "--sys-prefix: there is no Python on the PATH; activate the environment, or use --prefix FOLDER.",
  );
}
