// Several threads compute what one computes, bit for bit, and as the reference interpreter does; nobody runs ahead of the
// others, a failed check is the first one, and a long kernel can be stopped in its middle.

import type { Kernel, Plan } from "gradbook/compute/ir";
import { ReferenceDevice } from "gradbook/compute/reference/device";
import { engineThreads } from "gradbook/compute/settings";
import { WasmDevice } from "gradbook/compute/wasm/device";
import { TEAM } from "gradbook/compute/wasm/team";
import type { Expr } from "gradbook/graph/expr";
import { afterAll, describe, expect, it } from "vitest";
import { groupCase, inPlaceCase, mapCase, matmulCase, reduceCase, rowCase } from "./generate.js";
import { type Case, difference, runOn, type Tolerance } from "./harness.js";
import { Random } from "./random.js";

/** So fine that even small kernels fall into many chunks. */
const grain = 5;
const devices = [1, 2, 3].map((threads) => new WasmDevice({ threads, grain, helpFrom: 1 }));
const reference = new ReferenceDevice();
afterAll(() => {
  for (const device of devices) device.close();
});

const never = (): boolean => false;
const none = new Float64Array(0);
const float = (value: number): Expr => ({ kind: "const", dtype: "float32", value });
const bytesOf = (values: ArrayLike<number>): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);
const floats = (bytes: Uint8Array): number[] => [...new Float32Array(bytes.buffer)];

/** Chunks that the helpers of a device have computed so far. */
const helped = (device: WasmDevice): number => new Int32Array(device.memory.buffer)[TEAM.done / 4]!;

describe("random kernels on 1, 2 and 3 threads", () => {
  const exact: Tolerance = () => 0;
  const summed: Tolerance = (_, scale) => 1e-5 * Math.max(scale, 1);
  it.each<[string, (random: Random) => Case, number, Tolerance]>([
    ["element-wise", mapCase, 30, exact],
    ["updates in place", inPlaceCase, 15, exact],
    ["reductions", reduceCase, 50, summed],
    ["passes along rows", rowCase, 20, summed],
    ["groups", groupCase, 20, summed],
    ["matrix products", matmulCase, 60, summed],
  ])("%s", (_, make, seeds, tolerance) => {
    for (let seed = 1001; seed <= 1000 + seeds; seed++) {
      const test = make(new Random(seed));
      const [one, ...more] = devices.map((device) => runOn(device, test));
      expect(difference(runOn(reference, test), one!, tolerance), `seed ${seed}`).toBeUndefined();
      for (const other of more) expect(difference(one!, other, exact), `seed ${seed}`).toBeUndefined();
    }
  });
});

/** A plan over bindings of so many floats each. */
function planOf(kernels: readonly Kernel[], sizes: readonly number[], faults: readonly string[] = []): Plan {
  return {
    buffers: sizes.map((size, binding) => ({ kind: "binding", binding, bytes: 4 * size })),
    kernels,
    arenaBytes: 0,
    commit: kernels.length,
    bindings: sizes.length,
    args: 0,
    faults,
  };
}

/** to[i] = from[extent - 1 - i] + 1: every chunk reads what another one wrote. */
function reversed(from: number, to: number, extent: number): Kernel {
  const x: Expr = {
    kind: "load",
    dtype: "float32",
    buffer: from,
    view: { offset: extent - 1, strides: [-1] },
  };
  const value: Expr = { kind: "binary", dtype: "float32", op: "add", a: x, b: float(1) };
  const outputs = [{ buffer: to, view: { offset: 0, strides: [1] }, value }];
  return { kind: "loop", outer: [extent], reduce: [], passes: [], outputs };
}

describe("the barrier", () => {
  it("keeps every kernel behind the one before, however late a helper comes", () => {
    const device = devices[2]!;
    const [extent, kernels] = [700, 40];
    const chain = Array.from({ length: kernels }, (_, i) => reversed(i % 2, (i + 1) % 2, extent));
    const executable = device.compile(planOf(chain, [extent, extent]));
    const bound = [device.allocate(4 * extent), device.allocate(4 * extent)];
    const start = Float32Array.from({ length: extent }, (_, i) => i);
    const expected = floats(bytesOf(start.map((x) => x + kernels)));
    const before = helped(device);
    for (let run = 0; run < 300 || helped(device) < before + 2000; run++) {
      device.write(bound[0]!, 0, bytesOf(start));
      expect(device.run(executable, bound, none, never)).toBeUndefined();
      expect(floats(device.read(bound[0]!, 0, 4 * extent))).toEqual(expected);
    }
  });
});

it("few chunks are shared, too, where they are large", async () => {
  // half a millisecond and more in each: the product of 256 x 256 x 256 falls into two
  const device = new WasmDevice({ threads: 2, grain: 1e5 });
  const side = 256;
  const bound = [0, 1, 2].map(() => device.allocate(4 * side ** 2));
  const matrix = (buffer: number) => ({ buffer, view: { offset: 0, strides: [side, 1] } });
  const value: Expr = { kind: "accumulator", dtype: "float32", index: 0 };
  const product: Kernel = {
    kind: "matmul",
    batch: [],
    m: side,
    n: side,
    k: side,
    a: matrix(0),
    b: matrix(1),
    outputs: [{ ...matrix(2), value }],
  };
  const executable = device.compile(planOf([product], [side ** 2, side ** 2, side ** 2]));
  const ones = bytesOf(new Array(side ** 2).fill(1));
  for (const buffer of bound.slice(0, 2)) device.write(buffer, 0, ones);
  await expect
    .poll(
      () => {
        expect(device.run(executable, bound, none, never)).toBeUndefined();
        return helped(device);
      },
      { timeout: 15_000, interval: 1 },
    )
    .toBeGreaterThan(0);
  expect(new Set(floats(device.read(bound[2]!, 0, 4 * side ** 2)))).toEqual(new Set([side]));
  device.close();
});

it("the leader runs plans of few chunks alone, and others with its helpers, in any order", () => {
  const device = new WasmDevice({ threads: 3, grain, helpFrom: 100 });
  const extent = 640;
  const bound = [device.allocate(4 * extent), device.allocate(4 * extent)];
  const executables = [2, 40].map((kernels) => {
    const all = Array.from({ length: kernels }, (_, i) => reversed(i % 2, 1 - (i % 2), extent));
    return device.compile(planOf(all, [extent, extent]));
  });
  const start = Array.from({ length: extent }, (_, i) => i);
  const run = (which: number, kernels: number): void => {
    device.write(bound[0]!, 0, bytesOf(start));
    expect(device.run(executables[which]!, bound, none, never)).toBeUndefined();
    expect(floats(device.read(bound[0]!, 0, 4 * extent))).toEqual(start.map((x) => x + kernels));
  };
  for (let i = 0; i < 100; i++) run(0, 2);
  expect(helped(device)).toBe(0);
  while (helped(device) < 100) {
    run(1, 40);
    const before = helped(device);
    run(0, 2);
    expect(helped(device)).toBe(before);
  }
  device.close();
});

describe("a failed check", () => {
  it("is the first one, whoever finds it", () => {
    const device = devices[2]!;
    const extent = 640;
    const x: Expr = { kind: "load", dtype: "int32", buffer: 0, view: { offset: 0, strides: [1] } };
    const value: Expr = { kind: "check", dtype: "int32", x, bound: 10, fault: 0 };
    const outputs = [{ buffer: 1, view: { offset: 0, strides: [1] }, value }];
    const kernel: Kernel = { kind: "loop", outer: [extent], reduce: [], passes: [], outputs };
    const executable = device.compile(planOf([kernel], [extent, extent], ["{value} is out of range"]));
    const bound = [device.allocate(4 * extent), device.allocate(4 * extent)];
    const labels = Int32Array.from({ length: extent }, (_, i) => (i % 100 === 99 ? 1000 + i : i % 10));
    device.write(bound[0]!, 0, new Uint8Array(labels.buffer));
    for (let run = 0; run < 200; run++) {
      expect(device.run(executable, bound, none, never)).toEqual({ fault: 0, value: 1099 });
    }
  });
});

describe("cancelling", () => {
  it("stops in the middle of a large product, and the next run is right", () => {
    const device = devices[1]!;
    const size = 640;
    const matrix = (buffer: number) => ({ buffer, view: { offset: 0, strides: [size, 1] } });
    const product: Kernel = {
      kind: "matmul",
      batch: [],
      m: size,
      n: size,
      k: size,
      a: matrix(0),
      b: matrix(1),
      outputs: [{ ...matrix(2), value: { kind: "accumulator", dtype: "float32", index: 0 } }],
    };
    const elements = size * size;
    const executable = device.compile(planOf([product], [elements, elements, elements]));
    const bound = [0, 1, 2].map(() => device.allocate(4 * elements));
    for (const buffer of bound.slice(0, 2)) {
      device.write(buffer, 0, bytesOf(Array.from({ length: elements }, (_, i) => ((i * 7) % 23) / 8 - 1)));
    }
    const result = (): Buffer => Buffer.from(device.read(bound[2]!, 0, 4 * elements));
    expect(device.run(executable, bound, none, never)).toBeUndefined();
    const whole = result();
    device.write(bound[2]!, 0, new Uint8Array(4 * elements));
    let asked = 0;
    expect(device.run(executable, bound, none, () => ++asked > 2)).toBe("cancelled");
    expect(asked).toBe(3);
    expect(result().equals(whole)).toBe(false);
    expect(device.run(executable, bound, none, never)).toBeUndefined();
    expect(result().equals(whole)).toBe(true);
  });
});

describe("GRADBOOK_THREADS", () => {
  it("is a number of threads, or unset for one a core", () => {
    const set = (value: string | undefined): (() => number) => {
      return () => {
        process.env.GRADBOOK_THREADS = value ?? "";
        try {
          return engineThreads(8);
        } finally {
          delete process.env.GRADBOOK_THREADS;
        }
      };
    };
    expect(set(undefined)()).toBe(8);
    expect(set("3")()).toBe(3);
    for (const wrong of ["0", "-1", "2.5", "many"]) {
      expect(set(wrong)).toThrow(`GRADBOOK_THREADS=${wrong} is not known. Set it to a number from 1 to 256`);
    }
  });
});
