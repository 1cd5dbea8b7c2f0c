// Gains: by how much an activation shrinks the signal, to be made up for by the weights' scale.

/** Activations that PyTorch's calculate_gain knows. */
export type Nonlinearity =
  | "linear"
  | "conv1d"
  | "conv2d"
  | "conv3d"
  | "sigmoid"
  | "tanh"
  | "relu"
  | "leaky_relu"
  | "selu";

const GAINS: { readonly [name in Nonlinearity]: (negativeSlope: number) => number } = {
  linear: () => 1,
  conv1d: () => 1,
  conv2d: () => 1,
  conv3d: () => 1,
  sigmoid: () => 1,
  tanh: () => 5 / 3,
  relu: () => Math.SQRT2,
  leaky_relu: (slope) => Math.sqrt(2 / (1 + slope * slope)),
  selu: () => 3 / 4,
};

/** PyTorch's recommended gain. `param` is the negative slope of "leaky_relu" (0.01). */
export function calculateGain(nonlinearity: Nonlinearity, param = 0.01): number {
  const gain = GAINS[nonlinearity] as ((slope: number) => number) | undefined;
  if (gain === undefined) {
    throw new RangeError(
      `calculateGain: unknown nonlinearity "${nonlinearity}"; known: ${Object.keys(GAINS).join(", ")}`,
    );
  }
  return gain(param);
}
