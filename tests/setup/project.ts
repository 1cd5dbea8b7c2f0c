// A copy of the project as a fresh clone would have it, and commands run in it as a newcomer would, with an empty home.

import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { CACHE, LOCAL, ROOT } from "../../scripts/setup/paths.mjs";

/** What .gitignore names, and git's own folder. */
const NOT_CLONED = /\/(\.git|\.gradbook|node_modules|dist|labextension|\.ipynb_checkpoints)$|\.tsbuildinfo$/;

export interface Run {
  child: ChildProcess;
  /** What it has printed so far. */
  output(): string;
  /** Resolves with the match once the output matches; rejects with the output if the command ends before. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** Its exit code, once it has ended. */
  ended: Promise<number>;
}

export class ProjectCopy {
  readonly base: string = mkdtempSync(join(tmpdir(), "gradbook-setup-"));
  readonly folder: string = join(this.base, "gradbook");
  readonly home: string = join(this.base, "home");
  private readonly runs: ChildProcess[] = [];

  /** Copies the sources: neither packages nor anything built. */
  constructor() {
    mkdirSync(this.home);
    cpSync(ROOT, this.folder, {
      recursive: true,
      filter: (path) => !NOT_CLONED.test(path.slice(ROOT.length)),
    });
  }

  /** Runs a command in the copy, in a process group of its own. */
  run(command: string, args: string[], env: Record<string, string> = {}): Run {
    const child = spawn(command, args, {
      cwd: this.folder,
      env: { ...cleanEnvironment(), HOME: this.home, ...env },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.runs.push(child);
    let output = "";
    const take = (chunk: Buffer): void => {
      output += chunk;
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    const ended = new Promise<number>((resolve) => child.on("close", (code) => resolve(code ?? 1)));
    const printed = (pattern: RegExp): Promise<RegExpExecArray> =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(output);
          if (match) resolve(match);
        };
        child.stdout.on("data", look);
        look();
        ended.then((code) => reject(new Error(`ended with ${code} before printing ${pattern}:\n${output}`)));
      });
    return { child, output: () => output, printed, ended };
  }

  /** Everything in the copy's home folder. */
  homeContents(): string[] {
    return readdirSync(this.home, { recursive: true }) as string[];
  }

  /** Ends what still runs and removes the copy. */
  remove(): void {
    for (const child of this.runs) if (child.exitCode === null) signal(child, "SIGKILL");
    rmSync(this.base, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Sends a signal to a command and everything in its group, as a terminal does at Ctrl-C. */
export function signal(child: ChildProcess, name: NodeJS.Signals): void {
  try {
    process.kill(-child.pid!, name);
  } catch {
    // It has ended.
  }
}

/** The command lines of all processes that mention `text`. */
export function processesNaming(text: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(join("/proc", pid, "cmdline"), "utf8").replaceAll("\0", " ");
      } catch {
        return "";
      }
    })
    .filter((line) => line.includes(text));
}

/** Our environment without what `npm test` and Jupyter put there; downloads and data come from this project's folder. */
function cleanEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|JUPYTER|IPYTHON|VITEST|NODE_ENV)/i.test(name),
  );
  return {
    ...(Object.fromEntries(kept) as Record<string, string>),
    npm_config_userconfig: process.env.npm_config_userconfig ?? join(homedir(), ".npmrc"),
    // pip asks rustc for its version; where rustup provides it, that would write to the home folder.
    RUSTUP_HOME: process.env.RUSTUP_HOME ?? join(homedir(), ".rustup"),
    GRADBOOK_CACHE: CACHE,
    GRADBOOK_DATA: process.env.GRADBOOK_DATA ?? join(LOCAL, "data"),
  };
}
