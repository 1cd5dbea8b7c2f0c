// Small graphs as plain data for the tests of the engine, and numbers to and from bytes.

import type { GraphSpec, NodeSpec } from "gradbook/graph/spec";

export function input(
  binding: number,
  shape: readonly number[],
  dtype: NodeSpec["dtype"] = "float32",
): NodeSpec {
  return { op: "input", inputs: [], attributes: { binding }, shape, dtype };
}

export function node(
  op: string,
  inputs: readonly number[],
  shape: readonly number[],
  attributes: NodeSpec["attributes"] = {},
  dtype: NodeSpec["dtype"] = "float32",
): NodeSpec {
  return { op, inputs, attributes, shape, dtype };
}

/** c = a + b, elements of both: `shape`. */
export function addition(shape: readonly number[]): GraphSpec {
  const nodes = [input(0, shape), input(1, shape), node("add", [0, 1], shape)];
  return { nodes, results: [{ node: 2 }], inputs: 2, args: 0 };
}

/** a += b, in place. */
export function accumulation(shape: readonly number[]): GraphSpec {
  return { ...addition(shape), results: [{ node: 2, overwrites: 0 }] };
}

/** b = a * scalar. */
export function scaling(shape: readonly number[]): GraphSpec {
  const nodes = [
    input(0, shape),
    node("arg", [], [], { index: 0 }),
    node("expand", [1], shape, { shape }),
    node("mul", [0, 2], shape),
  ];
  return { nodes, results: [{ node: 3 }], inputs: 1, args: 1 };
}

/** b = a, which must be an index below 10. */
export function checking(shape: readonly number[]): GraphSpec {
  const message = "label {value} is out of range for 10 classes";
  const nodes = [input(0, shape, "int32"), node("check_index", [0], shape, { bound: 10, message }, "int32")];
  return { nodes, results: [{ node: 1 }], inputs: 1, args: 0 };
}

/** The matrix power a^(2^times): slow on purpose, one kernel a product. */
export function squarings(size: number, times: number): GraphSpec {
  const shape = [size, size];
  const nodes = [input(0, shape)];
  for (let i = 0; i < times; i++) nodes.push(node("matmul", [i, i], shape));
  return { nodes, results: [{ node: times }], inputs: 1, args: 0 };
}

export function floats(...values: number[]): Uint8Array {
  return new Uint8Array(new Float32Array(values).buffer);
}

export function ints(...values: number[]): Uint8Array {
  return new Uint8Array(new Int32Array(values).buffer);
}

export function numbers(bytes: Uint8Array): number[] {
  return [...new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)];
}

/** Reproducible whole numbers from 0 to 2^32 - 1 (a linear congruential generator, Numerical Recipes' constants). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state;
  };
}
