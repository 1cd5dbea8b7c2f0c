// Initialising a whole network by what follows each of its linear and convolution layers.

import * as init from "../init/index.js";
import { evalMode, Module } from "../module/index.js";
import { noGrad } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";
import {
  CELU,
  ELU,
  GEGLU,
  GELU,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  LeakyReLU,
  LogSigmoid,
  LogSoftmax,
  Mish,
  PReLU,
  ReLU,
  ReLU2,
  ReLU6,
  RReLU,
  SELU,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  Softsign,
  SwiGLU,
  Swish,
  Tanh,
} from "./activations/index.js";
import { Sequential } from "./containers.js";
import { Conv1d, Conv2d, Conv3d } from "./convolution/index.js";
import { Flatten } from "./flatten.js";
import { Linear } from "./linear.js";

export interface ForActivationOptions extends init.GeneratorOption {
  /** What the weights are drawn from; the variance is the same ("uniform"). */
  distribution?: "uniform" | "normal";
  /** Inputs of the model. It is run with them to see the order in which its layers are called, which only a Sequential shows
   *  by itself. */
  inputs?: readonly unknown[];
}

/** What was chosen for one layer. */
export interface InitChoice {
  /** The layer's name in the model. */
  readonly path: string;
  /** The function used; null where the layer was left as it is. */
  readonly init: string | null;
  readonly why: string;
}

type Family = "kaiming" | "xavier" | "lecun";

type Layer = new (...args: never[]) => unknown;

/** Table 11-1: which family goes with which activation. */
const TABLE: { readonly [family in Family]: readonly Layer[] } = {
  kaiming: [
    ...[ReLU, LeakyReLU, PReLU, ELU, GELU, SiLU, Swish, Mish],
    // not in the table; they are near relatives of those that are
    ...[RReLU, CELU, ReLU6, Hardswish, Softplus],
  ],
  xavier: [Sigmoid, Tanh, Softmax, LogSoftmax, Softsign, Hardtanh, Hardsigmoid, LogSigmoid],
  lecun: [SELU],
};

/** Activations that square the scale of what they get, with the gain after them: E[relu(z)^4] = 3/2 for standard normal z, and
 *  E[swish(z)^2] E[z^2] for a product of two independent halves. The table has He for these, with which deep signals explode or fade. */
const SQUARING: readonly (readonly [Layer, init.Nonlinearity])[] = [
  [ReLU2, "relu2"],
  [SwiGLU, "silu"],
  [GEGLU, "gelu"],
];
const gainAfter = (module: Module | undefined): init.Nonlinearity | undefined =>
  SQUARING.find(([Class]) => module instanceof Class)?.[1];

const NAMES: { readonly [family in Family]: string } = { kaiming: "He", xavier: "Glorot", lecun: "LeCun" };

/** The layers whose weights are drawn. */
const isWeighted = (module: Module): module is Linear | Conv2d =>
  [Linear, Conv1d, Conv2d, Conv3d].some((Class) => module instanceof Class);

/** Modules between a layer and its activation that leave the question open. */
const isPassive = (module: Module): boolean =>
  module instanceof Flatten || /Norm|Dropout|Identity|Pool|Pad/.test(module.constructor.name);

const isNormalisation = (module: Module): boolean => /Norm/.test(module.constructor.name);

/** The slope for negative numbers, which He initialisation takes into account. */
function slopeOf(activation: Module): number {
  if (activation instanceof LeakyReLU) return activation.negativeSlope;
  if (activation instanceof RReLU) return (activation.lower + activation.upper) / 2;
  return activation instanceof PReLU ? activation.init : 0;
}

/** The modules without children in the order of a Sequential, those in nested ones included. Undefined for other models. */
function listed(model: Module): Module[] | undefined {
  if (!(model instanceof Sequential)) return undefined;
  const lists = [...model].map((layer) => (layer.children().length === 0 ? [layer] : listed(layer)));
  return lists.includes(undefined) ? undefined : lists.flatMap((list) => list!);
}

/** The modules without children in the order in which they are called; in evaluation, so that nothing changes. */
function called(model: Module, inputs: readonly unknown[]): Module[] {
  const order: Module[] = [];
  const handles = model
    .modules()
    .filter((module) => module.children().length === 0)
    .map((module) => module.tapForward((layer) => void order.push(layer)));
  try {
    const call = model as unknown as (...args: readonly unknown[]) => unknown;
    evalMode(model, () => noGrad(() => call(...inputs)));
  } finally {
    for (const handle of handles) handle.remove();
  }
  return order;
}

interface Choice {
  readonly family: Family;
  /** What He's gain is for; by default a leaky ReLU of this slope. */
  readonly nonlinearity?: init.Nonlinearity;
  readonly slope: number;
  readonly why: string;
}

/** The input sums get variance 1, which the square of a scale needs: no gain is right for other scales. */
function chooseForSquaring(next: Module, previous: Module | undefined): Choice {
  const why = `${next.constructor.name} follows, which squares scales`;
  const remedy = "normalise before it where there are several";
  const nonlinearity = gainAfter(previous);
  if (nonlinearity === undefined) {
    return { family: "lecun", slope: 0, why: `${why}: variance 1/n for inputs of scale 1; ${remedy}` };
  }
  const before = previous!.constructor.name;
  return { family: "kaiming", nonlinearity, slope: 0, why: `${why}: the gain after ${before}; ${remedy}` };
}

/** The activation or layer that follows, and what gives the inputs: an activation, a layer or a normalisation. */
function choose(next: Module | undefined, previous: Module | undefined): Choice {
  if (next !== undefined && gainAfter(next) !== undefined) return chooseForSquaring(next, previous);
  if (next === undefined || isWeighted(next)) {
    return { family: "xavier", slope: 0, why: "no activation follows: Glorot" };
  }
  const name = next.constructor.name;
  const family = (["kaiming", "xavier", "lecun"] as const).find((candidate) =>
    TABLE[candidate].some((Class) => next instanceof Class),
  );
  if (family === undefined) {
    return { family: "xavier", slope: 0, why: `${name} follows, which has no entry in the table: Glorot` };
  }
  const slope = slopeOf(next);
  const detail = slope === 0 ? "" : ` with slope ${slope}`;
  return { family, slope, why: `${name}${detail} follows: ${NAMES[family]}` };
}

/** Draws the weight as chosen and gives the name of the function. */
function draw(
  weight: Tensor,
  { family, nonlinearity = "leaky_relu", slope }: Choice,
  options: ForActivationOptions,
): string {
  const { distribution = "uniform", generator } = options;
  const from = generator === undefined ? {} : { generator };
  const normal = distribution === "normal";
  if (family === "kaiming") {
    (normal ? init.kaimingNormal_ : init.kaimingUniform_)(weight, { a: slope, nonlinearity, ...from });
  } else if (family === "lecun") (normal ? init.lecunNormal_ : init.lecunUniform_)(weight, from);
  else (normal ? init.xavierNormal_ : init.xavierUniform_)(weight, from);
  return `${family}${normal ? "Normal" : "Uniform"}_`;
}

/** Initialises every Linear and Conv of `model` by the activation that follows it, and says what it chose and why.
 *
 *  ReLU and its relatives up to GELU, Swish and Mish: He (with the slope of leaky ones); tanh, sigmoid, softmax or nothing:
 *  Glorot; SELU: LeCun. Biases become 0. Normalisation, dropout, pooling and Flatten in between are looked through.
 *
 *  ReLU2, SwiGLU and GEGLU square the scale: whatever it is off by is squared in each layer, so no weights keep a signal through
 *  many of them. They get input sums of variance 1 for inputs of scale 1, and the advice to normalise before them.
 *
 *  What follows a layer is plain in a Sequential. Other models are run with `inputs`; activations that their `forward` calls as
 *  functions are not seen. Without `inputs` their layers are left as they are.
 *
 *  @example console.table(init.forActivation(nn.Sequential(nn.Linear(4, 3), nn.SELU(), nn.Linear(3, 1)))) */
export function forActivation(model: Module, options: ForActivationOptions = {}): InitChoice[] {
  if (!(model instanceof Module)) {
    throw new TypeError(`forActivation: needs a module, got ${typeof model}`);
  }
  const { distribution = "uniform" } = options;
  if (distribution !== "uniform" && distribution !== "normal") {
    throw new RangeError(`forActivation: distribution must be "uniform" or "normal", got "${distribution}"`);
  }
  const order = options.inputs === undefined ? listed(model) : called(model, options.inputs);
  return [...model.namedModules()].flatMap(([path, layer]): InitChoice[] => {
    if (!isWeighted(layer)) return [];
    const place = order?.indexOf(layer) ?? -1;
    if (place === -1) {
      const why =
        order === undefined
          ? `what follows is not known, as ${model.constructor.name} is not made of Sequentials; pass { inputs: [x] }`
          : "it was not called";
      return [{ path, init: null, why }];
    }
    const choice = choose(
      order!.slice(place + 1).find((module) => !isPassive(module)),
      order!.slice(0, place).findLast((module) => !isPassive(module) || isNormalisation(module)),
    );
    const name = draw(layer.weight, choice, options);
    init.zeros_(layer.bias);
    return [{ path, init: name, why: choice.why }];
  });
}
