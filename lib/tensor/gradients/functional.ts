// Derivatives of functions of tensors: Jacobians and Hessians, and their products with vectors, which need neither of them.

import { zeros, zerosLike } from "../create.js";
import { stack } from "../functions.js";
import { enableGrad } from "../scope.js";
import type { Tensor } from "../tensor.js";
import { grad, listOf } from "./grad.js";

type Tuple<I extends readonly Tensor[], T> = { -readonly [K in keyof I]: T };

/** The type itself, but not a place to infer it from. (TypeScript's own NoInfer is newer than the compiler of the cells.) */
type Given<T> = [T][T extends unknown ? 0 : never];

/** A function of one tensor, or of several. */
type Of<I extends Tensor | readonly Tensor[], R> = I extends readonly Tensor[]
  ? (...inputs: [...I]) => R
  : (input: Tensor) => R;

/** One thing for each input: not in an array where the input is not in one. */
type Each<I extends Tensor | readonly Tensor[], T> = I extends readonly Tensor[] ? Tuple<I, T> : T;

export interface FunctionalOptions {
  /** Record the result, so that it can be differentiated. Default false. */
  createGraph?: boolean;
}

type Inputs = Tensor | readonly Tensor[];
type AnyFunction = (...inputs: Tensor[]) => Tensor;

const like = (inputs: Inputs, list: readonly unknown[]): never =>
  (Array.isArray(inputs) ? list : list[0]) as never;

/** Inputs that can be differentiated by, without changing those of the caller. */
function prepared(inputs: Inputs, createGraph: boolean): Tensor[] {
  return listOf(inputs).map((x) =>
    createGraph && x.requiresGrad ? x.clone() : x.detach().clone().requiresGrad_(),
  );
}

/** Gradients; zeros where there is no path. */
function gradients(
  output: Tensor,
  inputs: readonly Tensor[],
  createGraph: boolean,
  seed?: Tensor,
  retainGraph = true,
): Tensor[] {
  if (!output.requiresGrad) return inputs.map((x) => zerosLike(x));
  const found = grad(output, inputs, {
    createGraph,
    retainGraph,
    allowUnused: true,
    ...(seed && { gradOutputs: seed }),
  }) as (Tensor | null)[];
  return found.map((gradient, i) => gradient ?? zerosLike(inputs[i]!));
}

/** d output / d input: the output's shape followed by the input's. One backward pass for each element of the output, all of
 *  them computed in one run.
 *
 *  @example tensor.autograd.jacobian((t) => t.square(), tensor([1, 2])) // [[2, 0], [0, 4]] */
export function jacobian<const I extends Tensor | readonly Tensor[]>(
  f: Of<Given<I>, Tensor>,
  inputs: I,
  options: FunctionalOptions = {},
): Each<I, Tensor> {
  const { createGraph = false } = options;
  return enableGrad(() => {
    const xs = prepared(inputs, createGraph);
    const output = (f as AnyFunction)(...xs);
    return like(inputs, jacobians(output, xs, createGraph));
  });
}

function jacobians(output: Tensor, xs: readonly Tensor[], createGraph: boolean): Tensor[] {
  const count = output.numel();
  const flat = output.reshape(count);
  const rows = Array.from({ length: count }, (_, i) => gradients(flat.select(0, i), xs, createGraph));
  return xs.map((x, k) => {
    const shape = [...output.shape, ...x.shape];
    return count === 0 ? zeros(shape) : stack(rows.map((row) => row[k]!)).reshape(shape);
  });
}

/** Second derivatives of a single number: the input's shape twice; for several inputs a matrix of such blocks.
 *
 *  @example tensor.autograd.hessian((t) => t.pow(3).sum(), tensor([1, 2])) // [[6, 0], [0, 12]] */
export function hessian<const I extends Tensor | readonly Tensor[]>(
  f: Of<Given<I>, Tensor>,
  inputs: I,
  options: FunctionalOptions = {},
): Each<I, Each<I, Tensor>> {
  const { createGraph = false } = options;
  return enableGrad(() => {
    const xs = prepared(inputs, createGraph);
    const slopes = gradients(single("hessian", (f as AnyFunction)(...xs)), xs, true);
    return like(
      inputs,
      slopes.map((slope) => like(inputs, jacobians(slope, xs, createGraph))),
    );
  });
}

function single(what: string, output: Tensor): Tensor {
  if (output.numel() === 1) return output;
  throw new RangeError(
    `${what}: the function must give a single number, got shape [${output.shape.join(", ")}]`,
  );
}

function vectors(what: string, given: Inputs | undefined, of: readonly Tensor[], kind: string): Tensor[] {
  if (given === undefined) {
    if (of.length === 1 && of[0]!.numel() === 1) return [zerosLike(of[0]!).add(1)];
    throw new RangeError(`${what}: needs a vector, shaped as the ${kind}, unless that is a single number`);
  }
  const list = listOf(given);
  const fits = list.length === of.length && list.every((v, i) => `${v.shape}` === `${of[i]!.shape}`);
  if (fits) return [...list];
  const shapes = (all: readonly Tensor[]): string =>
    all.map(({ shape }) => `[${shape.join(", ")}]`).join(", ");
  throw new RangeError(`${what}: the vector has shape ${shapes(list)}, the ${kind} ${shapes(of)}`);
}

/** A value, and a product of its derivative. */
interface Product<T> {
  readonly output: Tensor;
  readonly product: T;
}

/** The output, and vᵀ J: the gradient of v · output. One backward pass.
 *
 *  @example tensor.autograd.vjp((t) => t.square(), tensor([1, 2]), tensor([1, 10])).product // [2, 40] */
export function vjp<const I extends Tensor | readonly Tensor[]>(
  f: Of<Given<I>, Tensor>,
  inputs: I,
  v?: Tensor,
  options: FunctionalOptions = {},
): Product<Each<I, Tensor>> {
  const { createGraph = false } = options;
  return enableGrad(() => {
    const xs = prepared(inputs, createGraph);
    const output = (f as AnyFunction)(...xs);
    const [seed] = vectors("vjp", v, [output], "output");
    const product = gradients(output, xs, createGraph, seed, createGraph);
    return { output: createGraph ? output : output.detach(), product: like(inputs, product) };
  });
}

/** The output, and J v: how the output changes as the inputs move along v. Two backward passes: uᵀ J is linear in u, and its
 *  derivative with respect to u, times v, is J v.
 *
 *  @example tensor.autograd.jvp((t) => t.square(), tensor([1, 2]), tensor([1, 10])).product // [2, 40] */
export function jvp<const I extends Tensor | readonly Tensor[]>(
  f: Of<Given<I>, Tensor>,
  inputs: I,
  v?: Each<I, Tensor>,
  options: FunctionalOptions = {},
): Product<Tensor> {
  const { createGraph = false } = options;
  return enableGrad(() => {
    const xs = prepared(inputs, createGraph);
    const along = vectors("jvp", v as Inputs | undefined, xs, "input");
    const output = (f as AnyFunction)(...xs);
    const u = zerosLike(output).requiresGrad_();
    const rows = gradients(output, xs, true, u);
    const moved = rows.map((row, i) => row.mul(along[i]!).sum()).reduce((a, b) => a.add(b));
    const product = gradients(moved, [u], createGraph, undefined, createGraph)[0]!;
    return { output: createGraph ? output : output.detach(), product };
  });
}

/** The output (a single number), and H v: the derivative of its gradient along v. Two backward passes, and never the Hessian.
 *  Pearlmutter 1994. As H is symmetric, this is vᵀ H, too (`vhp`).
 *
 *  @example tensor.autograd.hvp((t) => t.pow(3).sum(), tensor([1, 2]), tensor([1, 10])).product // [6, 120] */
export function hvp<const I extends Tensor | readonly Tensor[]>(
  f: Of<Given<I>, Tensor>,
  inputs: I,
  v?: Each<I, Tensor>,
  options: FunctionalOptions = {},
): Product<Each<I, Tensor>> {
  const { createGraph = false } = options;
  return enableGrad(() => {
    const xs = prepared(inputs, createGraph);
    const along = vectors("hvp", v as Inputs | undefined, xs, "input");
    const output = single("hvp", (f as AnyFunction)(...xs));
    const slopes = gradients(output, xs, true);
    const moved = slopes.map((slope, i) => slope.mul(along[i]!).sum()).reduce((a, b) => a.add(b));
    const product = gradients(moved, xs, createGraph, undefined, createGraph);
    return { output: createGraph ? output : output.detach(), product: like(inputs, product) };
  });
}

/** The same as `hvp`: the Hessian is symmetric.
 *
 *  @example tensor.autograd.vhp((t) => t.pow(3).sum(), tensor([1, 2]), tensor([1, 10])).product // [6, 120] */
export const vhp: typeof hvp = hvp;
