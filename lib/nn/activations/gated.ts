// Gated linear units: one half of the input, gated by the other half.

import { formatShape, normalizeAxis } from "../../graph/shape.js";
import { checkFunctionOptions } from "../../module/options.js";
import type { Tensor } from "../../tensor/tensor.js";
import { floatNode } from "./common.js";
import { type ActivationClass, activation } from "./layer.js";
import { type GeluOptions, gelu, swish } from "./smooth.js";

export interface GateOptions {
  /** The dim whose halves are the two inputs (-1, the last). */
  dim: number;
}

function halves(x: Tensor, dim: number, what: string): [Tensor, Tensor] {
  floatNode(x, what);
  if (x.ndim === 0) throw new RangeError(`${what}: needs at least one dim to halve, got a 0-d tensor`);
  const extent = x.shape[normalizeAxis(dim, x.ndim, what)]!;
  if (extent % 2 !== 0) {
    throw new RangeError(
      `${what}: dim ${dim} of ${formatShape(x.shape)} must be even, as its halves are the two inputs`,
    );
  }
  const [first, second] = x.split(extent / 2, { dim });
  return [first!, second ?? first!];
}

/** a * sigmoid(b) for the halves a and b of x along `dim`, which becomes half as long. Dauphin et al. 2016, equation 1.
 *
 *  @example F.glu(tensor([[1, 2, 0, 0]])) // [[0.5, 1]] */
export function glu(x: Tensor, options: Partial<GateOptions> = {}): Tensor {
  checkFunctionOptions("glu", options, ["dim"]);
  const [a, b] = halves(x, options.dim ?? -1, "glu");
  return a.mul(b.sigmoid());
}

/** a * sigmoid(b) for the halves a and b of the input along `dim` (-1). Dauphin et al. 2016, equation 1.
 *
 *  @example nn.Sequential(nn.Linear(4, 6), nn.GLU(), nn.Linear(3, 1)) */
export const GLU: ActivationClass<GateOptions> = activation("GLU", glu, { dim: -1 });
export type GLU = InstanceType<typeof GLU>;

export interface SwigluOptions extends GateOptions {
  /** Sharpness of the gate, see `swish` (1). */
  beta: number;
}

/** swish_beta(a) * b for the halves a and b of x along `dim`, which becomes half as long. Shazeer 2020, equation 6.
 *
 *  @example F.swiglu(tensor([[0, 2, 5, 5]])) // [[0, 8.8080]] */
export function swiglu(x: Tensor, options: Partial<SwigluOptions> = {}): Tensor {
  checkFunctionOptions("swiglu", options, ["dim", "beta"]);
  const [a, b] = halves(x, options.dim ?? -1, "swiglu");
  return swish(a, { beta: options.beta ?? 1 }).mul(b);
}

/** swish_beta(a) * b for the halves a and b of the input along `dim` (-1). The layer before it is twice as wide as the one
 *  after it; with 2/3 of the usual width the number of parameters stays. Shazeer 2020, equation 6.
 *
 *  @example nn.Sequential(nn.Linear(4, 6), nn.SwiGLU(), nn.Linear(3, 1)) */
export const SwiGLU: ActivationClass<SwigluOptions> = activation("SwiGLU", swiglu, { dim: -1, beta: 1 });
export type SwiGLU = InstanceType<typeof SwiGLU>;

/** gelu(a) * b for the halves a and b of x along `dim`, which becomes half as long. Shazeer 2020, equation 6.
 *
 *  @example F.geglu(tensor([[0, 2, 5, 5]])) // [[0, 9.7725]] */
export function geglu(x: Tensor, options: Partial<GateOptions & GeluOptions> = {}): Tensor {
  checkFunctionOptions("geglu", options, ["dim", "approximate"]);
  const [a, b] = halves(x, options.dim ?? -1, "geglu");
  return gelu(a, { approximate: options.approximate ?? "none" }).mul(b);
}

/** gelu(a) * b for the halves a and b of the input along `dim` (-1). Shazeer 2020, equation 6.
 *
 *  @example nn.Sequential(nn.Linear(4, 6), nn.GEGLU(), nn.Linear(3, 1)) */
export const GEGLU: ActivationClass<GateOptions & GeluOptions> = activation("GEGLU", geglu, {
  dim: -1,
  approximate: "none",
});
export type GEGLU = InstanceType<typeof GEGLU>;
