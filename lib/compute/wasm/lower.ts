// A matrix product becomes what the generators know: the product itself into one buffer, and a loop over it for everything
// else its outputs ask for. Products that are no more than dot products or outer products become loops altogether.

import { type Expr, inOrder } from "../../graph/expr.js";
import type { LoopKernel, MatmulKernel, MatrixOperand, Output } from "../ir.js";
import type { Range } from "./addressing.js";
import { withAccumulator } from "./substitute.js";

/** The same as a loop kernel, where blocking would gain nothing. */
export function asLoop(kernel: MatmulKernel): LoopKernel | undefined {
  const { batch, m, n, k, a, b, outputs } = kernel;
  if (m > 1 && n > 1 && k > 2) return undefined;
  const d = batch.length;
  const element = (operand: MatrixOperand, row: number, column: number): Expr => {
    const strides = [...operand.view.strides.slice(0, d), 0, 0, 0];
    strides[row] = operand.view.strides[d]!;
    strides[column] = operand.view.strides[d + 1]!;
    return { kind: "load", dtype: "float32", buffer: operand.buffer, view: { ...operand.view, strides } };
  };
  const [i, j, l] = [d, d + 1, d + 2];
  const value: Expr = {
    kind: "binary",
    dtype: "float32",
    op: "mul",
    a: element(a, i, l),
    b: element(b, l, j),
  };
  return {
    kind: "loop",
    outer: [...batch, m, n],
    reduce: [k],
    passes: [{ accumulators: [{ op: "sum", dtype: "float32", value }], outputs: [] }],
    outputs,
  };
}

/** What is left to do after the product, which is in `result`; undefined: nothing. */
export function epilogueOf(kernel: MatmulKernel, result: MatrixOperand): LoopKernel | undefined {
  const rest = kernel.outputs.filter(
    ({ buffer, value }) => !(buffer === result.buffer && value.kind === "accumulator"),
  );
  if (rest.length === 0) return undefined;
  const product: Expr = { kind: "load", dtype: "float32", ...result };
  const values = withAccumulator(
    rest.map((output) => output.value),
    product,
  );
  return {
    kind: "loop",
    outer: [...kernel.batch, kernel.m, kernel.n],
    reduce: [],
    passes: [],
    outputs: rest.map((output, i) => ({ ...output, value: values[i]! })),
  };
}

/** An output in whose buffer the product can be built, because nobody reads there what was there before. */
export function placeInOutput(kernel: MatmulKernel, buffers: readonly Range[]): MatrixOperand | undefined {
  const read = new Set<number>([kernel.a.buffer, kernel.b.buffer]);
  for (const expr of inOrder(kernel.outputs.map((output) => output.value))) {
    if (expr.kind === "load" || expr.kind === "gather") read.add(expr.buffer);
  }
  const usable = kernel.outputs.filter(
    (output) =>
      output.value.dtype === "float32" &&
      isContiguousOneWay(kernel, output) &&
      ![...read].some((buffer) => overlap(buffers[buffer]!, buffers[output.buffer]!)),
  );
  return usable.find((output) => output.value.kind === "accumulator") ?? usable[0];
}

/** Rows or columns lie side by side without gaps or overlaps between them that the other direction would step into. */
function isContiguousOneWay({ m, n }: MatmulKernel, { view }: Output): boolean {
  const [row, column] = view.strides.slice(-2) as [number, number];
  return (column === 1 && row >= n) || (row === 1 && column >= m);
}

/** Whether two ranges have bytes in common. */
export function overlap(a: Range, b: Range): boolean {
  if (a === b) return true;
  if (a.kind === "parameter") return overlap(a.of, b);
  if (b.kind === "parameter") return overlap(a, b.of);
  if (a.kind === "local" || b.kind === "local") return false;
  if (a.kind !== b.kind || (a.kind === "binding" && b.kind === "binding" && a.binding !== b.binding))
    return false;
  const [{ offset: first = 0 }, { offset: second = 0 }] = [a, b];
  return first < second + b.bytes && second < first + a.bytes;
}
