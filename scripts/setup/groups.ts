// The groups that `npm test` runs: what each needs and how it is counted.

import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { LOCAL, MODULES, ROOT } from "./paths.mjs";

export interface Count {
  passed: number;
  failed: number;
  skipped: number;
  /** What failed: the test, then the first lines of what it said. */
  failures: readonly string[];
}

export interface Group {
  name: string;
  /** What must be ready: the compiled TypeScript, or "all", with what JupyterLab needs, Python and the data. */
  build: "code" | "all";
  /** Whether it needs the data sets although it does not need everything. */
  data?: true;
  browser?: true;
  /** Whether it needs a GPU, or the one in software that comes with Chromium. */
  gpu?: true;
  run(env: Record<string, string>): Promise<Count>;
}

/** How much of a failed test's message is repeated at the end. */
const MESSAGE_LINES = 6;

/** The most a group may take before it is ended and counted as failed. */
const MINUTES = 15;

export const GROUPS: readonly Group[] = [
  {
    name: "style",
    build: "code",
    run: (env) => runCheck([bin("@biomejs/biome/bin/biome"), "check", "--error-on-warnings"], env),
  },
  {
    name: "types",
    build: "all",
    run: (env) => runCheck([bin("typescript/bin/tsc"), "-b", "tests", "scripts"], env),
  },
  { name: "unit", build: "code", run: (env) => runTests("unit", env) },
  { name: "parity", build: "code", run: (env) => runTests("parity", env) },
  { name: "engine", build: "code", run: (env) => runTests("engine", env) },
  { name: "docs", build: "code", run: (env) => runTests("docs", env) },
  { name: "diagnosis", build: "code", run: (env) => runTests("diagnosis", env) },
  { name: "training", build: "code", data: true, run: (env) => runTests("training", env) },
  { name: "gpu", build: "code", data: true, gpu: true, run: (env) => runTests("gpu", env) },
  { name: "kernel", build: "all", run: (env) => runTests("kernel", env) },
  { name: "notebooks", build: "all", run: (env) => runTests("notebooks", env) },
  { name: "browser", build: "all", browser: true, run: (env) => runTests("browser", env) },
  { name: "setup", build: "code", run: (env) => runTests("setup", env) },
];

const bin = (path: string): string => join(MODULES, ...path.split("/"));

/** A tool that passes or fails as a whole: counts as one. */
async function runCheck(args: string[], env: Record<string, string>): Promise<Count> {
  const failed = (await run(args, env)) === 0 ? 0 : 1;
  return {
    passed: 1 - failed,
    failed,
    skipped: 0,
    failures: failed > 0 ? ["Its own output says where."] : [],
  };
}

interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: { name: string; status: string; message?: string; assertionResults: TestResult[] }[];
}

interface TestResult {
  fullName: string;
  status: string;
  failureMessages?: readonly string[];
}

/** A group of vitest: counts its tests; a file that cannot be loaded, or a crash, counts as a failure. */
async function runTests(name: string, env: Record<string, string>): Promise<Count> {
  const report = join(LOCAL, "tests", `${name}.json`);
  mkdirSync(join(LOCAL, "tests"), { recursive: true });
  rmSync(report, { force: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const code = await run([bin("vitest/vitest.mjs"), "run", "--project", name, ...reporters], env);
  try {
    const counts = JSON.parse(readFileSync(report, "utf8")) as VitestReport;
    const broken = counts.testResults.filter(
      (file) => file.status === "failed" && file.assertionResults.length === 0,
    );
    const failed = counts.numFailedTests + broken.length;
    return {
      passed: counts.numPassedTests,
      failed: code !== 0 && failed === 0 ? 1 : failed,
      skipped: counts.numPendingTests + counts.numTodoTests,
      failures: [
        ...broken.map(({ name, message = "" }) => failure(relative(ROOT, name), message)),
        ...counts.testResults.flatMap(failedTests),
      ],
    };
  } catch {
    return failedAsAWhole("It ended without a report.");
  }
}

/** The count of a group that could not run. */
export function failedAsAWhole(why: string): Count {
  return { passed: 0, failed: 1, skipped: 0, failures: [why] };
}

function failedTests({ name, assertionResults }: VitestReport["testResults"][number]): string[] {
  return assertionResults
    .filter(({ status }) => status === "failed")
    .map(({ fullName, failureMessages = [] }) =>
      failure(`${relative(ROOT, name)} > ${fullName}`, failureMessages.join("\n")),
    );
}

/** A failed test with the lines of its message that say what happened and where in the tests. */
function failure(test: string, message: string): string {
  const lines = stripVTControlCharacters(message)
    .split("\n")
    .map((line) => line.trim());
  const first = lines.findIndex((line) => line.startsWith("at "));
  const said = lines.slice(0, first < 0 ? undefined : first).filter((line) => line !== "");
  const places = lines.filter((line) => line.startsWith("at ") && line.includes(".test.ts"));
  return [test, ...said.slice(0, MESSAGE_LINES), ...places.slice(0, 1)].join("\n    ");
}

/** Runs a Node script to its end, its output passing through; gives the exit code. */
function run(args: string[], env: Record<string, string>): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: "inherit",
    });
    const late = setTimeout(() => {
      console.error(`Ended after ${MINUTES} minutes.`);
      child.kill("SIGKILL");
    }, MINUTES * 60_000);
    child.on("exit", (code) => {
      clearTimeout(late);
      resolve(code ?? 1);
    });
  });
}
