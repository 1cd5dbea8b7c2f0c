// The benchmark of the GPU runs through, here with tiny sizes and without PyTorch.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const main = fileURLToPath(new URL("../bench/main.ts", import.meta.url));

test("rows have rates, and what part that is of the peak that was measured before", () => {
  const folder = mkdtempSync(join(tmpdir(), "gradbook-bench-"));
  const file = join(folder, "rows.json");
  const env = { ...process.env, GRADBOOK_BENCH_TINY: "1", GRADBOOK_TORCH_PYTHON: join(folder, "no-python") };
  const names = ["peak-fma", "matmul-64"];
  const args = [main, ...names, "--device", "webgpu", "--rounds", "1", "--json", file];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: "utf8" });
  expect(status, stdout + stderr).toBe(0);
  const { rows } = JSON.parse(readFileSync(file, "utf8"));
  rmSync(folder, { recursive: true });
  const own = { device: "webgpu", home: "server", unit: "ms", peer: null };
  expect(rows).toMatchObject(names.map((workload) => ({ ...own, workload })));
  const [peak, product] = rows;
  expect(peak.ofLimit).toBe(1);
  expect(product.rate).toBeCloseTo((2 * 64 ** 3) / (product.ours / 1000), 6);
  expect(product.ofLimit).toBeCloseTo(product.rate / peak.rate, 6);
});

test("a GPU in software is not asked for the large sizes", () => {
  const args = [main, "mlp-sgd-32", "--device", "webgpu", "--kernels"];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(stderr).toMatch(/software.*GRADBOOK_BENCH_TINY=1/);
  expect(status).toBe(2);
});
