// Derivatives compared with differences of the function itself.

import { fromData } from "../create.js";
import { enableGrad, noGrad } from "../scope.js";
import type { Tensor } from "../tensor.js";
import { grad, listOf } from "./grad.js";

export interface GradcheckOptions {
  /** Step of the differences (0.02). Inputs have to be twice as far from every kink. */
  eps?: number;
  /** Allowed difference: atol + rtol * |numerical| (1e-3 each: float32 leaves no more than four digits). */
  atol?: number;
  rtol?: number;
  /** Throw with what differs (true), or give false. */
  raiseException?: boolean;
}

type Checked = (...inputs: Tensor[]) => Tensor | readonly Tensor[];

/** Compares the gradients of `f` with central differences of fourth order, element by element: every output's Jacobian with
 *  respect to every input that requires a gradient. PyTorch does it in float64; the step here is larger instead, and the
 *  difference formula exact to eps⁴, so that rounding to float32 stays small.
 *
 *  @example tensor.autograd.gradcheck((t) => t.sigmoid(), tensor([0.5, -1], { requiresGrad: true })) // true */
export function gradcheck(
  f: Checked,
  inputs: Tensor | readonly Tensor[],
  options: GradcheckOptions = {},
): boolean {
  const { eps = 0.02, atol = 1e-3, rtol = 1e-3, raiseException = true } = options;
  const xs = listOf(inputs);
  if (!xs.some((x) => x.requiresGrad)) {
    throw new Error("gradcheck: no input requires a gradient; make them with { requiresGrad: true }");
  }
  for (const [place, x] of xs.entries()) {
    if (!x.requiresGrad) continue;
    const expected = numerical(f, xs, place, eps);
    const actual = analytical(f, xs, place);
    for (const [o, column] of expected.entries()) {
      const worst = column.findIndex((n, i) => !(Math.abs(n - actual[o]![i]!) <= atol + rtol * Math.abs(n)));
      if (worst < 0) continue;
      if (!raiseException) return false;
      const [to, from] = [Math.floor(worst / x.numel()), worst % x.numel()];
      throw new Error(
        `gradcheck: the derivative of element ${to} of output ${o} by element ${from} of input ${place} is ` +
          `${actual[o]![worst]}, but differences give ${column[worst]}`,
      );
    }
  }
  return true;
}

/** For each output, its Jacobian, row-major, by differences. */
function numerical(f: Checked, xs: readonly Tensor[], place: number, eps: number): Float64Array[] {
  const at = xs.map((x) => x.detach());
  const values = at[place]!.toTypedArray();
  const outputs = (shifted: ArrayLike<number>): Float64Array[] =>
    noGrad(() => {
      const moved = fromData(Float32Array.from(shifted)).reshape(xs[place]!.shape);
      return listOf(f(...at.with(place, moved))).map((y) => Float64Array.from(y.toTypedArray()));
    });
  const columns = Array.from(values, (value, i) => {
    const [far, near, back, farBack] = [2, 1, -1, -2].map((steps) => {
      const shifted = Float32Array.from(values);
      shifted[i] = value + steps * eps;
      return { x: shifted[i]!, y: outputs(shifted) };
    }) as [Point, Point, Point, Point];
    // the steps as they came out in float32
    return near.y.map((_, o) =>
      near.y[o]!.map((_, j) => {
        const slope = (a: Point, b: Point): number => (a.y[o]![j]! - b.y[o]![j]!) / (a.x - b.x);
        return (4 * slope(near, back) - slope(far, farBack)) / 3;
      }),
    );
  });
  return (columns[0] ?? []).map((first, o) => {
    const rows = new Float64Array(first.length * columns.length);
    columns.forEach((column, i) => {
      for (const [j, slope] of column[o]!.entries()) rows[j * columns.length + i] = slope;
    });
    return rows;
  });
}

interface Point {
  readonly x: number;
  readonly y: Float64Array[];
}

/** For each output, its Jacobian, row-major, by backward passes. */
function analytical(f: Checked, xs: readonly Tensor[], place: number): Float64Array[] {
  return enableGrad(() => {
    const x = xs[place]!;
    return listOf(f(...xs)).map((y) => {
      const flat = y.reshape(y.numel());
      const rows = Array.from({ length: y.numel() }, (_, i) =>
        y.requiresGrad ? grad(flat.select(0, i), x, { retainGraph: true, allowUnused: true })[0] : null,
      );
      return Float64Array.from(
        rows.flatMap((row) =>
          row === null ? new Array<number>(x.numel()).fill(0) : [...row.toTypedArray()],
        ),
      );
    });
  });
}

/** Checks second derivatives: `gradcheck` of the gradients of `f`, for gradients of its outputs that are all different.
 *
 *  @example tensor.autograd.gradgradcheck((t) => t.sigmoid(), tensor([0.5, -1], { requiresGrad: true })) // true */
export function gradgradcheck(
  f: Checked,
  inputs: Tensor | readonly Tensor[],
  options: GradcheckOptions = {},
): boolean {
  const xs = listOf(inputs);
  const slopes: Checked = (...moved) =>
    enableGrad(() => {
      const leaves = moved.map((x, i) =>
        xs[i]!.requiresGrad && !x.requiresGrad ? x.detach().clone().requiresGrad_() : x,
      );
      const by = leaves.filter((_, i) => xs[i]!.requiresGrad);
      const outputs = listOf(f(...leaves)).filter(({ requiresGrad }) => requiresGrad);
      const gradOutputs = outputs.map((y) =>
        fromData(Float32Array.from({ length: y.numel() }, (_, i) => Math.cos(i + 1))).reshape(y.shape),
      );
      const found = grad(outputs, by, { gradOutputs, createGraph: true, allowUnused: true });
      return (found as (Tensor | null)[]).filter((gradient) => gradient !== null);
    });
  return gradcheck(slopes, inputs, options);
}
