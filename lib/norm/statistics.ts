// Mean and variance over some axes, and standardising with them: what all normalisation layers compute.

import { constantNode, differentiable, isGradEnabled, type Node, withGradModeNow } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { elements } from "../graph/shape.js";

const number = constantNode;

export interface Moments {
  /** Reduced axes are kept with extent 1. */
  readonly mean: Node;
  /** Biased. */
  readonly variance: Node;
  /** Numbers that went into each mean. */
  readonly count: number;
}

/** Averages over `axes`, which are kept with extent 1. */
function averager(x: Node, axes: readonly number[]): { average: (y: Node) => Node; count: number } {
  const kept = ops.keptShape(x.shape, axes);
  const count = elements(axes.map((axis) => x.shape[axis]!));
  return {
    average: (y) => ops.reshape(ops.mul(ops.reduce("sum", y, axes), number(1 / count)), kept),
    count,
  };
}

/** Mean and biased variance over `axes`; two passes, so that a large mean does no harm. */
export function moments(x: Node, axes: readonly number[]): Moments {
  const { average, count } = averager(x, axes);
  const mean = average(x);
  const centred = ops.sub(x, mean);
  return { mean, variance: average(ops.mul(centred, centred)), count };
}

/** 1 / sqrt(variance + eps) */
export const inverseDeviation = (variance: Node, eps: Node): Node => ops.rsqrt(ops.add(variance, eps));

/** x, less its mean where there is one, divided by its deviation; both are what `measure` finds in x. The derivative is
 *  (g - mean(g) - y mean(g y)) / deviation, without mean(g) where nothing is subtracted. */
function divided(
  what: string,
  x: Node,
  axes: readonly number[],
  measure: () => { inverse: Node; mean: Node | undefined },
): Node {
  const { average } = averager(x, axes);
  const { inverse, mean } = withGradModeNow(false, measure);
  return differentiable(
    what,
    [x],
    () => ops.mul(mean === undefined ? x : ops.sub(x, mean), inverse),
    ({ output, gradient }) => {
      // recorded for derivatives of derivatives, the deviation has to depend on x again
      const scale = isGradEnabled() ? measure().inverse : inverse;
      const along = ops.mul(output, average(ops.mul(gradient, output)));
      const centred = mean === undefined ? gradient : ops.sub(gradient, average(gradient));
      return [ops.mul(scale, ops.sub(centred, along))];
    },
  );
}

/** (x - mean) / sqrt(variance + eps), with the derivative through x's own moments (Ioffe and Szegedy 2015, section 3).
 *  `known` are the moments of x over `axes`, where they have been taken already. */
export function standardize(
  what: string,
  x: Node,
  axes: readonly number[],
  eps: Node,
  known?: Pick<Moments, "mean" | "variance">,
): Node {
  return divided(what, x, axes, () => {
    const { mean, variance } = known !== undefined && !isGradEnabled() ? known : moments(x, axes);
    return { inverse: inverseDeviation(variance, eps), mean };
  });
}

/** x / sqrt(mean(x²) + eps), with its derivative. Zhang and Sennrich 2019, equation 4. */
export function divideByRootMeanSquare(what: string, x: Node, axes: readonly number[], eps: Node): Node {
  const { average } = averager(x, axes);
  return divided(what, x, axes, () => ({
    inverse: inverseDeviation(average(ops.mul(x, x)), eps),
    mean: undefined,
  }));
}

/** y * weight + bias, each in `shape`, where there is one. */
export function rescale(
  y: Node,
  weight: Node | undefined,
  bias: Node | undefined,
  shape: readonly number[],
): Node {
  const scaled = weight === undefined ? y : ops.mul(y, ops.reshape(weight, shape));
  return bias === undefined ? scaled : ops.add(scaled, ops.reshape(bias, shape));
}
