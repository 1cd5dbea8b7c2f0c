// Element-wise work on many points, and rows that are stored: computed four at a time, of all types, and the same as on the CPU.

import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, expect, it } from "vitest";
import { useDevice } from "../unit/parity/library.js";

const { F, tensor } = gb;
afterAll(closeSession);

/** What to compute of a matrix, a row and a column, and whether it is done in vectors. */
const CASES: Record<
  string,
  [vectors: boolean, f: (x: gb.Tensor, row: gb.Tensor, column: gb.Tensor) => gb.Tensor]
> = {
  "float32, with a row and a column": [true, (x, row, column) => x.mul(row).add(column).relu()],
  "float16 from float32": [true, (x, row) => x.mul(row).half()],
  "float32 from float16": [true, (x, row) => x.half().realize().float().mul(row)],
  "bool, and a choice by it": [true, (x, row) => tensor.where(x.gt(row).realize(), x, row)],
  "whole numbers": [true, (x) => x.mul(100).int().bitwiseAnd(7)],
  bytes: [true, (x) => x.abs().mul(40).to("uint8")],
  "part of a matrix": [true, (x) => x.narrow(1, 4, 128).exp()],
  transposed: [true, (x) => x.t().mul(2)],
  "a size that is no multiple of four": [false, () => tensor.randn(131, 129).mul(2)],
  "the index": [true, (x) => x.add(tensor.arange(x.shape[1]!))],
  "softmax of rows that leave lanes over": [true, (x) => F.softmax(x.narrow(1, 4, 100), { dim: 1 })],
  "softmax of rows of float16": [true, (x) => F.softmax(x.half().realize().float(), { dim: 1 }).half()],
  "rows of bool": [true, (x) => x.gt(x.mean({ dim: 1, keepdim: true }))],
  "softmax of rows whose length is no multiple of four": [
    false,
    () => F.softmax(tensor.randn(131, 129), { dim: 1 }),
  ],
  "softmax of rows that begin between vectors": [true, (x) => F.softmax(x.narrow(1, 3, 128), { dim: 1 })],
};

it.each(Object.keys(CASES))("%s", (name) => {
  const [vectors, f] = CASES[name]!;
  const results = (["wasm", "webgpu"] as const).map((device) => {
    useDevice(device);
    gb.manualSeed(9);
    const [x, row, column] = [tensor.randn(160, 256), tensor.randn(256), tensor.randn(160, 1)];
    const y = f(x, row, column);
    if (device === "webgpu") expect(/in\s+vectors/.test(gb.explain(y))).toBe(vectors);
    return { dtype: y.dtype, values: y.toTypedArray() };
  });
  const [cpu, gpu] = [results[0]!.values, results[1]!.values];
  expect(gpu.length).toBe(cpu.length);
  let worst = 0;
  for (let i = 0; i < cpu.length; i++)
    worst = Math.max(worst, Math.abs(cpu[i]! - gpu[i]!) / Math.max(1, Math.abs(cpu[i]!)));
  // sums in another order may be rounded to the next float16
  expect(worst).toBeLessThanOrEqual(results[0]!.dtype === "float16" ? 2 ** -10 : 1e-5);
});
