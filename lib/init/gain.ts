// Gains: by how much an activation shrinks the signal, to be made up for by the weights' scale.

/** Activations that have a gain. Those up to "selu" are PyTorch's; for the others PyTorch raises an error. */
export type Nonlinearity =
  | "linear"
  | "conv1d"
  | "conv2d"
  | "conv3d"
  | "conv_transpose1d"
  | "conv_transpose2d"
  | "conv_transpose3d"
  | "sigmoid"
  | "tanh"
  | "relu"
  | "leaky_relu"
  | "selu"
  | "elu"
  | "celu"
  | "gelu"
  | "silu"
  | "mish"
  | "hardswish"
  | "softplus"
  | "relu6"
  | "relu2";

const fixed =
  (gain: number): (() => number) =>
  () =>
    gain;

/** From "elu" on the exact value 1 / sqrt(E[f(z)²]) for a standard normal z, with the activation's default options. */
const GAINS: { readonly [name in Nonlinearity]: (negativeSlope: number) => number } = {
  linear: fixed(1),
  conv1d: fixed(1),
  conv2d: fixed(1),
  conv3d: fixed(1),
  conv_transpose1d: fixed(1),
  conv_transpose2d: fixed(1),
  conv_transpose3d: fixed(1),
  sigmoid: fixed(1),
  tanh: fixed(5 / 3),
  relu: fixed(Math.SQRT2),
  leaky_relu: (slope) => Math.sqrt(2 / (1 + slope * slope)),
  selu: fixed(3 / 4),
  elu: fixed(1.2451983007007064),
  celu: fixed(1.2451983007007064),
  gelu: fixed(1.5335304411955355),
  silu: fixed(1.6765324703310913),
  mish: fixed(1.4868475812732076),
  hardswish: fixed(1.7366572127665416),
  softplus: fixed(1.041866835535302),
  relu6: fixed(1.4142135650950738),
  relu2: fixed(Math.sqrt(2 / 3)),
};

/** The gain of an activation: PyTorch's recommended value where it has one, the exact one where it has none.
 *
 *  An exact gain keeps E[f(z)²] at 1 for standard normal z. `param` is the negative slope of "leaky_relu" (0.01) and is not
 *  used by others. PyTorch's "tanh" (5/3), "sigmoid" (1) and "selu" (3/4) are not exact: 1.593, 1.846 and 1 would be; SELU
 *  wants "linear" to normalise itself.
 *
 *  @example init.calculateGain("leaky_relu", 0.2) // 1.3868 */
export function calculateGain(nonlinearity: Nonlinearity, param = 0.01): number {
  const gain = GAINS[nonlinearity] as ((slope: number) => number) | undefined;
  if (gain === undefined) {
    throw new RangeError(
      `calculateGain: unknown nonlinearity "${nonlinearity}"; known: ${Object.keys(GAINS).join(", ")}`,
    );
  }
  return gain(param);
}
