// Tiles are measured once for a class of products, an adapter and a driver, and kept on disk.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MatmulKernel } from "gradbook/compute/ir";
import { WebGpuDevice } from "gradbook/compute/webgpu/device";
import { candidates, classOf, measured, Presets } from "gradbook/compute/webgpu/presets";
import { TILES, type Tile, usualTile } from "gradbook/compute/webgpu/tiles";
import { afterEach, beforeEach, expect, it } from "vitest";
import { runOn } from "../unit/compute/harness.js";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "presets-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const adapter = { name: "a", vendor: "b", architecture: "c", driver: "1.0" };

function product(m: number, n: number, k: number): MatmulKernel {
  const matrix = (buffer: number, width: number): MatmulKernel["a"] => ({
    buffer,
    view: { offset: 0, strides: [width, 1] },
  });
  const value = { kind: "accumulator", dtype: "float32", index: 0 } as const;
  const outputs = [{ ...matrix(2, n), value }];
  return { kind: "matmul", batch: [], m, n, k, a: matrix(0, k), b: matrix(1, n), outputs };
}

/** Presets by a clock on which `fastest` takes least; `seen` collects what is measured. */
function presets(fastest: Tile, seen: string[], driver = "1.0"): Presets {
  return new Presets({ folder, adapter: { ...adapter, driver } }, (kernel, tile) => {
    seen.push(`${classOf(kernel)}: ${tile.name}`);
    return tile === fastest ? 1e-3 : 2e-3;
  });
}

it("the fastest tile is taken for all products of a class, also by the next process, but not on another driver", () => {
  const seen: string[] = [];
  const first = presets(TILES.oblong, seen);
  expect(first.tileFor(product(512, 600, 700))).toBe(TILES.oblong);
  expect(seen).toEqual(
    candidates(product(512, 600, 700), false).map(({ name }) => `float32 1024 x 1024 x 1024: ${name}`),
  );
  expect(first.tileFor(product(1000, 300, 800))).toBe(TILES.oblong);
  seen.length = 0;
  expect(presets(TILES.dense, seen).tileFor(product(512, 600, 700))).toBe(TILES.oblong);
  expect(seen).toEqual([]);
  expect(presets(TILES.dense, seen, "1.1").tileFor(product(512, 600, 700))).toBe(TILES.dense);
  expect(seen.length).toBeGreaterThan(1);
});

it("two processes that measure other classes both find theirs again", () => {
  const [one, other] = [presets(TILES.dense, []), presets(TILES.square, [])];
  one.tileFor(product(512, 512, 512));
  other.tileFor(product(100, 100, 100));
  const seen: string[] = [];
  const third = presets(TILES.large, seen);
  expect([third.tileFor(product(512, 512, 512)), third.tileFor(product(100, 100, 100))]).toEqual([
    TILES.dense,
    TILES.square,
  ]);
  expect(seen).toEqual([]);
});

it("a file that cannot be read is measured again, one of another version too", () => {
  presets(TILES.dense, []).tileFor(product(512, 512, 512));
  const file = join(folder, readdirSync(folder)[0]!);
  const text = readFileSync(file, "utf8");
  for (const broken of [text.slice(0, 40), text.replace(/"version": \d+/, '"version": 0')]) {
    writeFileSync(file, broken);
    expect(presets(TILES.square, []).tileFor(product(512, 512, 512))).toBe(TILES.square);
  }
});

it("where nothing can be measured the shape decides, and nothing is kept", () => {
  const none = new Presets({ folder, adapter }, () => undefined);
  expect(none.tileFor(product(2000, 2000, 64))).toBe(usualTile(product(2000, 2000, 64)));
  expect(readdirSync(folder)).toEqual([]);
});

it("tiles much larger than a product are not tried, and large products are measured smaller", () => {
  expect(candidates(product(8, 1000, 64), false).map(({ name }) => name)).toEqual(["flat"]);
  expect(candidates(product(2000, 2000, 64), true)).toHaveLength(Object.keys(TILES).length);
  expect(measured(product(9000, 10, 5000))).toMatchObject({ m: 4096, n: 10, k: 4096 });
});

it("a real device measures, and computes the same with what it has found", () => {
  const gpu = new WebGpuDevice({ presetFolder: folder });
  const [m, n, k] = [12, 400, 8];
  const values = (count: number): Float64Array => Float64Array.from({ length: count }, (_, i) => (i % 7) - 3);
  const buffers = [values(m * k), values(k * n), new Float64Array(m * n)];
  const types = ["float32", "float32", "float32"] as const;
  const test = { kernels: [product(m, n, k)], buffers, types, args: [] };
  const [left, right, result] = runOn(gpu, test).buffers as [number[], number[], number[]];
  const sums = Array.from({ length: m * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return Array.from({ length: k }, (__, p) => left[i * k + p]! * right[p * n + j]!).reduce((a, b) => a + b);
  });
  expect(result).toEqual(sums);
  gpu.close();
  const [file] = readdirSync(folder);
  const { products } = JSON.parse(readFileSync(join(folder, file!), "utf8"));
  expect(products).toEqual({
    "float32 16 x 1024 x 16": { tile: "flat", seconds: { flat: expect.any(Number) } },
  });
});
