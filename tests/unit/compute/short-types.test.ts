// float16 and uint8: what is stored, rounded and promoted, against the language's own Float16Array and PyTorch's rules.

import * as gb from "gradbook";
import type { Device } from "gradbook/compute/device";
import type { LoopKernel } from "gradbook/compute/ir";
import { ReferenceDevice } from "gradbook/compute/reference/device";
import type { DType } from "gradbook/graph/dtype";
import { beforeAll, describe, expect, it } from "vitest";
import { seeded, valuesOf } from "../library/support.js";
import { DEVICES, useDevice } from "../parity/library.js";
import { runOn, testedDevice } from "./harness.js";

const { tensor } = gb;

/** All values of one buffer, cast into another. */
function converted(from: DType, to: DType, values: Float64Array, device: Device): number[] {
  const view = { offset: 0, strides: [1] };
  const x = { kind: "load", dtype: from, buffer: 0, view } as const;
  const kernel: LoopKernel = {
    kind: "loop",
    outer: [values.length],
    reduce: [],
    passes: [],
    outputs: [{ buffer: 1, view, value: { kind: "cast", dtype: to, x } }],
  };
  const buffers = [values, new Float64Array(values.length)];
  return runOn(device, { kernels: [kernel], buffers, types: [from, to], args: [] }).buffers[1]!;
}

describe.each([new ReferenceDevice(), testedDevice()])("conversion on $name", (device) => {
  it("reads every float16 exactly", () => {
    const all = new Float16Array(Uint16Array.from({ length: 65536 }, (_, bits) => bits).buffer);
    const values = Float64Array.from(all);
    expect(converted("float16", "float32", values, device)).toEqual([...values]);
  });

  it("rounds float32 to the nearest float16, halves to even, and overflows to infinity", () => {
    const random = seeded(7);
    const bits = Uint32Array.from({ length: 20_000 }, () => random() * 2 ** 32);
    // of a size that fits, half way between two neighbours, and at both ends of what there is
    const sizes = Float64Array.from({ length: 20_000 }, (_, i) => (random() - 0.5) * 2 ** ((i % 44) - 26));
    const halves = Float64Array.from({ length: 4096 }, (_, i) => (i + 0.5) * 2 ** ((i % 30) - 25));
    const ends = [
      65504,
      65519.99,
      65520,
      2 ** -24,
      2 ** -25,
      1.5 * 2 ** -25,
      2 ** -14,
      0,
      -0,
      1e-40,
      Number.NaN,
    ];
    const values = Float64Array.from(
      [...new Float32Array(bits.buffer), ...sizes, ...halves, ...ends],
      Math.fround,
    );
    expect(converted("float32", "float16", values, device)).toEqual([...Float16Array.from(values)]);
  });

  it("takes whole numbers modulo 256 as uint8", () => {
    const values = Float64Array.from({ length: 2001 }, (_, i) => i - 1000);
    expect(converted("int32", "uint8", values, device)).toEqual([...Uint8Array.from(values)]);
  });
});

describe.each(DEVICES)("tensors on %s", (device) => {
  beforeAll(() => useDevice(device));

  it("take half the memory, and a quarter", () => {
    const x = tensor.full([1000, 100], 0.5);
    const bytes = (t: gb.Tensor): number => {
      const before = gb.memory().liveBytes;
      t.realize();
      return gb.memory().liveBytes - before;
    };
    expect([bytes(x.half()), bytes(x.byte())]).toEqual([200_000, 100_000]);
  });

  it("of float16 are computed as float32 and rounded after each operation", () => {
    const random = seeded(3);
    const numbers = Float32Array.from({ length: 35 }, () => (random() - 0.5) * 8);
    const [a, b] = [tensor(numbers).reshape(5, 7).half(), tensor(numbers).reshape(7, 5).t().half()];
    const half = (x: number): number => Math.f16round(x);
    const [p, q] = [valuesOf(a), valuesOf(b)];
    expect(p).toEqual([...numbers].map(half));
    const sum = a.mul(b).add(b);
    expect(sum.dtype).toBe("float16");
    expect(valuesOf(sum)).toEqual(p.map((x, i) => half(Math.fround(half(Math.fround(x * q[i]!)) + q[i]!))));
    expect(valuesOf(a.add(0.1))).toEqual(p.map((x) => half(Math.fround(x + Math.fround(0.1)))));
    // one rounding of what float32 gives
    for (const [short, long] of [
      [a.mean(1), a.float().mean(1)],
      [a.softmax(1), a.float().softmax(1)],
      [a.matmul(a.t()), a.float().matmul(a.float().t())],
      [a.cumsum(1), a.float().cumsum(1)],
      [a.max(0).values, a.float().max(0).values],
    ] as const) {
      expect(short.dtype).toBe("float16");
      expect(valuesOf(short)).toEqual(valuesOf(long).map(half));
    }
  });

  it("of float16 have gradients of float16", () => {
    const x = tensor([0.1, 0.7, -0.3], { dtype: "float16", requiresGrad: true });
    x.mul(x).indexSelect(0, [0, 0, 2]).sum().backward();
    expect(x.grad!.dtype).toBe("float16");
    const [a, , c] = valuesOf(x) as [number, number, number];
    const square = (v: number): number => Math.f16round(2 * v);
    expect(valuesOf(x.grad!)).toEqual([Math.f16round(2 * square(a)), 0, square(c)]);
  });

  it("of uint8 wrap, and are counted as int32", () => {
    const x = tensor([200, 100, 3], { dtype: "uint8" });
    expect(valuesOf(x.add(x))).toEqual([144, 200, 6]);
    expect(valuesOf(x.sub(201))).toEqual([255, 155, 58]);
    expect(valuesOf(x.neg())).toEqual([56, 156, 253]);
    expect([x.add(x).dtype, x.sum().dtype, x.max().dtype, x.div(2).dtype]).toEqual([
      "uint8",
      "int32",
      "uint8",
      "float32",
    ]);
    expect(valuesOf(x.sum())).toEqual([303]);
    expect(valuesOf(x.gt(150))).toEqual([1, 0, 0]);
    expect(valuesOf(x.sort().values)).toEqual([3, 100, 200]);
    expect(String(x)).toBe("tensor([200, 100,   3], dtype=uint8)");
  });
});

describe("promotion", () => {
  // torch.result_type of tensors (first row and column) and of a tensor with a Python number (last columns), 2.15
  const TYPES = ["bool", "uint8", "int32", "float16", "float32"] as const;
  const ONE = {
    bool: "int32",
    uint8: "uint8",
    int32: "int32",
    float16: "float16",
    float32: "float32",
  } as const;
  const HALF = {
    bool: "float32",
    uint8: "float32",
    int32: "float32",
    float16: "float16",
    float32: "float32",
  };

  it.each(TYPES)("of %s", (type) => {
    const x = tensor.ones([2], { dtype: type });
    const wider = (other: DType): DType => TYPES[Math.max(TYPES.indexOf(type), TYPES.indexOf(other))]!;
    for (const other of TYPES) {
      const sum = x.mul(tensor.ones([2], { dtype: other }));
      expect(sum.dtype).toBe(wider(other));
    }
    expect([x.add(1).dtype, x.add(0.5).dtype]).toEqual([ONE[type], HALF[type]]);
  });
});
