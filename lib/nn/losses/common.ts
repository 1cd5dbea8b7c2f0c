// What the losses share: reductions, checks of shapes and types, and the function log(1 + exp(z)). No loss lives here.

import type { Node } from "../../graph/node.js";
import * as ops from "../../graph/ops/index.js";
import { formatShape, sameShape } from "../../graph/shape.js";
import type { Tensor } from "../../tensor/tensor.js";
import { floatNode, number } from "../activations/common.js";

/** What becomes of the losses of a batch: their mean, their sum, or nothing. */
export type Reduction = "mean" | "sum" | "none";

export interface ReductionOptions {
  /** "mean" (default), "sum" or "none". */
  reduction?: Reduction;
}

/** The inputs of a loss that compares one tensor with another. */
export type InputAndTarget = [input: Tensor, target: Tensor];

const REDUCTIONS: readonly string[] = ["mean", "sum", "none"] satisfies Reduction[];

export function checkReduction(
  what: string,
  reduction: string,
  allowed: readonly string[] = REDUCTIONS,
): void {
  if (allowed.includes(reduction)) return;
  const names = allowed.map((name) => `"${name}"`);
  const list = `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
  throw new RangeError(`${what}: reduction must be ${list}, got "${reduction}"`);
}

/** The losses after their reduction. */
export function reduced(what: string, losses: Tensor, reduction: Reduction = "mean"): Tensor {
  checkReduction(what, reduction);
  if (reduction === "none") return losses;
  return reduction === "sum" ? losses.sum() : losses.mean();
}

/** An error unless all are float32. */
export function checkFloats(what: string, tensors: { readonly [name: string]: Tensor }): void {
  for (const [name, tensor] of Object.entries(tensors)) floatNode(tensor, `${what}: ${name}`);
}

/** An error unless all have one shape. Nothing is broadcast: [N, 1] against [N] would compare each element with all others. */
export function checkShapes(what: string, tensors: { readonly [name: string]: Tensor }): void {
  const [[firstName, first], ...others] = Object.entries(tensors) as [
    [string, Tensor],
    ...[string, Tensor][],
  ];
  for (const [name, tensor] of others) {
    if (sameShape(tensor.shape, first.shape)) continue;
    const remedy =
      tensor.numel() === first.numel()
        ? `write ${name}.reshape(${first.shape.join(", ")})`
        : "give both one shape; where broadcasting is meant, write it out with .expand(...)";
    throw new RangeError(
      `${what}: ${firstName} ${formatShape(first.shape)} and ${name} ${formatShape(tensor.shape)} must have the same ` +
        `shape: losses do not broadcast; ${remedy}`,
    );
  }
}

/** An error unless `weight` can be stretched to `shape`. */
export function checkWeight(what: string, name: string, weight: Tensor, shape: readonly number[]): void {
  const lead = shape.length - weight.ndim;
  if (lead >= 0 && weight.shape.every((n, i) => n === 1 || n === shape[lead + i])) return;
  throw new RangeError(
    `${what}: ${name} ${formatShape(weight.shape)} cannot be stretched to the losses' shape ${formatShape(shape)}`,
  );
}

/** log(1 + exp(z)) without overflow. */
export function softplusNode(z: Node): Node {
  return ops.add(ops.maximum(z, number(0)), ops.log1p(ops.exp(ops.neg(ops.abs(z)))));
}
