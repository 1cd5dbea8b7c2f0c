// Products on matrix units: which suit them, and that units which compute something else are not used. The GPU in software has
// none, so that plain products stand in for them here.

import type { Device } from "gradbook/compute/device";
import type { MatmulKernel } from "gradbook/compute/ir";
import { WebGpuDevice } from "gradbook/compute/webgpu/device";
import { Names } from "gradbook/compute/webgpu/expressions";
import { candidates } from "gradbook/compute/webgpu/presets";
import { Slots } from "gradbook/compute/webgpu/shader";
import { UNIT_TILES } from "gradbook/compute/webgpu/tiles";
import { faultOfUnits } from "gradbook/compute/webgpu/unit-check";
import { bytesOnUnits, emitOnUnits, suitsUnits } from "gradbook/compute/webgpu/unit-product";
import { afterAll, describe, expect, it } from "vitest";

const gpu = new WebGpuDevice();
afterAll(() => gpu.close());

type Half = "float16" | "float32";

function product([m, n, k]: readonly [number, number, number], turned: boolean, dtype: Half): MatmulKernel {
  const strides = (rows: number, columns: number): number[] => (turned ? [1, rows] : [columns, 1]);
  return {
    kind: "matmul",
    batch: [],
    m,
    n,
    k,
    a: { buffer: 0, dtype, view: { offset: 0, strides: strides(m, k) } },
    b: { buffer: 1, dtype, view: { offset: 0, strides: strides(k, n) } },
    outputs: [
      {
        buffer: 2,
        view: { offset: 0, strides: [n, 1] },
        value: { kind: "accumulator", dtype: "float32", index: 0 },
      },
    ],
  };
}

describe("suitable products", () => {
  it.each([
    [[128, 128, 64], false, "float16", true],
    [[128, 128, 64], true, "float16", true],
    [[128, 128, 64], false, "float32", false],
    // the left operand lies along the sum, whose length is no multiple of four
    [[128, 128, 63], false, "float16", false],
    [[128, 128, 63], true, "float16", false],
  ] as const)("%o, transposed: %s, %s: %s", (shape, turned, dtype, suits) => {
    const kernel = product(shape, turned, dtype);
    expect(suitsUnits(kernel)).toBe(suits);
    const names = (units: boolean) => candidates(kernel, units).map(({ name }) => name);
    expect(names(true).includes("units")).toBe(suits);
    expect(names(false)).not.toContain("units");
  });

  it("multiply every pair of matrices of a tile once for each step along the sum", () => {
    const unit = { m: 16, n: 16, k: 16, lanes: 32 };
    for (const tile of Object.values(UNIT_TILES)) {
      const { statements, declarations } = emitOnUnits(
        product([256, 256, 64], false, "float16"),
        tile,
        unit,
        new Slots(),
        new Names(),
      );
      const used = statements.filter((line) => line.includes("subgroupMatrixMultiplyAccumulate("));
      const pairs = (tile.high / unit.m) * (tile.wide / unit.n) * (tile.depth / unit.k);
      expect(new Set(used).size).toBe(pairs);
      const sizes = [...declarations.matchAll(/array<(f16|f32), (\d+)>/g)];
      const bytes = sizes.reduce((sum, [, type, count]) => sum + (type === "f16" ? 2 : 4) * Number(count), 0);
      expect(bytes).toBeLessThanOrEqual(bytesOnUnits(tile, unit));
    }
  });
});

describe("the check", () => {
  it("finds nothing where the products are right", () => {
    expect(faultOfUnits(gpu, (plan) => gpu.compile(plan))).toBeUndefined();
  });

  it("names the tile whose results are wrong", () => {
    const wrong: Pick<Device, "allocate" | "free" | "write" | "read" | "run"> = {
      allocate: (bytes) => gpu.allocate(bytes),
      free: (buffer) => gpu.free(buffer),
      write: (...rest) => gpu.write(...rest),
      run: (...rest) => gpu.run(...rest),
      read: (...rest) => {
        const bytes = gpu.read(...rest);
        // the lowest bit of an exponent, of the last number
        bytes[bytes.length - 2]! ^= 0x80;
        return bytes;
      },
    };
    expect(faultOfUnits(wrong as Device, (plan) => gpu.compile(plan))).toBe("units gives wrong results");
  });

  it("says why a shader is refused", () => {
    const refuse = () => {
      throw new Error("no such extension");
    };
    expect(faultOfUnits(gpu, refuse)).toBe("no such extension");
  });
});
