// The groups of tests. `npm test` runs them all; a single file: `vitest run tests/unit/FILE.test.ts` on the project's Node.

import { availableParallelism } from "node:os";
import { defineConfig, type TestProjectConfiguration } from "vitest/config";

interface Limits {
  /** Its files, where they are not all of tests/NAME. */
  files?: readonly string[];
  /** Milliseconds a test may take. */
  timeout: number;
  /** Whether files run beside each other; groups that measure time or drive a browser run them one by one. */
  parallel: boolean;
  /** How many at once, where vitest's choice, a core fewer than there are, is too few. */
  workers?: number;
  /** Drives processes that share two cores: in continuous integration only what fails three times in a row has failed. */
  processes: boolean;
  /** Environment variables. */
  env?: Record<string, string>;
}

const ENGINE = [
  "tests/unit/{compute,engine}/**/*.test.ts",
  "tests/unit/library/{determinism,explain,fusion,lazy,plans,speculation}.test.ts",
];
export const PARITY = [
  "tests/unit/parity/*.test.ts",
  "tests/unit/*/parity.test.ts",
  "tests/unit/optim/optimizers.test.ts",
  "tests/unit/gradients/*.test.ts",
  "tests/unit/chapter/listings.test.ts",
];

const TRAINING = ["tests/training/**/*.test.ts", "tests/unit/train/{fit,fork,halt,statistics}.test.ts"];

/** The tests of the GPU's device, and those that are run on every device: tests/unit/groups.test.ts looks whether one is
 *  missing. In what needs no certain device, as training does, that of the group computes. */
export const GPU = [
  "tests/gpu/*.test.ts",
  ...PARITY,
  "tests/unit/compute/{functions,kernels,routines,short-types}.test.ts",
  "tests/unit/{activations,spatial}/properties.test.ts",
  "tests/unit/init/{for-activation,statistics}.test.ts",
  "tests/unit/nn/{dropout,modes}.test.ts",
  "tests/unit/norm/{fold,layers}.test.ts",
  "tests/unit/optim/clip.test.ts",
  "tests/unit/random/device.test.ts",
  "tests/unit/train/statistics.test.ts",
];

const GROUPS: Record<string, Limits> = {
  engine: { files: ENGINE, timeout: 20_000, parallel: true, processes: false },
  parity: { files: PARITY, timeout: 20_000, parallel: true, processes: false },
  unit: {
    timeout: 20_000,
    parallel: true,
    workers: Math.max(2, availableParallelism() - 1),
    processes: false,
  },
  docs: { timeout: 120_000, parallel: true, processes: false },
  diagnosis: { timeout: 300_000, parallel: true, processes: false },
  training: { files: TRAINING, timeout: 120_000, parallel: false, processes: false },
  kernel: { timeout: 60_000, parallel: false, processes: true },
  notebooks: { timeout: 600_000, parallel: false, processes: true },
  setup: { timeout: 900_000, parallel: false, processes: true },
  gpu: {
    files: GPU,
    timeout: 300_000,
    parallel: true,
    workers: 2,
    processes: false,
    env: { GRADBOOK_DEVICE: "webgpu" },
  },
  browser: { timeout: 300_000, parallel: false, processes: true },
};

const project = ([name, { files, timeout, parallel, workers, processes, env }]: [
  string,
  Limits,
]): TestProjectConfiguration => ({
  extends: true,
  test: {
    name,
    include: [...(files ?? [`tests/${name}/**/*.test.ts`])],
    // each file once: what has a group of its own is not in the quick one
    exclude: name === "unit" ? [...ENGINE, ...PARITY, ...TRAINING] : [],
    retry: processes && process.env.CI !== undefined ? 2 : 0,
    ...(env === undefined ? {} : { env }),
    testTimeout: timeout,
    hookTimeout: timeout,
    fileParallelism: parallel,
    ...(workers === undefined ? {} : { maxWorkers: workers }),
  },
});

export default defineConfig({
  test: {
    projects: Object.entries(GROUPS).map(project),
    // What is built runs as it was built: threads it starts must find the same modules.
    server: { deps: { external: [/\/(lib|kernel|extension)\/dist\//] } },
  },
});
