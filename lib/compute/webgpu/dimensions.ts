// Loops with other dimensions that visit the same points: neighbours joined, so that an address takes fewer divisions; one
// split in two, so that there is more to do at once.

import { type Expr, type View, withChildren } from "../../graph/expr.js";
import { accumulatorsOf, expressionsOf, type LoopKernel, type Output, outputsOf } from "../ir.js";

/** What becomes of views and indices. */
interface Change {
  readonly view: (view: View) => View;
  readonly index: (dim: number) => Expr;
}

function changed(kernel: LoopKernel, outer: number[], reduce: number[], change: Change): LoopKernel {
  const done = new Map<Expr, Expr>();
  const of = (expr: Expr): Expr => {
    let result = done.get(expr);
    if (result === undefined) {
      const moved = withChildren(expr, of);
      if (moved.kind === "index") result = change.index(moved.dim);
      else if (moved.kind === "load" || moved.kind === "gather")
        result = { ...moved, view: change.view(moved.view) };
      else result = moved;
      done.set(expr, result);
    }
    return result;
  };
  const store = ({ buffer, view, value }: Output): Output => ({
    buffer,
    view: change.view(view),
    value: of(value),
  });
  const passes = kernel.passes.map(({ accumulators, outputs }) => ({
    accumulators: accumulators.map((one) => ({ ...one, value: of(one.value) })),
    outputs: outputs.map(store),
  }));
  return { ...kernel, outer, reduce, passes, outputs: kernel.outputs.map(store) };
}

function viewsOf(kernel: LoopKernel): View[] {
  const loaded = expressionsOf(kernel).flatMap((expr) =>
    expr.kind === "load" || expr.kind === "gather" ? [expr.view] : [],
  );
  return [...loaded, ...outputsOf(kernel).map(({ view }) => view)];
}

/** The same loops over as few dimensions as possible: those of one point are left out, neighbours that all views step through
 *  like one long dimension are joined. */
export function withFewDimensions(kernel: LoopKernel): LoopKernel {
  const extents = [...kernel.outer, ...kernel.reduce];
  if (extents.includes(0)) return kernel;
  const views = viewsOf(kernel);
  const named = new Set(expressionsOf(kernel).flatMap((expr) => (expr.kind === "index" ? [expr.dim] : [])));
  /** Runs of dimensions, each to become one. */
  const runs: number[][] = [];
  extents.forEach((extent, d) => {
    if (extent === 1 && !named.has(d)) return;
    const last = runs.at(-1)?.at(-1);
    const joins =
      last !== undefined &&
      last < kernel.outer.length === d < kernel.outer.length &&
      !named.has(last) &&
      !named.has(d) &&
      views.every(({ strides }) => d >= strides.length || strides[last] === strides[d]! * extent);
    if (joins) runs.at(-1)!.push(d);
    else runs.push([d]);
  });
  const isOuter = (run: readonly number[]): boolean => run[0]! < kernel.outer.length;
  const extentOf = (run: readonly number[]): number => run.reduce((all, d) => all * extents[d]!, 1);
  return changed(
    kernel,
    runs.filter(isOuter).map(extentOf),
    runs.filter((run) => !isOuter(run)).map(extentOf),
    {
      view: ({ offset, strides }) => ({
        offset,
        strides: runs.map((run) => run.at(-1)!).flatMap((d) => (d < strides.length ? [strides[d]!] : [])),
      }),
      index: (dim) => ({ kind: "index", dtype: "int32", dim: runs.findIndex((run) => run.includes(dim)) }),
    },
  );
}

/** The first part of a reduction whose rows are cut into `parts` along their first dimension, which must divide it: the parts
 *  are a new last outer dimension, and `outputs` are stored for each of them. */
export function rowsInParts(kernel: LoopKernel, parts: number, outputs: readonly Output[]): LoopKernel {
  const { outer, reduce } = kernel;
  const at = outer.length;
  const length = reduce[0]! / parts;
  const index = (dim: number): Expr => ({ kind: "index", dtype: "int32", dim });
  const first = changed({ ...kernel, outputs: [] }, [...outer, parts], [length, ...reduce.slice(1)], {
    view: ({ offset, strides }) => ({
      offset,
      strides: [...strides.slice(0, at), strides[at]! * length, ...strides.slice(at)],
    }),
    index: (dim) => {
      if (dim !== at) return index(dim < at ? dim : dim + 1);
      const size: Expr = { kind: "const", dtype: "int32", value: length };
      const begin: Expr = { kind: "binary", dtype: "int32", op: "mul", a: index(at), b: size };
      return { kind: "binary", dtype: "int32", op: "add", a: begin, b: index(at + 1) };
    },
  });
  return { ...first, outputs };
}

/** Whether the results of parts of its rows can be joined to those of whole ones. */
export function joinsParts(kernel: LoopKernel): boolean {
  const [pass, more] = kernel.passes;
  if (pass === undefined || more !== undefined || pass.outputs.length > 0) return false;
  return accumulatorsOf(kernel).every(({ op }) => op !== "argmax" && op !== "argmin");
}
