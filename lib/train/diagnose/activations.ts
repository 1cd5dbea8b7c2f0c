// What the rules need to know of an activation: the weights that keep the signal's size, where it is flat, where it is zero.

import type { LayerInfo } from "../run.js";

export interface Traits {
  /** Range of n·Var, inputs of a unit times variance of its weights, that keeps the signal: from the activation's slope at 0 to
   *  the exact 1 / E[f(z)²] for standard normal z; He's and Glorot's values lie within. */
  readonly scale: readonly [number, number];
  /** Flat at both ends. */
  readonly saturates?: true;
  /** Zero for all negative sums: a unit can fall silent. */
  readonly rectifies?: true;
}

const RELU: Traits = { scale: [2, 2], rectifies: true };
const SMOOTH: Traits = { scale: [1, 3] };

const TRAITS: Readonly<Record<string, Traits>> = {
  relu: RELU,
  relu6: RELU,
  relu2: { scale: [0.66, 2], rectifies: true },
  squaredrelu: { scale: [0.66, 2], rectifies: true },
  prelu: { scale: [1.8, 2] },
  rrelu: { scale: [1.8, 2] },
  elu: { scale: [1, 2] },
  celu: { scale: [1, 2] },
  gelu: SMOOTH,
  silu: SMOOTH,
  swish: SMOOTH,
  mish: SMOOTH,
  hardswish: SMOOTH,
  softplus: { scale: [1, 2] },
  tanh: { scale: [1, 2.8], saturates: true },
  hardtanh: { scale: [1, 2.8], saturates: true },
  softsign: { scale: [1, 6], saturates: true },
  sigmoid: { scale: [1, 3.5], saturates: true },
  hardsigmoid: { scale: [1, 3.5], saturates: true },
};

/** "LeakyReLU", "leaky_relu" -> "leakyrelu"; "" where the layer has no activation. */
export function activationName(layer: LayerInfo): string {
  return layer.activation?.name.toLowerCase().replace(/[^a-z0-9]/g, "") ?? "";
}

/** What is known of a layer's activation; undefined for SELU, which has conditions of its own, and for unknown ones. */
export function traits(layer: LayerInfo): Traits | undefined {
  const name = activationName(layer);
  if (name === "") return { scale: [1, 2] };
  if (name !== "leakyrelu") return TRAITS[name];
  const slope = Number(layer.activation?.negativeSlope ?? layer.activation?.slope ?? 0.01);
  const he = 2 / (1 + slope * slope);
  return { scale: [Math.min(he, 1.9), he] };
}
