// The benchmark command: what it writes, here without a peer and with a single round, and how it refuses unknown workloads.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { median, rowOf, rowsOf } from "../bench/table.ts";

const folder = mkdtempSync(join(tmpdir(), "gradbook-bench-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Milliseconds for a benchmark on a busy machine. */
const PATIENCE = 120_000;

function bench(...args: string[]) {
  const main = fileURLToPath(new URL("../bench/main.ts", import.meta.url));
  const env = { ...process.env, GRADBOOK_TORCH_PYTHON: join(folder, "no-python") };
  return spawnSync(process.execPath, [main, ...args], { env, encoding: "utf8" });
}

test(
  "measures both homes of the engine, and leaves the peer's columns empty where there is no PyTorch",
  () => {
    const file = join(folder, "rows.json");
    const { status, stdout } = bench("act-relu", "--rounds", "1", "--json", file);
    expect(status).toBe(0);
    expect(stdout).toContain("pytorch is left out: no Python with torch");
    const { machine, rows } = JSON.parse(readFileSync(file, "utf8"));
    expect(machine).toMatchObject({ node: process.version, versions: { thread: process.version } });
    const alone = { workload: "act-relu", unit: "ms", peer: null, ratio: null };
    expect(rows).toMatchObject(["thread", "server"].map((home) => ({ ...alone, home })));
    for (const { ours } of rows) expect(ours).toBeGreaterThan(0);
  },
  PATIENCE,
);

test("names the workloads when asked for an unknown one", () => {
  const { status, stderr } = bench("mpl");
  expect(status).toBe(2);
  expect(stderr).toContain("There is no workload mpl. There are: mlp-sgd-32, mlp-sgd-512,");
});

test("the median of an even number of rounds lies between the middle two", () => {
  expect([median([3, 1, 2]), median([4, 1, 3, 2])]).toEqual([2, 2.5]);
});

test("a row has the medians of both, their spreads, and ours divided by the peer's", () => {
  const what = { workload: "w", home: "thread" };
  expect(rowOf(what, [3, 1, 2], { name: "pytorch", times: [8, 4, 9] })).toEqual({
    ...what,
    device: "wasm",
    ours: 2,
    oursSpread: [1, 3],
    unit: "ms",
    peer: "pytorch",
    peerValue: 8,
    peerSpread: [4, 9],
    ratio: 0.25,
  });
});

test("rows: each home beside each peer, and a watched run beside the first peer and beside itself unwatched", () => {
  const measured = (name: string, time: number, variant: "plain" | "watched" = "plain") => ({
    name,
    variant,
    times: [time],
  });
  const rows = rowsOf("w", [
    measured("thread", 2),
    measured("thread", 3, "watched"),
    measured("server", 4),
    measured("pytorch", 8),
    measured("jax-js", 16),
  ]);
  expect(rows.map(({ workload, home, peer, ratio }) => [workload, home, peer, ratio])).toEqual([
    ["w", "thread", "pytorch", 0.25],
    ["w", "thread", "jax-js", 0.125],
    ["w-watched", "thread", "pytorch", 0.375],
    ["w-watched", "thread", "unwatched", 1.5],
    ["w", "server", "pytorch", 0.5],
    ["w", "server", "jax-js", 0.25],
  ]);
});
