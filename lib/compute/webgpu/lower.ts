// From a plan's kernels to dispatches: sums that are too long or too few to keep a device busy are cut into parts, whose
// results a second kernel joins. Everything else stays as it is.

import { BYTES, type DType } from "../../graph/dtype.js";
import type { Expr } from "../../graph/expr.js";
import { contiguousStrides, elements } from "../../graph/shape.js";
import {
  accumulatorsOf,
  type GeneratedKernel,
  type GroupKernel,
  type Kernel,
  type LoopKernel,
  type MatmulKernel,
  type MatrixOperand,
  type Output,
  type Pass,
} from "../ir.js";
import { joinsParts, rowsInParts, withFewDimensions } from "./dimensions.js";
import { shaderFor } from "./kernels.js";
import type { Target } from "./target.js";
import { partsOf } from "./tiles.js";

/** Makes a buffer of the plan that lives between two of its dispatches. */
export type Scratch = (bytes: number) => number;

/** The kernels to dispatch for one kernel of a plan. */
export function lowered(kernel: Kernel, scratch: Scratch, target: Target): readonly Kernel[] {
  if (kernel.kind === "matmul")
    return isSmall(kernel) ? [productAsLoop(kernel)] : productInParts(kernel, scratch, target);
  if (kernel.kind === "loop") return reductionInParts(kernel, scratch);
  return kernel.kind === "group" ? groupInParts(kernel, target) : [kernel];
}

/** So many loops of a launch that differ only in their data become a dispatch of their own: as layers of one grid they need the
 *  shader of one loop, and a driver takes far longer for one large shader than for a small one. With fewer of them that gains
 *  less than the dispatch costs in every run. */
const MANY_EQUAL = 24;
/** The most loops of a shader, for the same reason. */
const MOST_MEMBERS = 32;

function groupInParts({ members, ...group }: GroupKernel, target: Target): readonly GeneratedKernel[] {
  const classes = [...Map.groupBy(members, (member) => shaderFor(member, false, target)?.code).values()];
  const areMany = ({ length }: readonly LoopKernel[]): boolean =>
    length >= MANY_EQUAL || classes.length === 1;
  const rest = classes.filter((one) => !areMany(one)).flat();
  const parts = Array.from({ length: Math.ceil(rest.length / MOST_MEMBERS) }, (_, i) => ({
    ...group,
    members: rest.slice(i * MOST_MEMBERS, (i + 1) * MOST_MEMBERS),
  }));
  return [...classes.filter(areMany).flat(), ...parts];
}

/** With so few results, a tile of them would leave most of a device idle: better many invocations along each sum. */
const SMALL_PRODUCT = 4096;

const isSmall = ({ batch, m, n }: MatmulKernel): boolean => elements(batch) * m * n <= SMALL_PRODUCT;

function productAsLoop({ batch, m, n, k, a, b, outputs, name }: MatmulKernel): LoopKernel {
  const factor = ({ buffer, view, dtype = "float32" }: MatrixOperand, strides: readonly number[]): Expr => {
    const place = { offset: view.offset, strides: [...view.strides.slice(0, -2), ...strides] };
    const load: Expr = { kind: "load", dtype, buffer, view: place };
    return dtype === "float32" ? load : { kind: "cast", dtype: "float32", x: load };
  };
  const [aRow, aColumn] = a.view.strides.slice(-2) as [number, number];
  const [bRow, bColumn] = b.view.strides.slice(-2) as [number, number];
  const value: Expr = {
    kind: "binary",
    dtype: "float32",
    op: "mul",
    a: factor(a, [aRow, 0, aColumn]),
    b: factor(b, [0, bColumn, bRow]),
  };
  const passes = [{ accumulators: [{ op: "sum", dtype: "float32", value } as const], outputs: [] }];
  return {
    kind: "loop",
    ...(name === undefined ? {} : { name }),
    outer: [...batch, m, n],
    reduce: [k],
    passes,
    outputs,
  };
}

function productInParts(kernel: MatmulKernel, scratch: Scratch, target: Target): readonly GeneratedKernel[] {
  const { batch, m, n, k, a, b, outputs } = kernel;
  const parts = partsOf(kernel, target.tileFor(kernel));
  if (parts === 1) return [kernel];
  const length = k / parts;
  const inParts = (strides: readonly number[], alongK: number): number[] => [
    ...strides.slice(0, -2),
    alongK * length,
    ...strides.slice(-2),
  ];
  const shape = [...batch, parts, m, n];
  const buffer = scratch(elements(shape) * BYTES.float32);
  const strides = contiguousStrides(shape);
  const sum: Expr = { kind: "accumulator", dtype: "float32", index: 0 };
  const partial: MatmulKernel = {
    kind: "matmul",
    batch: [...batch, parts],
    m,
    n,
    k: length,
    a: { ...a, view: { ...a.view, strides: inParts(a.view.strides, a.view.strides.at(-1)!) } },
    b: { ...b, view: { ...b.view, strides: inParts(b.view.strides, b.view.strides.at(-2)!) } },
    outputs: [{ buffer, view: { offset: 0, strides }, value: sum }],
  };
  const [alongParts, ...alongTile] = strides.slice(-3) as [number, number, number];
  const view = { offset: 0, strides: [...strides.slice(0, -3), ...alongTile, alongParts] };
  const value: Expr = { kind: "load", dtype: "float32", buffer, view };
  const pass: Pass = { accumulators: [{ op: "sum", dtype: "float32", value }], outputs: [] };
  return [partial, { kind: "loop", outer: [...batch, m, n], reduce: [parts], passes: [pass], outputs }];
}

/** Rows from this length on are cut, where there are few of them, into at most so many parts. */
const LONG_ROW = 16_384;
const FEW_ROWS = 64;
const MOST_PARTS = 256;

function reductionInParts(original: LoopKernel, scratch: Scratch): readonly LoopKernel[] {
  const kernel = withFewDimensions(original);
  const { outer, reduce, outputs } = kernel;
  const points = elements(outer);
  if (points > FEW_ROWS || elements(reduce) < LONG_ROW || !joinsParts(kernel)) return [original];
  const parts = largestDivisor(reduce[0]!, Math.floor(MOST_PARTS / Math.max(points, 1)));
  if (parts === 1) return [original];
  const accumulators = accumulatorsOf(kernel);
  const shape = [...outer, parts];
  const place = { offset: 0, strides: contiguousStrides(shape) };
  const partial = accumulators.map(({ dtype }, index): Output => {
    const value: Expr = { kind: "accumulator", dtype, index };
    return { buffer: scratch(elements(shape) * BYTES[dtype]), view: place, value };
  });
  const load = (buffer: number, dtype: DType): Expr => ({ kind: "load", dtype, buffer, view: place });
  const joined: Pass = {
    accumulators: accumulators.map(({ op, dtype }, i) => ({
      op,
      dtype,
      value: load(partial[i]!.buffer, dtype),
    })),
    outputs: [],
  };
  return [
    rowsInParts(kernel, parts, partial),
    { kind: "loop", outer, reduce: [parts], passes: [joined], outputs },
  ];
}

function largestDivisor(of: number, most: number): number {
  for (let divisor = Math.min(of, most); divisor > 1; divisor--) if (of % divisor === 0) return divisor;
  return 1;
}
