// A matrix product becomes what the generators know: the product itself into one buffer, and a loop over it for everything
// else its outputs ask for. Products that are no more than dot products or outer products become loops altogether.

import { type Expr, inOrder } from "../../graph/expr.js";
import { elements } from "../../graph/shape.js";
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
  return rest.length === 0
    ? undefined
    : loopWith(kernel, rest, { kind: "load", dtype: "float32", ...result });
}

/** Outputs of a product as a loop over its elements, which are `product`. */
function loopWith({ batch, m, n }: MatmulKernel, outputs: readonly Output[], product: Expr): LoopKernel {
  const values = withAccumulator(
    outputs.map((output) => output.value),
    product,
  );
  return {
    kind: "loop",
    outer: [...batch, m, n],
    reduce: [],
    passes: [],
    outputs: outputs.map((output, i) => ({ ...output, value: values[i]! })),
  };
}

/** What a large operand has at least, in bytes; and how many times as long as the result is narrow its sums are at least: to add
 *  two halves is little work then. */
const LARGE_BYTES = 256 * 1024;
const LONG = 4;
/** Above this many rows or columns the work counts, and not where the large operand is. */
const NARROW = 64;

/** Whether the product is better computed in two halves of its depth, as the one that passes a gradient back through a large
 *  weight is: its chunks then read whole rows of the weight, and the team has them where the layer's output and the weight's
 *  update, whose chunks are rows of it, too, leave them. With chunks of columns half of the weight moves from core to core and back
 *  (the kernels of 784-300-100-10 with batch norm and Adam took 547 us, and take 455). */
export function isBetterInHalves({ batch, m, n, k, a, b }: MatmulKernel): boolean {
  if (elements(batch) !== 1 || k % 2 > 0) return false;
  const [narrow, long] = m <= n ? [m, n] : [n, m];
  const [row, column] = (m <= n ? b : a).view.strides.slice(-2) as [number, number];
  const [along, depth] = m <= n ? [column, row] : [row, column];
  return (
    along === 1 && depth >= long && 4 * k * long >= LARGE_BYTES && k >= LONG * narrow && narrow <= NARROW
  );
}

/** The two halves of a product, as a batch of two in `buffer`, and the loop that adds them. */
export function inHalves(kernel: MatmulKernel, buffer: number): { halves: MatmulKernel; sum: LoopKernel } {
  const { batch, m, n, k, a, b } = kernel;
  const halved = ({ buffer, view }: MatrixOperand, dimension: number): MatrixOperand => {
    const strides = view.strides.slice(-2);
    return { buffer, view: { ...view, strides: [(k / 2) * strides[dimension]!, ...strides] } };
  };
  const half = (offset: number): Expr => {
    return {
      kind: "load",
      dtype: "float32",
      buffer,
      view: { offset, strides: [...batch.map(() => 0), n, 1] },
    };
  };
  const value: Expr = { kind: "accumulator", dtype: "float32", index: 0 };
  return {
    halves: {
      ...kernel,
      batch: [2],
      k: k / 2,
      a: halved(a, 1),
      b: halved(b, 0),
      outputs: [{ buffer, view: { offset: 0, strides: [m * n, n, 1] }, value }],
    },
    sum: loopWith(kernel, kernel.outputs, {
      kind: "binary",
      dtype: "float32",
      op: "add",
      a: half(0),
      b: half(m * n),
    }),
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
