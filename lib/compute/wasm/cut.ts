// How a kernel is cut into chunks for several threads. Decided by shapes alone, never by the number of threads: every chunk
// computes the same on every machine, so results are the same bits with any number of threads.

import { type Expr, inOrder } from "../../graph/expr.js";
import { elements } from "../../graph/shape.js";
import { type Accumulator, accumulatorsOf, type LoopKernel, type Output } from "../ir.js";
import { COPIES } from "./lanes.js";
import type { Nest } from "./nest.js";

/** One loop, or rows or columns of a product, in chunks of equal size; the last one may be smaller. */
export interface Cut {
  /** Points of the loop in one chunk. */
  readonly size: number;
  /** At least 2. */
  readonly chunks: number;
  /** Points in the last chunk. */
  readonly last: number;
}

/** Nanoseconds a chunk takes at least: several times what claiming it costs, together with the barrier at the end. */
export const GRAIN = 4000;
/** More chunks than this only if they would take longer than LONGEST, so that a cancelled run stops soon. */
const MOST = 64;
const LONGEST = 1e6;
/** Chunks are numbered in 16 bits; see TEAM. */
export const COUNTABLE = 60_000;

/** How many chunks are worth it for work of so many nanoseconds, when a chunk should take at least `grain` of them. */
export function chunksFor(nanoseconds: number, grain: number): number {
  const chunks = Math.max(
    1,
    Math.min(MOST, Math.floor(nanoseconds / grain)),
    Math.ceil(nanoseconds / LONGEST),
  );
  return Math.min(chunks, COUNTABLE);
}

/** At most `chunks` chunks of `extent` points, each but the last a multiple of `unit`; undefined: a single one. What is less
 *  than a unit at the end belongs to the last chunk. */
export function cutInto(chunks: number, extent: number, unit: number): Cut | undefined {
  const units = Math.floor(extent / unit);
  const size = Math.ceil(units / chunks) * unit;
  const count = Math.ceil((units * unit) / size);
  return !(count >= 2) ? undefined : { size, chunks: count, last: extent - (count - 1) * size };
}

export interface LoopCut extends Cut {
  /** Number of the loop in the nest. A reduced one: every chunk gives partial results. */
  readonly loop: number;
}

/** Loops with so many pieces are as good as any, and the outermost of them is the best. */
const MANY = 16;
/** So many chunks of the loops around a reduction are enough; else the reduction itself is cut. */
const ENOUGH = 8;

const piecesOf = (nest: Nest): number[] =>
  nest.loops.map(({ extent }, i) => Math.floor(extent / (i === nest.vector ? 4 * COPIES : 1)));

/** The loop among those from `from` up to `to` that falls into most pieces; -1: there is none. */
function mostPieces(nest: Nest, from: number, to: number): number {
  const pieces = piecesOf(nest);
  let best = -1;
  for (let i = from; i < to; i++) if (best < 0 || pieces[i]! > pieces[best]!) best = i;
  return best;
}

/** The cut of one of the parallel or of the reduced loops into about `wanted` chunks; undefined: there is nothing to cut. */
export function cutLoops(nest: Nest, wanted: number, which: "outer" | "reduced"): LoopCut | undefined {
  if (wanted < 2) return undefined;
  const [from, to] = which === "outer" ? [0, nest.outer] : [nest.outer, nest.loops.length];
  const first = piecesOf(nest).findIndex(
    (count, i) => from <= i && i < to && count >= Math.min(wanted, MANY),
  );
  const loop = first >= 0 ? first : mostPieces(nest, from, to);
  if (loop < 0) return undefined;
  const cut = cutInto(wanted, nest.loops[loop]!.extent, loop === nest.vector ? 4 * COPIES : 1);
  return cut && { ...cut, loop };
}

/** Whether a reduction is better cut itself than the loops around it, and whether partial results say enough for that:
 *  positions within a part do not. */
export function reducesInParts(kernel: LoopKernel, nest: Nest, wanted: number): boolean {
  const accumulators = accumulatorsOf(kernel);
  const [pass, ...more] = kernel.passes;
  if (wanted < 2 || pass === undefined || more.length + pass.outputs.length > 0) return false;
  if (accumulators.some(({ op }) => op === "argmax" || op === "argmin")) return false;
  const pieces = piecesOf(nest);
  const around = pieces[mostPieces(nest, 0, nest.outer)] ?? 0;
  const along = pieces[mostPieces(nest, nest.outer, nest.loops.length)] ?? 0;
  return around < Math.min(wanted, ENOUGH) && along > around;
}

/** What one point costs, in nanoseconds: an access, a simple operation, a function, a call into JavaScript. */
const [ACCESS, SIMPLE, FUNCTION, CALL] = [0.12, 0.04, 0.4, 10];
/** What one accumulator costs at the end of a row whose points lie side by side in vectors. */
const JOIN = 15;
const FUNCTIONS = new Set([
  "exp",
  "log",
  "log1p",
  "expm1",
  "tanh",
  "sigmoid",
  "erf",
  "div",
  "reciprocal",
  "sqrt",
]);
const CALLS = new Set(["sin", "cos", "atan", "pow", "mod"]);

function costOf(expr: Expr): number {
  if (expr.kind === "load" || expr.kind === "gather") return ACCESS;
  if (expr.kind !== "unary" && expr.kind !== "binary") return SIMPLE;
  return CALLS.has(expr.op) ? CALL : FUNCTIONS.has(expr.op) ? FUNCTION : SIMPLE;
}

/** Roughly how long a loop kernel takes on one core. */
export function nanoseconds({ outer, reduce, passes, outputs }: LoopKernel, nest: Nest): number {
  const cost = (stored: readonly Output[], accumulated: readonly Accumulator[] = []): number => {
    const values = [...stored, ...accumulated].map(({ value }) => value);
    const stores = ACCESS * stored.length + SIMPLE * accumulated.length;
    return inOrder(values).reduce((sum, expr) => sum + costOf(expr), stores);
  };
  const along = passes.reduce((sum, pass) => sum + cost(pass.outputs, pass.accumulators), 0);
  const joins = nest.vector >= nest.outer ? JOIN * passes.flatMap((pass) => pass.accumulators).length : 0;
  return elements(outer) * (elements(reduce) * along + joins + cost(outputs));
}
