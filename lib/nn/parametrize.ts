// Weights that are computed from other parameters: weight normalisation and spectral normalisation. PyTorch's
// `torch.nn.utils.parametrizations`, with its keys in state dicts.

import { formatShape } from "../graph/shape.js";
import { normal_ } from "../init/index.js";
import { Module } from "../module/module.js";
import { Parameter } from "../module/parameter.js";
import { zeros } from "../tensor/create.js";
import { noGrad } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";

/** What a weight is computed from, and how. */
abstract class Parametrization extends Module {
  abstract override forward(): Tensor;
}

type Parametrized = Module & { parametrizations?: Record<string, Parametrization> };

/** The parameter `name` of a module that is to be computed from now on. */
function parameterOf(what: string, module: Module, name: string, dims: number): Parameter {
  const value = (module as unknown as Record<string, unknown>)[name];
  if (!(value instanceof Parameter)) {
    throw new TypeError(`${what}: ${module.constructor.name} has no parameter "${name}"`);
  }
  if (value.ndim >= dims) return value;
  throw new RangeError(`${what}: needs at least ${dims} dims, "${name}" is ${formatShape(value.shape)}`);
}

/** Puts a computed value in the place of a parameter. The getter looks at its own module, so that copies have their own. */
function parametrize<M extends Module>(module: M, name: string, parametrization: Parametrization): M {
  const target: Parametrized = module;
  delete (target as unknown as Record<string, unknown>)[name];
  module.parameterNames.forget(name);
  target.parametrizations = { ...target.parametrizations, [name]: parametrization };
  Object.defineProperty(target, name, {
    configurable: true,
    enumerable: false,
    get(this: Parametrized) {
      return this.parametrizations![name]!();
    },
    set() {
      throw new Error(
        `${name} is computed; call nn.utils.parametrizations.removeParametrizations(module, "${name}") first`,
      );
    },
  });
  return module;
}

/** |x| of each slice along `dim`, all other dims kept with extent 1. */
function sliceNorms(x: Tensor, dim: number): Tensor {
  return x.norm({ dim: x.shape.map((_, i) => i).filter((i) => i !== dim), keepdim: true });
}

class WeightNormParametrization extends Parametrization {
  /** The length of each slice along `dim`. */
  original0: Parameter;
  /** The direction, of any length. */
  original1: Parameter;
  private readonly dim: number;

  constructor(weight: Tensor, dim: number) {
    super();
    this.original0 = new Parameter(sliceNorms(weight, dim));
    this.original1 = new Parameter(weight);
    this.dim = dim;
  }
  forward(): Tensor {
    return this.original1.mul(this.original0.div(sliceNorms(this.original1, this.dim)));
  }
}

/** Weight normalisation: the parameter is g v / |v|, with a length g of each slice along `dim` (0, the outputs) and a
 *  direction v to be learned in its place. Changes the module, and gives it back. Salimans and Kingma 2016, equation 2.
 *
 *  ```ts
 *  const layer = nn.utils.parametrizations.weightNorm(nn.Linear(3, 2));
 *  [...layer.namedParameters()].map(([name]) => name.split(".").at(-1)) // -> [ 'bias', 'original0', 'original1' ]
 *  ``` */
export function weightNorm<M extends Module>(module: M, name = "weight", options: { dim?: number } = {}): M {
  const weight = parameterOf("weightNorm", module, name, 1).detach();
  const { dim = 0 } = options;
  return parametrize(module, name, new WeightNormParametrization(weight, dim < 0 ? dim + weight.ndim : dim));
}

export interface SpectralNormOptions {
  /** Power iterations in each forward pass while training (1). */
  nPowerIterations?: number;
  /** The smallest length that is divided by (1e-12). */
  eps?: number;
}

/** The power iteration for the largest singular value of a matrix. */
class PowerIteration extends Module {
  declare _u: Tensor;
  declare _v: Tensor;
  private readonly options: Required<SpectralNormOptions>;

  constructor(matrix: Tensor, options: Required<SpectralNormOptions>) {
    super();
    this.options = options;
    const [rows, columns] = matrix.shape as [number, number];
    this.registerBuffer("_u", this.unit(normal_(zeros(rows))));
    this.registerBuffer("_v", this.unit(normal_(zeros(columns))));
    this.iterate(matrix, 15);
  }
  private unit(x: Tensor): Tensor {
    return x.div(x.norm().clamp({ min: this.options.eps }));
  }
  private iterate(matrix: Tensor, times: number): void {
    noGrad(() => {
      for (let i = 0; i < times; i++) {
        this._u.copy_(this.unit(matrix.matmul(this._v)));
        this._v.copy_(this.unit(matrix.t().matmul(this._u)));
      }
    });
  }
  forward(matrix: Tensor): Tensor {
    if (this.training) this.iterate(matrix.detach(), this.options.nPowerIterations);
    const [u, v] = [this._u.clone(), this._v.clone()];
    return matrix.div(u.mul(matrix.matmul(v)).sum());
  }
}

class SpectralNormParametrization extends Parametrization {
  /** The weight before it is divided. */
  original: Parameter;
  readonly 0: PowerIteration;

  constructor(weight: Tensor, options: Required<SpectralNormOptions>) {
    super();
    this.original = new Parameter(weight);
    this[0] = new PowerIteration(weight.reshape(weight.shape[0]!, -1), options);
  }
  forward(): Tensor {
    const { original } = this;
    return this[0](original.reshape(original.shape[0]!, -1)).reshape(original.shape);
  }
}

/** Spectral normalisation: the parameter, as a matrix [out, rest], is divided by its largest singular value, which a power
 *  iteration follows while training. Changes the module, and gives it back. Miyato et al. 2018, algorithm 1.
 *
 *  ```ts
 *  const layer = nn.utils.parametrizations.spectralNorm(nn.Linear(3, 2));
 *  layer(tensor.ones(1, 3)).shape // -> [1, 2]
 *  ``` */
export function spectralNorm<M extends Module>(
  module: M,
  name = "weight",
  options: SpectralNormOptions = {},
): M {
  const { nPowerIterations = 1, eps = 1e-12 } = options;
  if (!(Number.isInteger(nPowerIterations) && nPowerIterations > 0)) {
    throw new RangeError(
      `spectralNorm: nPowerIterations must be a whole number > 0, got ${nPowerIterations}`,
    );
  }
  const weight = parameterOf("spectralNorm", module, name, 2).detach();
  return parametrize(module, name, new SpectralNormParametrization(weight, { nPowerIterations, eps }));
}

/** Makes a computed weight a parameter again, with the value it has now. Changes the module, and gives it back.
 *
 *  ```ts
 *  const { weightNorm, removeParametrizations } = nn.utils.parametrizations;
 *  const layer = removeParametrizations(weightNorm(nn.Linear(3, 2)), "weight");
 *  [...layer.namedParameters()].map(([name]) => name) // -> [ 'bias', 'weight' ]
 *  ``` */
export function removeParametrizations<M extends Module>(module: M, name = "weight"): M {
  const target: Parametrized = module;
  const { [name]: own, ...others } = target.parametrizations ?? {};
  if (own === undefined) throw new RangeError(`removeParametrizations: ${name} is not computed`);
  const value = new Parameter(noGrad(() => own()));
  delete (target as unknown as Record<string, unknown>)[name];
  if (Object.keys(others).length > 0) target.parametrizations = others;
  else delete target.parametrizations;
  (target as unknown as Record<string, unknown>)[name] = value;
  return module;
}
