// Generated shaders as text: they keep to the workgroup memory that every implementation has, hold nothing that they do not call, and
// compile also where no test machine can run them.

import type { LoopKernel, MatmulKernel, Plan } from "gradbook/compute/ir";
import { UNIT_FEATURE } from "gradbook/compute/webgpu/adapter";
import { WebGpuDevice } from "gradbook/compute/webgpu/device";
import { ProgramBuilder } from "gradbook/compute/webgpu/program";
import { ALL_TILES, TILES, type TileName, usualTile } from "gradbook/compute/webgpu/tiles";
import type { DType } from "gradbook/graph/dtype";
import type { Expr } from "gradbook/graph/expr";
import { afterEach, expect, it, vi } from "vitest";

/** Bytes of workgroup memory that every implementation has. */
const LEAST = 16_384;

const load = (dtype: DType, buffer: number, strides: readonly number[]): Expr => ({
  kind: "load",
  dtype,
  buffer,
  view: { offset: 0, strides },
});

const UNIT = { m: 16, n: 16, k: 16, lanes: 32 };

/** Overwrites something after a check: it must not once that has failed. */
function planFor(kernel: LoopKernel | MatmulKernel): Plan {
  const label: Expr = { kind: "check", dtype: "int32", x: load("int32", 0, [1]), bound: 10, fault: 0 };
  const check: LoopKernel = {
    kind: "loop",
    outer: [4],
    reduce: [],
    passes: [],
    outputs: [{ buffer: 0, view: { offset: 0, strides: [1] }, value: label }],
  };
  return {
    buffers: [0, 1, 2].map((binding) => ({ kind: "binding", binding, bytes: 2 ** 20 })),
    kernels: [check, kernel],
    arenaBytes: 0,
    commit: 1,
    bindings: 3,
    args: 0,
    faults: ["label {value}"],
  };
}

function shaderOf(kernel: LoopKernel | MatmulKernel, tile?: TileName): string {
  const tileFor = (product: MatmulKernel) => (tile === undefined ? usualTile(product) : ALL_TILES[tile]);
  const { shaders } = new ProgramBuilder(planFor(kernel), { half: true, unit: UNIT, tileFor }).program;
  return shaders.at(-1)!.code;
}

function product(dtype: "float32" | "float16", turned = false): MatmulKernel {
  const value: Expr = { kind: "accumulator", dtype: "float32", index: 0 };
  const strides = turned ? [1, 256] : [256, 1];
  const operand = (buffer: number) => ({ buffer, dtype, view: { offset: 0, strides } });
  const outputs = [{ buffer: 2, view: { offset: 0, strides: [256, 1] }, value }];
  return { kind: "matmul", batch: [], m: 256, n: 256, k: 256, a: operand(0), b: operand(1), outputs };
}

/** Sums, of so many values at once, along rows of 1024. */
function sums(count: number): LoopKernel {
  const accumulators = Array.from({ length: count }, (_, i) => ({
    op: i % 2 === 0 ? ("sum" as const) : ("argmax" as const),
    dtype: i % 2 === 0 ? ("float32" as const) : ("int32" as const),
    value: load("float32", 1, [1024, 1]),
  }));
  const outputs = accumulators.map(({ dtype }, index) => ({
    buffer: 2,
    view: { offset: index * 64, strides: [1] },
    value: { kind: "accumulator", dtype, index } as const,
  }));
  return { kind: "loop", outer: [64], reduce: [1024], passes: [{ accumulators, outputs: [] }], outputs };
}

const SIZES: Readonly<Record<string, number>> = { u32: 4, i32: 4, f32: 4, bool: 4, f16: 2, "vec4<f32>": 16 };

/** Each variable rounded up to a multiple of 16 bytes, as the specification counts. */
function workgroupBytes(code: string): number {
  let bytes = 0;
  for (const [, type, count] of code.matchAll(/var<workgroup> \w+: (?:array<(.+), (\d+)>|\w+);/g))
    bytes += Math.ceil((SIZES[type ?? "u32"]! * Number(count ?? 1)) / 16) * 16;
  return bytes;
}

it.each(Object.keys(TILES) as TileName[])(
  "a product with tile %s fits, also where it may not store",
  (tile) => {
    const code = shaderOf(product("float32"), tile);
    expect(code).toContain("atomicLoad(&faults[0]) != 0u");
    expect(workgroupBytes(code)).toBeGreaterThan(4000);
    expect(workgroupBytes(code)).toBeLessThanOrEqual(LEAST);
  },
);

afterEach(() => vi.unstubAllEnvs());

// that of large matrix units needs more workgroup memory than there is here
it("what the GPU in software has no features for is accepted by the compiler", () => {
  vi.stubEnv("GRADBOOK_WEBGPU_BACKEND", "null");
  let tile: TileName = "units";
  const gpu = new WebGpuDevice({ unit: UNIT, tileFor: () => ALL_TILES[tile] });
  expect(gpu.adapter.features).toEqual(expect.arrayContaining(["shader-f16", UNIT_FEATURE]));
  for (tile of [...(Object.keys(TILES) as TileName[]), "units" as const])
    for (const turned of [false, true]) {
      const [, how] = gpu.compile(planFor(product("float16", turned))).describe();
      expect(how!.includes("on matrix units")).toBe(tile === "units");
    }
  gpu.close();
});

it.each([1, 2, 4, 9])("%i reductions at once fit", (count) => {
  const code = shaderOf(sums(count));
  expect(code).toContain("workgroupUniformLoad(&stop)");
  expect(workgroupBytes(code)).toBeGreaterThan(1000);
  expect(workgroupBytes(code)).toBeLessThanOrEqual(LEAST);
});

it.each([
  ["a product", shaderOf(product("float32"))],
  ["a product of float16", shaderOf(product("float16"))],
  ["a product on matrix units", shaderOf(product("float16"), "units")],
  ["reductions", shaderOf(sums(2))],
])("%s calls every function that it holds", (_, code) => {
  const defined = [...code.matchAll(/^fn (\w+)\(/gm)].map(([, name]) => name!);
  expect(defined).toContain("main");
  const unused = defined.filter((name) => name !== "main" && code.split(`${name}(`).length < 3);
  expect(unused).toEqual([]);
});
