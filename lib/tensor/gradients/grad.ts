// Gradients asked for by name, instead of being added up in leaves.

import { gradientsOf } from "../autograd.js";
import { Tensor } from "../tensor.js";

export interface GradOptions {
  /** Weights of the outputs' elements, shaped as the outputs; needed where an output is not a single number. */
  gradOutputs?: Tensor | null | readonly (Tensor | null)[];
  /** Keep the graph for another pass. Default: `createGraph`. */
  retainGraph?: boolean;
  /** Record the derivatives too, so that they can be differentiated again. Default false. */
  createGraph?: boolean;
  /** Give null for an input that the outputs do not depend on, instead of an error. Default false. */
  allowUnused?: boolean;
}

/** One gradient for each input. */
type Gradients<I extends Tensor | readonly Tensor[], G> = I extends readonly Tensor[]
  ? { -readonly [K in keyof I]: G }
  : [G];

/** One thing, or several, as several. */
export const listOf = <T>(value: T | readonly T[]): readonly T[] =>
  Array.isArray(value) ? (value as readonly T[]) : [value as T];

/** Gradients of the outputs with respect to the inputs, without touching any `.grad`: Σ gradOutputs · d outputs / d inputs.
 *
 *  Only what leads from the inputs to the outputs is differentiated. With `createGraph` the gradients can be differentiated
 *  again: gradient penalties, curvature.
 *
 *  @example
 *  const t = tensor([1, 2], { requiresGrad: true });
 *  const [slope] = tensor.autograd.grad(t.pow(3).sum(), t, { createGraph: true });
 *  slope // [3, 12]
 *  tensor.autograd.grad(slope.sum(), t)[0] // [6, 12] */
export function grad<const I extends Tensor | readonly Tensor[]>(
  outputs: Tensor | readonly Tensor[],
  inputs: I,
  options: GradOptions & { allowUnused: true },
): Gradients<I, Tensor | null>;
export function grad<const I extends Tensor | readonly Tensor[]>(
  outputs: Tensor | readonly Tensor[],
  inputs: I,
  options?: GradOptions,
): Gradients<I, Tensor>;
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options: GradOptions = {},
): never {
  const { createGraph = false, allowUnused = false, gradOutputs } = options;
  const [ys, xs] = [listOf(outputs), listOf(inputs)];
  const seeds = gradOutputs == null ? [] : listOf(gradOutputs);
  if (gradOutputs != null && seeds.length !== ys.length) {
    throw new RangeError(`autograd.grad: ${seeds.length} gradOutputs for ${ys.length} outputs`);
  }
  xs.forEach((x, i) => {
    if (x.requiresGrad) return;
    throw new Error(
      `autograd.grad: input ${i} requires no gradient; call .requiresGrad_() on it before the outputs are computed from it`,
    );
  });
  const found = gradientsOf(
    ys.map(({ node }) => node),
    xs.map(({ node }) => node),
    ys.map((_, i) => seeds[i]?.node),
    { retainGraph: options.retainGraph ?? createGraph, createGraph },
  );
  return found.map((node, i) => {
    if (node !== undefined) return Tensor.from(node);
    if (allowUnused) return null;
    throw new Error(
      `autograd.grad: the outputs do not depend on input ${i}. Was it used, and not a copy of it or its .data? ` +
        "Pass { allowUnused: true } to get null for it",
    );
  }) as never;
}

/** Adds the gradients of several tensors at once to the leaves they were computed from; see `Tensor.backward`.
 *
 *  @example
 *  const t = tensor([1, 2], { requiresGrad: true });
 *  tensor.autograd.backward([t.sum(), t.mul(2).sum()]);
 *  t.grad // [3, 3] */
export function backward(
  tensors: Tensor | readonly Tensor[],
  gradTensors: Tensor | null | readonly (Tensor | null)[] = null,
  options: Pick<GradOptions, "retainGraph" | "createGraph"> = {},
): void {
  const ys = listOf(tensors);
  const seeds = gradTensors === null ? [] : listOf(gradTensors);
  // a weighted sum of all, so that what they share is passed once
  const sums = ys.map((y, i) => {
    const seed = seeds[i] ?? undefined;
    if (seed === undefined && y.numel() !== 1) {
      throw new RangeError(
        `autograd.backward: tensor ${i} is not a single number; reduce it (.mean() or .sum()) or give it a gradient`,
      );
    }
    return seed === undefined ? y.sum() : y.mul(seed).sum();
  });
  if (sums.length > 0) sums.reduce((a, b) => a.add(b)).backward(undefined, options);
}
