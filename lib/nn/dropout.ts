// Dropout and its relatives: in training a random part of the signal is left out, in evaluation nothing happens. Which part is
// a function of the seed, the call and the place (lib/tensor/random/device.ts): nothing is drawn from the host's generator.

import { differentiable, type Node } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { formatShape } from "../graph/shape.js";
import { type Callable, callable } from "../module/callable.js";
import { formatNumber } from "../module/format.js";
import { Module } from "../module/module.js";
import { checkNames } from "../tensor/arguments.js";
import { bernoulli } from "../tensor/random/device.js";
import { Tensor } from "../tensor/tensor.js";
import { floatNode, number } from "./activations/common.js";

export interface DropoutOptions {
  /** Probability of being left out, 0 to 1 (0.5). */
  p?: number;
  /** Whether this is training; without it nothing happens. In a module's forward: `this.training`. It has to be said, because
   *  a default of true would go on after `model.eval()`. */
  training: boolean;
}

/** What is dropped together, as the shape of the mask; and what comes out where a number is kept or left out. */
interface Kind {
  readonly mask: (x: Tensor, what: string) => readonly number[];
  /** Kept numbers x become `scale` x + `shift`; those left out become `dropped`. */
  readonly values: (p: number) => { scale: number; shift: number; dropped: number };
}

const elementwise = (x: Tensor): readonly number[] => x.shape;

/** Whole channels: one decision for all that comes after the dims in front, which are a batch and a channel, or a channel. */
function channels(shapes: Readonly<Record<number, number>>, expected: string): Kind["mask"] {
  return (x, what) => {
    const lead = shapes[x.ndim];
    if (lead === undefined)
      throw new RangeError(
        `${what}: needs ${expected}, got ${formatShape(x.shape)}; F.dropout takes any shape`,
      );
    return x.shape.map((n, i) => (i < lead ? n : 1));
  };
}

const scaled: Kind["values"] = (p) => ({ scale: 1 / (1 - p), shift: 0, dropped: 0 });

/** The value of SELU for very negative numbers, which stands for "off". Klambauer et al. 2017, section on dropout. */
const SELU_LIMIT = -1.7580993408473766;

/** So that mean 0 and variance 1 stay. */
const selfNormalizing: Kind["values"] = (p) => {
  const scale = 1 / Math.sqrt((1 - p) * (1 + p * SELU_LIMIT ** 2));
  const shift = -scale * SELU_LIMIT * p;
  return { scale, shift, dropped: scale * SELU_LIMIT + shift };
};

const anyChannels: Kind["mask"] = (x, what) => {
  if (x.ndim >= 2) return x.shape.map((n, i) => (i < 2 ? n : 1));
  throw new RangeError(
    `${what}: needs [N, C, ...], got ${formatShape(x.shape)}; F.alphaDropout takes any shape`,
  );
};

type Name = "dropout" | "dropout1d" | "dropout2d" | "dropout3d" | "alphaDropout" | "featureAlphaDropout";

const KINDS: { readonly [name in Name]: Kind } = {
  dropout: { mask: elementwise, values: scaled },
  dropout1d: { mask: channels({ 2: 1, 3: 2 }, "[N, C, L] or [C, L]"), values: scaled },
  dropout2d: { mask: channels({ 4: 2 }, "[N, C, H, W]"), values: scaled },
  dropout3d: { mask: channels({ 4: 1, 5: 2 }, "[N, C, D, H, W] or [C, D, H, W]"), values: scaled },
  alphaDropout: { mask: elementwise, values: selfNormalizing },
  featureAlphaDropout: { mask: anyChannels, values: selfNormalizing },
};

function checkProbability(what: string, p: number): void {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`${what}: p must be a probability from 0 to 1, got ${p}`);
}

function apply(what: Name, x: Tensor, options: DropoutOptions): Tensor {
  const input = floatNode(x, what);
  const { p = 0.5, training } = options ?? {};
  if (typeof training !== "boolean") {
    throw new TypeError(
      `${what}: say whether this is training: F.${what}(x, { p: 0.5, training: this.training }) in a module's forward`,
    );
  }
  checkNames(what, options, ["p", "training"]);
  checkProbability(what, p);
  if (!training || p === 0) return x;
  const kind = KINDS[what];
  const mask = kind.mask(x, what);
  if (p === 1) return x.mul(0);
  const { scale, shift, dropped } = kind.values(p);
  const keep = bernoulli(mask, 1 - p);
  const value = (node: Node): Node => {
    const kept = ops.mul(node, number(scale));
    return ops.where(keep, shift === 0 ? kept : ops.add(kept, number(shift)), number(dropped));
  };
  return Tensor.from(
    differentiable(
      what,
      [input],
      () => value(input),
      ({ gradient }) => [ops.where(keep, ops.mul(gradient, number(scale)), number(0))],
    ),
  );
}

/** In training sets each number to 0 with probability `p` and divides the others by 1 - p, so that the mean stays. Shape of x.
 *
 *  ```ts
 *  F.dropout(tensor([1, 2]), { p: 0.5, training: false }) // -> [1, 2]
 *  ``` */
export const dropout = (x: Tensor, options: DropoutOptions): Tensor => apply("dropout", x, options);

/** Dropout of whole channels of sequences [N, C, L] or [C, L]. Shape of x.
 *
 *  ```ts
 *  F.dropout1d(tensor.ones(2, 3, 5), { p: 0.2, training: true }).shape // -> [2, 3, 5]
 *  ``` */
export const dropout1d = (x: Tensor, options: DropoutOptions): Tensor => apply("dropout1d", x, options);

/** Dropout of whole channels of images [N, C, H, W]. Shape of x.
 *
 *  ```ts
 *  F.dropout2d(tensor.ones(2, 3, 4, 4), { p: 0.2, training: true }).shape // -> [2, 3, 4, 4]
 *  ``` */
export const dropout2d = (x: Tensor, options: DropoutOptions): Tensor => apply("dropout2d", x, options);

/** Dropout of whole channels of volumes [N, C, D, H, W] or [C, D, H, W]. Shape of x.
 *
 *  ```ts
 *  F.dropout3d(tensor.ones(2, 3, 2, 2, 2), { p: 0.2, training: true }).shape // -> [2, 3, 2, 2, 2]
 *  ``` */
export const dropout3d = (x: Tensor, options: DropoutOptions): Tensor => apply("dropout3d", x, options);

/** Dropout for networks of SELU: numbers left out take SELU's lowest value, and all are scaled and shifted so that mean 0 and
 *  variance 1 stay. Shape of x. Klambauer et al. 2017.
 *
 *  ```ts
 *  F.alphaDropout(tensor([1, 2]), { p: 0.1, training: false }) // -> [1, 2]
 *  ``` */
export const alphaDropout = (x: Tensor, options: DropoutOptions): Tensor => apply("alphaDropout", x, options);

/** `alphaDropout` of whole channels of [N, C, ...]. Shape of x.
 *
 *  ```ts
 *  F.featureAlphaDropout(tensor.ones(2, 3, 5), { p: 0.1, training: true }).shape // -> [2, 3, 5]
 *  ``` */
export const featureAlphaDropout = (x: Tensor, options: DropoutOptions): Tensor =>
  apply("featureAlphaDropout", x, options);

abstract class DropoutModule extends Module {
  /** Probability of being left out. */
  p: number;
  protected abstract readonly what: Name;

  /** `nn.Dropout(0.2)` and `nn.Dropout({ p: 0.2 })` are the same. */
  constructor(options: number | { p?: number } = {}) {
    super();
    if (typeof options !== "number") checkNames(this.constructor.name, options, ["p"]);
    const { p = 0.5 } = typeof options === "number" ? { p: options } : options;
    checkProbability(this.constructor.name, p);
    this.p = p;
  }

  /** Shape of x; x itself in evaluation. */
  forward(x: Tensor): Tensor {
    const { p, training } = this;
    return apply(this.what, x, { p, training });
  }

  override extraRepr(): string {
    return `p=${formatNumber(this.p)}`;
  }
}

type DropoutClass = Callable<new (options?: number | { p?: number }) => DropoutModule>;

function layer(name: string, what: Name): DropoutClass {
  class Layer extends DropoutModule {
    protected get what(): Name {
      return what;
    }
  }
  return callable(Layer, name);
}

/** While training sets each number to 0 with probability `p` (0.5) and divides the others by 1 - p; does nothing in eval().
 *  Srivastava et al. 2014 (there the weights are scaled afterwards instead).
 *
 *  The numbers left out depend on `manualSeed` and on how many such layers have run since; they are the same on every device.
 *
 *  ```ts
 *  const layer = nn.Dropout(0.2);
 *  layer(tensor.ones(4, 3)).shape // -> [4, 3]
 *  ``` */
export const Dropout: DropoutClass = layer("Dropout", "dropout");
export type Dropout = InstanceType<typeof Dropout>;

/** Dropout of whole channels of sequences [N, C, L] or [C, L]. Tompson et al. 2015.
 *
 *  ```ts
 *  nn.Dropout1d(0.2)(tensor.ones(2, 3, 5)).shape // -> [2, 3, 5]
 *  ``` */
export const Dropout1d: DropoutClass = layer("Dropout1d", "dropout1d");
export type Dropout1d = InstanceType<typeof Dropout1d>;

/** Dropout of whole channels of images [N, C, H, W]. Tompson et al. 2015.
 *
 *  ```ts
 *  nn.Dropout2d(0.2)(tensor.ones(2, 3, 4, 4)).shape // -> [2, 3, 4, 4]
 *  ``` */
export const Dropout2d: DropoutClass = layer("Dropout2d", "dropout2d");
export type Dropout2d = InstanceType<typeof Dropout2d>;

/** Dropout of whole channels of volumes [N, C, D, H, W] or [C, D, H, W]. Tompson et al. 2015.
 *
 *  ```ts
 *  nn.Dropout3d(0.2)(tensor.ones(2, 3, 2, 2, 2)).shape // -> [2, 3, 2, 2, 2]
 *  ``` */
export const Dropout3d: DropoutClass = layer("Dropout3d", "dropout3d");
export type Dropout3d = InstanceType<typeof Dropout3d>;

/** Dropout that keeps mean 0 and variance 1, for networks of SELU; 0.05 to 0.1 is usual. Klambauer et al. 2017.
 *
 *  ```ts
 *  nn.Sequential(nn.Linear(4, 3), nn.SELU(), nn.AlphaDropout(0.1))(tensor.ones(2, 4)).shape // -> [2, 3]
 *  ``` */
export const AlphaDropout: DropoutClass = layer("AlphaDropout", "alphaDropout");
export type AlphaDropout = InstanceType<typeof AlphaDropout>;

/** `AlphaDropout` of whole channels of [N, C, ...].
 *
 *  ```ts
 *  nn.FeatureAlphaDropout(0.1)(tensor.ones(2, 3, 5)).shape // -> [2, 3, 5]
 *  ``` */
export const FeatureAlphaDropout: DropoutClass = layer("FeatureAlphaDropout", "featureAlphaDropout");
export type FeatureAlphaDropout = InstanceType<typeof FeatureAlphaDropout>;
