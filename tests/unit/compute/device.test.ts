// The WASM device as a whole: memory that grows, arenas, faults, cancelling, what it says about a plan.

import type { Kernel, Plan } from "gradbook/compute/ir";
import { MEMORY_LEFT_BYTES } from "gradbook/compute/settings";
import { WasmDevice } from "gradbook/compute/wasm/device";
import { prepareEngine } from "gradbook/compute/wasm/flags";
import { SelfTest } from "gradbook/compute/wasm/self-test";
import type { Expr } from "gradbook/graph/expr";
import { describe, expect, it } from "vitest";

const bytesOf = (...values: number[]): Uint8Array => new Uint8Array(new Float32Array(values).buffer);
const floats = (bytes: Uint8Array): number[] => [...new Float32Array(bytes.buffer)];
const line = { offset: 0, strides: [1] };
const load = (buffer: number): Expr => ({ kind: "load", dtype: "float32", buffer, view: line });

function map(extent: number, buffer: number, value: Expr): Kernel {
  const outputs = [{ buffer, view: line, value }];
  return { kind: "loop", outer: [extent], reduce: [], passes: [], outputs };
}

/** Doubles binding 0 into the arena and adds 1 from there into binding 1, `times` times over. */
function twoSteps(extent: number, times = 1): Plan {
  const double: Expr = { kind: "binary", dtype: "float32", op: "add", a: load(0), b: load(0) };
  const one: Expr = { kind: "const", dtype: "float32", value: 1 };
  const plus: Expr = { kind: "binary", dtype: "float32", op: "add", a: load(2), b: one };
  return {
    buffers: [
      { kind: "binding", binding: 0, bytes: 4 * extent },
      { kind: "binding", binding: 1, bytes: 4 * extent },
      { kind: "arena", offset: 128, bytes: 4 * extent },
    ],
    kernels: Array.from({ length: times }, () => [map(extent, 2, double), map(extent, 1, plus)]).flat(),
    arenaBytes: 128 + 4 * extent,
    commit: 2 * times,
    bindings: 2,
    args: 0,
    faults: [],
  };
}

const never = (): boolean => false;
const none = new Float64Array(0);

describe("memory", () => {
  it("grows, and keeps what is in it", () => {
    const device = new WasmDevice({ initialPages: 2 });
    const small = device.allocate(16);
    device.write(small, 0, bytesOf(1, 2, 3, 4));
    const large = device.allocate(40 * 2 ** 20);
    device.write(large, 40 * 2 ** 20 - 8, bytesOf(5, 6));
    expect(floats(device.read(small, 4, 8))).toEqual([2, 3]);
    expect(floats(device.read(large, 40 * 2 ** 20 - 8, 8))).toEqual([5, 6]);
    expect(device.allocatedBytes).toBe(64 + 40 * 2 ** 20);
    device.free(large);
    device.free(small);
    expect(device.allocatedBytes).toBe(0);
  });

  it("names sizes when there is no room", () => {
    const device = new WasmDevice({ initialPages: 2, maximumPages: 32 });
    const kept = device.allocate(2 ** 20);
    expect(() => device.allocate(2 ** 20)).toThrow(
      new RangeError(
        "No room for 1.0 MiB: 1.0 MiB of at most 2.0 MiB are in use. Use smaller batches or dispose of tensors that are no longer needed.",
      ),
    );
    device.free(kept);
    expect(device.allocate(2 ** 20)).toBeDefined();
  });

  it("leaves the machine some memory, and says when that is why there is no room", () => {
    let left = MEMORY_LEFT_BYTES + 20 * 2 ** 20;
    const device = new WasmDevice({ initialPages: 2, available: () => left });
    const kept = device.allocate(16 * 2 ** 20);
    left -= 16 * 2 ** 20;
    expect(() => device.allocate(8 * 2 ** 20)).toThrow(
      new RangeError(
        "No room for 8.0 MiB: 16.0 MiB of at most 4096.0 MiB are in use, and the machine can give 4.0 MiB more. " +
          "Use smaller batches or dispose of tensors that are no longer needed.",
      ),
    );
    device.free(kept);
    expect(device.allocate(8 * 2 ** 20)).toBeDefined();
  });

  it("shows results in place", () => {
    const device = new WasmDevice();
    const buffer = device.allocate(8);
    device.write(buffer, 0, bytesOf(7, 8));
    expect([...new Float32Array(device.memory.buffer, device.address(buffer), 2)]).toEqual([7, 8]);
  });
});

describe("plans", () => {
  it("share an arena that fits the largest of them", () => {
    const device = new WasmDevice();
    const [small, large] = [twoSteps(3), twoSteps(1000)].map((plan) => device.compile(plan));
    const arenas = device.allocatedBytes;
    expect(arenas).toBeGreaterThanOrEqual(128 + 4000);
    expect(arenas).toBeLessThan(2 * (128 + 4000));
    const [x, y] = [device.allocate(12), device.allocate(12)];
    device.write(x, 0, bytesOf(1, 2, 3));
    expect(device.run(small!, [x, y], none, never)).toBeUndefined();
    expect(floats(device.read(y, 0, 12))).toEqual([3, 5, 7]);
    const [xs, ys] = [device.allocate(4000), device.allocate(4000)];
    device.write(xs, 0, bytesOf(...Array.from({ length: 1000 }, (_, i) => i)));
    device.run(large!, [xs, ys], none, never);
    expect(floats(device.read(ys, 0, 4000))).toEqual(Array.from({ length: 1000 }, (_, i) => 2 * i + 1));
  });

  it("stop between kernels when cancelled, but not more often than every millisecond of work", () => {
    const device = new WasmDevice();
    const long = device.compile(twoSteps(100_000, 100));
    const [x, y] = [device.allocate(400_000), device.allocate(400_000)];
    let asked = 0;
    expect(device.run(long, [x, y], none, () => ++asked > 3)).toBe("cancelled");
    expect(asked).toBe(4);
    const short = device.compile(twoSteps(10, 100));
    asked = 0;
    expect(device.run(short, [x, y], none, () => ++asked > 1)).toBeUndefined();
    expect(asked).toBe(1);
  });

  it("report the first failed check and forget it in the next run", () => {
    const device = new WasmDevice();
    const x: Expr = { kind: "load", dtype: "int32", buffer: 0, view: line };
    const value: Expr = { kind: "check", dtype: "int32", x, bound: 10, fault: 1 };
    const plan: Plan = {
      buffers: [0, 1].map((binding) => ({ kind: "binding", binding, bytes: 28 })),
      kernels: [map(7, 1, value)],
      arenaBytes: 0,
      commit: 1,
      bindings: 2,
      args: 0,
      faults: ["other", "{value} is out of range"],
    };
    const executable = device.compile(plan);
    const [a, b] = [device.allocate(28), device.allocate(28)];
    const put = (...values: number[]): void =>
      device.write(a, 0, new Uint8Array(new Int32Array(values).buffer));
    put(0, 1, 9, 3, 4, 10, -1);
    expect(device.run(executable, [a, b], none, never)).toEqual({ fault: 1, value: 10 });
    expect([...new Int32Array(device.read(b, 0, 28).buffer)]).toEqual([0, 1, 9, 3, 4, 0, 0]);
    put(0, 1, 9, 3, 4, 5, 6);
    expect(device.run(executable, [a, b], none, never)).toBeUndefined();
  });

  it("write over nothing once a check has failed", () => {
    const device = new WasmDevice();
    const label: Expr = { kind: "load", dtype: "int32", buffer: 0, view: line };
    const value: Expr = { kind: "check", dtype: "int32", x: label, bound: 10, fault: 0 };
    const one: Expr = { kind: "const", dtype: "float32", value: 1 };
    const update: Expr = { kind: "binary", dtype: "float32", op: "add", a: load(2), b: one };
    const plan: Plan = {
      buffers: [0, 1, 2].map((binding) => ({ kind: "binding", binding, bytes: 4 })),
      kernels: [map(1, 1, value), map(1, 2, update)],
      arenaBytes: 0,
      commit: 1,
      bindings: 3,
      args: 0,
      faults: ["label {value} is out of range"],
    };
    const executable = device.compile(plan);
    const bound = [0, 1, 2].map(() => device.allocate(4));
    device.write(bound[2]!, 0, bytesOf(5));
    device.write(bound[0]!, 0, new Uint8Array(new Int32Array([-3]).buffer));
    expect(device.run(executable, bound, none, never)).toEqual({ fault: 0, value: -3 });
    expect(floats(device.read(bound[2]!, 0, 4))).toEqual([5]);
    device.write(bound[0]!, 0, new Uint8Array(new Int32Array([3]).buffer));
    expect(device.run(executable, bound, none, never)).toBeUndefined();
    expect(floats(device.read(bound[2]!, 0, 4))).toEqual([6]);
  });

  it("say what was generated, a line a kernel", () => {
    const lines = new WasmDevice().compile(twoSteps(1000)).describe();
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^loops?\b/);
  });
});

describe("engine", () => {
  it("passes its own test, and fails it with a broken micro-kernel", () => {
    const { shape, library } = prepareEngine();
    expect(new SelfTest(library, shape).findWrong()).toBeUndefined();
    // The narrower tile leaves columns unwritten that the test looks at.
    expect(new SelfTest(library, { ...shape, columns: shape.columns + 4 }).findWrong()).toBe("columns1");
  });
});
