// Small data for the networks of the table: clusters around one centre a class, and ways to spoil it.

import * as gb from "gradbook";

const { tensor } = gb;

export const FEATURES = 64;
export const CLASSES = 10;

export interface Split {
  readonly inputs: gb.Tensor;
  readonly labels: gb.Tensor;
}

/** `count` standardised examples of 64 features, [N, 64], with labels 0 to 9; the same centres for every seed. */
export function clusters(seed: number, count: number, noise = 1): Split {
  const centres = tensor.randn(CLASSES, FEATURES, { generator: new tensor.Generator(1) });
  const generator = new tensor.Generator(seed);
  const labels = tensor.randint(0, CLASSES, [count], { generator });
  const inputs = centres
    .indexSelect(0, labels)
    .add(tensor.randn(count, FEATURES, { generator }).mul(noise))
    .div(Math.hypot(1, noise));
  return { inputs, labels };
}

/** Pixels instead of standardised features: `scale` times the features, plus `offset`. */
export function rescaled({ inputs, labels }: Split, scale: number, offset: number): Split {
  return { inputs: inputs.mul(scale).add(offset), labels };
}

/** One feature of example `at` is NaN. */
export function withNaN({ inputs, labels }: Split, at: number): Split {
  const values = Float32Array.from(inputs.toTypedArray());
  values[at * FEATURES + 3] = Number.NaN;
  return { inputs: tensor(values).reshape(inputs.shape), labels };
}

/** Labels that have nothing to do with the inputs any more. */
export function shuffled({ inputs, labels }: Split): Split {
  return { inputs, labels: labels.indexSelect(0, tensor.randperm(labels.shape[0]!)) };
}

/** Every n-th label is wrong. */
export function mislabelled({ inputs, labels }: Split, n: number): Split {
  const wrong = Array.from(labels.toTypedArray(), (label, i) =>
    i % n === 0 ? (Number(label) + 3) % CLASSES : Number(label),
  );
  return { inputs, labels: tensor(wrong, { dtype: "int32" }) };
}

/** Consecutive batches, again and again. */
export function batches({ inputs, labels }: Split, size: number): (step: number) => Split {
  const count = Math.floor(inputs.shape[0]! / size);
  return (step) => {
    const from = (step % count) * size;
    return { inputs: inputs.narrow(0, from, size), labels: labels.narrow(0, from, size) };
  };
}
