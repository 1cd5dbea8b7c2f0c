// The GPU's device as a whole: memory, arenas, faults, tiles of matrix products, long sums, routines on the host, and what is the
// same as on the CPU.

import * as gb from "gradbook";
import type { Kernel, Plan } from "gradbook/compute/ir";
import { ReferenceDevice } from "gradbook/compute/reference/device";
import { heapLimit } from "gradbook/compute/webgpu/adapter";
import { WebGpuDevice } from "gradbook/compute/webgpu/device";
import { lowered } from "gradbook/compute/webgpu/lower";
import { usualTile } from "gradbook/compute/webgpu/tiles";
import type { Expr, View } from "gradbook/graph/expr";
import { bernoulli } from "gradbook/tensor/random/device";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, describe, expect, it } from "vitest";
import { type Case, difference, runOn } from "../unit/compute/harness.js";
import { Random } from "../unit/compute/random.js";
import { useDevice } from "../unit/parity/library.js";

const gpu = new WebGpuDevice();
const reference = new ReferenceDevice();
afterAll(() => {
  gpu.close();
  closeSession();
});

const bytesOf = (...values: number[]): Uint8Array => new Uint8Array(new Float32Array(values).buffer);
const floats = (bytes: Uint8Array): number[] => [...new Float32Array(bytes.slice().buffer)];
const line: View = { offset: 0, strides: [1] };
const never = (): boolean => false;
const none = new Float64Array(0);

describe("memory", () => {
  it("grows and keeps what is in it; parts of words can be read", () => {
    const small = gpu.allocate(16);
    gpu.write(small, 0, bytesOf(1, 2, 3, 4));
    const large = gpu.allocate(40 * 2 ** 20);
    gpu.write(large, 40 * 2 ** 20 - 8, bytesOf(5, 6));
    expect(floats(gpu.read(small, 4, 8))).toEqual([2, 3]);
    expect(floats(gpu.read(large, 40 * 2 ** 20 - 8, 8))).toEqual([5, 6]);
    const odd = gpu.allocate(7);
    gpu.write(odd, 0, Uint8Array.of(1, 2, 3, 4, 5, 6, 7));
    expect([...gpu.read(odd, 3, 4)]).toEqual([4, 5, 6, 7]);
    for (const buffer of [small, large, odd]) gpu.free(buffer);
  });

  it("is as much as one buffer holds, and as bytes can be counted in 32 bits", () => {
    const limit = (maxBufferSize: number, maxStorageBufferBindingSize: number): number =>
      heapLimit({ limits: { maxBufferSize, maxStorageBufferBindingSize } as GPUSupportedLimits });
    expect(limit(2 ** 31, 2 ** 30 + 100)).toBe(2 ** 30);
    expect(limit(2 ** 36, 2 ** 35)).toBe(2 ** 32);
  });

  it("has sizes in the error when there is no room", () => {
    expect(() => gpu.allocate(gpu.adapter.memoryBytes + 1)).toThrow(
      /^No room for .* MiB on the GPU: .* MiB are in use/,
    );
  });
});

/** What generated code may use here. */
const target = { half: false, tileFor: usualTile };

describe("checks", () => {
  const label: Expr = { kind: "check", dtype: "int32", x: load("int32", 0), bound: 10, fault: 0 };
  const plus: Expr = { kind: "binary", dtype: "float32", op: "add", a: load("float32", 2), b: constant(1) };
  const plan: Plan = {
    buffers: [0, 1, 2].map((binding) => ({ kind: "binding", binding, bytes: 4 })),
    kernels: [map(1, label), map(2, plus)],
    arenaBytes: 0,
    commit: 1,
    bindings: 3,
    args: 0,
    faults: ["label {value} is out of range"],
  };

  it("that fail are reported, and nothing is overwritten after them", () => {
    const executable = gpu.compile(plan);
    const bound = [0, 1, 2].map(() => gpu.allocate(4));
    const put = (value: number): void => gpu.write(bound[0]!, 0, new Uint8Array(Int32Array.of(value).buffer));
    gpu.write(bound[2]!, 0, bytesOf(5));
    put(-3);
    expect(gpu.run(executable, bound, none, never)).toEqual({ fault: 0, value: -3 });
    expect(floats(gpu.read(bound[2]!, 0, 4))).toEqual([5]);
    put(3);
    expect(gpu.run(executable, bound, none, never)).toBeUndefined();
    expect(floats(gpu.read(bound[2]!, 0, 4))).toEqual([6]);
    expect(executable.traffic).toEqual({ submits: 1, passes: 1, dispatches: 2, bytes: expect.any(Number) });
  });

  // from the third run on, commands are encoded in advance, with the heap that was there
  it("are also reported by runs that were encoded in advance, which find the heap after it has grown", () => {
    const executable = gpu.compile(plan);
    const bound = [0, 1, 2].map(() => gpu.allocate(4));
    gpu.write(bound[2]!, 0, bytesOf(0));
    const run = (label: number): unknown => {
      gpu.write(bound[0]!, 0, new Uint8Array(Int32Array.of(label).buffer));
      const outcome = gpu.run(executable, bound, none, never);
      gpu.finish();
      return outcome;
    };
    for (let i = 0; i < 4; i++) expect(run(i)).toBeUndefined();
    expect(run(77)).toEqual({ fault: 0, value: 77 });
    const large = gpu.allocate(50 * 2 ** 20);
    for (let i = 0; i < 3; i++) expect(run(i)).toBeUndefined();
    expect(floats(gpu.read(bound[2]!, 0, 4))).toEqual([7]);
    executable.release();
    gpu.free(large);
  });
});

describe("long sums", () => {
  it("are computed in parts, and are as exact as on the CPU", () => {
    const length = 60_000;
    const value: Expr = {
      kind: "load",
      dtype: "float32",
      buffer: 0,
      view: { offset: 0, strides: [length, 1] },
    };
    const kernel: Kernel = {
      kind: "loop",
      outer: [2],
      reduce: [length],
      passes: [
        {
          accumulators: [
            { op: "sum", dtype: "float32", value },
            { op: "max", dtype: "float32", value },
          ],
          outputs: [],
        },
      ],
      outputs: [0, 1].map((index) => ({
        buffer: index + 1,
        view: line,
        value: { kind: "accumulator", dtype: "float32", index },
      })),
    };
    expect(lowered(kernel, () => 3, target)).toHaveLength(2);
    const random = new Random(3);
    const test: Case = {
      kernels: [kernel],
      buffers: [
        Float64Array.from({ length: 2 * length }, () => random.next()),
        new Float64Array(2),
        new Float64Array(2),
      ],
      types: ["float32", "float32", "float32"],
      args: [],
    };
    expect(difference(runOn(reference, test), runOn(gpu, test), (_, scale) => 1e-6 * scale)).toBeUndefined();
  });
});

describe("the library on it", () => {
  it("draws the same dropout masks for a seed as on the CPU", () => {
    const drawn = (["wasm", "webgpu"] as const).map((device) => {
      useDevice(device);
      gb.manualSeed(-5);
      const mask = gb.Tensor.from(bernoulli([33, 11], 0.4)).toArray();
      const dropped = gb.nn.Dropout(0.3)(gb.tensor.ones(7, 50)).toArray();
      return [mask, dropped];
    });
    expect(drawn[1]).toEqual(drawn[0]);
  });

  it("says what a run asks of the GPU, and what is copied to the CPU", () => {
    useDevice("webgpu");
    const x = gb.tensor.randn(8, 4);
    expect(gb.explain(x.mul(2).exp().sum(1))).toMatch(
      /on the GPU: 1 submit, 1 pass, 1 dispatch, \d+ B between/,
    );
    expect(gb.explain(x.mul(2).sort(0).values)).toMatch(/on the CPU, copied there and back/);
  });

  it("reports a label that is out of range, and leaves the parameters as they were", () => {
    useDevice("webgpu");
    const layer = gb.nn.Linear(3, 2);
    const before = layer.weight.toArray();
    const optimizer = new gb.optim.SGD(layer.parameters(), { lr: 1 });
    gb.F.crossEntropy(layer(gb.tensor.ones(2, 3)), gb.tensor([0, 5], { dtype: "int32" })).backward();
    optimizer.step();
    expect(() => layer.weight.toArray()).toThrow(/5/);
    expect(layer.weight.toArray()).toEqual(before);
  });
});

function load(dtype: "float32" | "int32", buffer: number): Expr {
  return { kind: "load", dtype, buffer, view: line };
}

function constant(value: number): Expr {
  return { kind: "const", dtype: "float32", value };
}

function map(buffer: number, value: Expr): Kernel {
  return { kind: "loop", outer: [1], reduce: [], passes: [], outputs: [{ buffer, view: line, value }] };
}
