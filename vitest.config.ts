// The groups of tests. `npm test` runs them all; a single file: `vitest run tests/unit/FILE.test.ts` on the project's Node.

import { defineConfig, type TestProjectConfiguration } from "vitest/config";

interface Limits {
  /** Milliseconds a test may take. */
  timeout: number;
  /** Whether files run beside each other; groups that measure time or drive a browser run them one by one. */
  parallel: boolean;
}

const GROUPS: Record<string, Limits> = {
  unit: { timeout: 20_000, parallel: true },
  training: { timeout: 120_000, parallel: false },
  kernel: { timeout: 60_000, parallel: false },
  notebooks: { timeout: 600_000, parallel: false },
  setup: { timeout: 900_000, parallel: false },
  browser: { timeout: 300_000, parallel: false },
};

const project = ([name, { timeout, parallel }]: [string, Limits]): TestProjectConfiguration => ({
  extends: true,
  test: {
    name,
    include: [`tests/${name}/**/*.test.ts`],
    // tests of processes and times share two cores with a browser there: only what fails three times in a row is a failure
    retry: process.env.CI === undefined ? 0 : 2,
    testTimeout: timeout,
    hookTimeout: timeout,
    fileParallelism: parallel,
  },
});

export default defineConfig({
  test: {
    projects: Object.entries(GROUPS).map(project),
    // What is built runs as it was built: threads it starts must find the same modules.
    server: { deps: { external: [/\/(lib|kernel|extension)\/dist\//] } },
  },
});
