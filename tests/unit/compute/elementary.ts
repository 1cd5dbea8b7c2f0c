// Elementary functions on a device, and the numbers to try them at.

import type { Device } from "gradbook/compute/device";
import type { Pass } from "gradbook/compute/ir";
import type { Expr, UnaryOp } from "gradbook/graph/expr";
import { runOn } from "./harness.js";

/** What a device makes of an operation at each of `xs`. */
export function appliedOn(device: Device, op: UnaryOp, xs: readonly number[]): number[] {
  const x: Expr = { kind: "load", dtype: "float32", buffer: 0, view: { offset: 0, strides: [1] } };
  const value: Expr = { kind: "unary", dtype: "float32", op, x };
  const outputs = [{ buffer: 1, view: { offset: 0, strides: [1] }, value }];
  const { buffers } = runOn(device, {
    kernels: [{ kind: "loop", outer: [xs.length], reduce: [], passes: [], outputs }],
    buffers: [Float64Array.from(xs), new Float64Array(xs.length)],
    types: ["float32", "float32"],
    args: [],
  });
  return buffers[1]!;
}

/** Distance between neighbouring float32 numbers at x. */
export function ulp(x: number): number {
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(x))), -126);
  return 2 ** (exponent - 23);
}

/** `count` numbers, evenly from `low` to `high`. */
export const grid = (low: number, high: number, count = 20_000): number[] =>
  Array.from({ length: count }, (_, i) => Math.fround(low + ((high - low) * (i + 0.37)) / count));
/** Magnitudes from 2^low to 2^high, evenly in the exponent, both signs if asked for. */
export const magnitudes = (low: number, high: number, signs: readonly number[] = [1, -1]): number[] =>
  Array.from({ length: 8_000 }, (_, i) =>
    Math.fround(2 ** (low + ((high - low) * i) / 8_000) * signs[i % signs.length]!),
  );

/** exp(x - the largest x), as softmax has it in one kernel. */
export function powersOn(device: Device, xs: readonly number[]): number[] {
  const x: Expr = { kind: "load", dtype: "float32", buffer: 0, view: { offset: 0, strides: [1] } };
  const most: Expr = { kind: "accumulator", dtype: "float32", index: 0 };
  const shifted: Expr = { kind: "binary", dtype: "float32", op: "sub", a: x, b: most };
  const value: Expr = { kind: "unary", dtype: "float32", op: "exp", x: shifted };
  const passes: Pass[] = [
    { accumulators: [{ op: "max", dtype: "float32", value: x }], outputs: [] },
    { accumulators: [], outputs: [{ buffer: 1, view: { offset: 0, strides: [1] }, value }] },
  ];
  const { buffers } = runOn(device, {
    kernels: [{ kind: "loop", outer: [], reduce: [xs.length], passes, outputs: [] }],
    buffers: [Float64Array.from(xs), new Float64Array(xs.length)],
    types: ["float32", "float32"],
    args: [],
  });
  return buffers[1]!;
}
