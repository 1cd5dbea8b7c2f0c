// What is measured of a layer, as graph nodes: they become part of the step's own plan.

import { type Node, scalarNode } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { elements } from "../graph/shape.js";
import { mean, norm, std } from "../tensor/reductions.js";
import type { LayerField } from "./run.js";

/** What `forwardStatistics` gives. */
export const FORWARD_FIELDS: readonly LayerField[] = ["mean", "std", "batchStd", "zeros"];
/** What comes from the backward pass. */
export const BACKWARD_FIELDS: readonly LayerField[] = ["gradientNorm", "weightGradientNorm"];

const single = (x: Node): Node => ops.reshape(x, [1]);

/** mean, std, batchStd, zeros of an activation [N, ...]; four nodes of shape [1]. */
export function forwardStatistics(activation: Node): Node[] {
  const x = activation;
  const zeros = ops.cast(ops.eq(x, scalarNode(0, "float32")), "float32");
  const spread =
    x.shape.length > 1 ? mean(std(x, { dim: 0, unbiased: false })) : scalarNode(Number.NaN, "float32");
  return [mean(x), std(x, { unbiased: false }), spread, mean(zeros)].map((value) => {
    return value.scalar === undefined ? single(value) : ops.add(ops.full([1], 0, "float32"), value);
  });
}

/** L2 norm of a gradient, over all elements and over several tensors; shape [1]. */
export function gradientNorm(gradients: readonly Node[]): Node {
  const filled = gradients.filter((gradient) => elements(gradient.shape) > 0);
  const norms = filled.map((gradient) => norm(gradient));
  if (norms.length === 0) return ops.full([1], Number.NaN, "float32");
  if (norms.length === 1) return single(norms[0]!);
  const squares = norms.map((value) => ops.mul(value, value));
  return single(ops.sqrt(squares.reduce((sum, square) => ops.add(sum, square))));
}
