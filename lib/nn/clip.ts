// Limits on gradients and weights, and penalties: `nn.utils`. Nothing is read from the device unless a check is asked for.

import { checkNames, described } from "../tensor/arguments.js";
import type { GradientSlot } from "../tensor/autograd.js";
import { full } from "../tensor/create.js";
import { insideModule, noGrad } from "../tensor/scope.js";
import { Tensor } from "../tensor/tensor.js";

/** One tensor, several, or pairs of name and tensor as `model.namedParameters()` gives them: errors then have the names. */
export type ParameterArgument = Tensor | Iterable<Tensor> | Iterable<readonly [string, Tensor]>;

export interface NormOptions {
  /** 2 (default), any other positive number, or Infinity for the largest size. */
  normType?: number;
  /** Read the norm now, and throw naming the parameters where it is infinite or NaN (false). */
  errorIfNonfinite?: boolean;
}

interface Named {
  readonly name: string;
  readonly tensor: Tensor;
}

function listed(parameters: ParameterArgument, what: string): Named[] {
  const items: unknown = parameters instanceof Tensor ? [parameters] : parameters;
  if (typeof (items as Partial<Iterable<unknown>>)[Symbol.iterator] !== "function") {
    throw new TypeError(`${what}: needs parameters; pass model.parameters()`);
  }
  return [...(items as Iterable<unknown>)].map((item, i) => {
    const [name, tensor] = (Array.isArray(item) ? item : [`number ${i}`, item]) as [string, unknown];
    if (tensor instanceof Tensor) return { name, tensor };
    throw new TypeError(`${what}: needs tensors, got ${typeof tensor}; pass model.parameters()`);
  });
}

/** The gradients there are, as handles that do not count as given to user code. */
function gradientsOf(parameters: readonly Named[]): Named[] {
  return insideModule(() =>
    parameters.flatMap(({ name, tensor }) => {
      const slot = tensor.storage.node.slot as GradientSlot | undefined;
      return slot?.gradient === undefined ? [] : [{ name, tensor: new Tensor(slot.gradient, true) }];
    }),
  );
}

/** Changes tensors in place without a trace in the graph. */
const change = (body: () => void): void => insideModule(() => noGrad(body));

function totalNorm(tensors: readonly Tensor[], normType: number): Tensor {
  if (tensors.length === 0) return full([], 0);
  if (normType === Number.POSITIVE_INFINITY) {
    return tensors.map((x) => x.abs().amax()).reduce((a, b) => a.maximum(b));
  }
  // the power function knows its cheap forms: 1, 2, 1/2
  const total = tensors.map((x) => x.abs().pow(normType).sum()).reduce((a, b) => a.add(b));
  return total.pow(1 / normType);
}

function checkedNorm(what: string, named: readonly Named[], options: NormOptions): Tensor {
  checkNames(what, options, ["normType", "errorIfNonfinite"]);
  const { normType = 2, errorIfNonfinite = false } = options;
  if (!(normType > 0)) throw new RangeError(`${what}: normType must be a number > 0, got ${normType}`);
  const norm = insideModule(() =>
    noGrad(() =>
      totalNorm(
        named.map(({ tensor }) => tensor),
        normType,
      ),
    ),
  );
  // a handle of its own, which user code holds
  const total = new Tensor(norm.storage, true);
  if (!errorIfNonfinite || Number.isFinite(total.item())) return total;
  const bad = named.flatMap(({ name, tensor }) => {
    const values = tensor.toTypedArray();
    const nans = values.filter((value) => Number.isNaN(value)).length;
    const infinite = values.filter((value) => !Number.isFinite(value)).length - nans;
    return nans + infinite === 0
      ? []
      : [`${name} [${tensor.shape.join(", ")}] (${nans} NaN, ${infinite} infinite of ${values.length})`];
  });
  const where = bad.length > 0 ? `not finite: ${bad.join("; ")}` : "all finite, and too large to add up";
  throw new Error(
    `${what}: the total norm is ${total.item()}; gradients are ${where}. Nothing was changed. A smaller learning rate, ` +
      "a look at the inputs for NaN, or skipping this step helps",
  );
}

/** The norm of all tensors together, as if they were one vector. Lazy, unless `errorIfNonfinite`.
 *
 *  @example
 *  loss.backward();
 *  nn.utils.getTotalNorm(model.parameters().map((p) => p.grad!)).item() > 0 // -> true */
export function getTotalNorm(tensors: ParameterArgument, options: NormOptions = {}): Tensor {
  return checkedNorm("getTotalNorm", listed(tensors, "getTotalNorm"), options);
}

/** Scales all gradients by maxNorm / (totalNorm + 1e-6) where that is below 1.
 *
 *  @example
 *  loss.backward();
 *  const total = nn.utils.getTotalNorm(model.parameters().map((p) => p.grad!));
 *  nn.utils.clipGradsWithNorm_(model.parameters(), 0.5, total) */
export function clipGradsWithNorm_(parameters: ParameterArgument, maxNorm: number, total: Tensor): void {
  scale(gradientsOf(listed(parameters, "clipGradsWithNorm_")), maxNorm, total, "clipGradsWithNorm_");
}

function scale(gradients: readonly Named[], maxNorm: number, total: Tensor, what: string): void {
  if (!(maxNorm >= 0))
    throw new RangeError(`${what}: maxNorm must be a number >= 0, got ${described(maxNorm)}`);
  change(() => {
    const factor = total.add(1e-6).reciprocal().mul(maxNorm).minimum(1);
    for (const { tensor } of gradients) tensor.mul_(factor);
  });
}

/** Scales all gradients down together so that their total norm is at most `maxNorm`; the direction stays. Gives the norm from
 *  before, which is not read unless `errorIfNonfinite`. One infinite gradient makes all others 0 and itself NaN, as in PyTorch:
 *  ask for the check to stop there instead. Pascanu et al. 2013, algorithm 1.
 *
 *  @example
 *  loss.backward();
 *  nn.utils.clipGradNorm_(model.namedParameters(), 1, { errorIfNonfinite: true });
 *  optimizer.step(); */
export function clipGradNorm_(
  parameters: ParameterArgument,
  maxNorm: number,
  options: NormOptions = {},
): Tensor {
  const gradients = gradientsOf(listed(parameters, "clipGradNorm_"));
  const total = checkedNorm("clipGradNorm_", gradients, options);
  scale(gradients, maxNorm, total, "clipGradNorm_");
  return total;
}

/** Limits every number of the gradients to [-clipValue, clipValue]; the direction can change.
 *
 *  @example nn.utils.clipGradValue_(model.parameters(), 1) */
export function clipGradValue_(parameters: ParameterArgument, clipValue: number): void {
  if (!(clipValue >= 0))
    throw new RangeError(`clipGradValue_: clipValue must be a number >= 0, got ${clipValue}`);
  change(() => {
    for (const { tensor } of gradientsOf(listed(parameters, "clipGradValue_"))) {
      tensor.clamp_({ min: -clipValue, max: clipValue });
    }
  });
}

/** Max-norm regularisation: scales the slices of a weight along `dim` (1: what comes in to each neuron of a linear layer) down
 *  to at most `max`. Call it after each optimizer step. Srivastava et al. 2014, section 5.1.
 *
 *  @example for (const p of model.parameters()) if (p.ndim > 1) nn.utils.maxNorm_(p, 1) */
export function maxNorm_(weight: Tensor, max: number, dim: number | readonly number[] = 1): Tensor {
  if (!(max >= 0)) throw new RangeError(`maxNorm_: max must be a number >= 0, got ${described(max)}`);
  change(() => {
    const norm = weight.norm({ dim, keepdim: true });
    weight.mul_(norm.add(1e-8).reciprocal().mul(max).minimum(1));
  });
  return weight;
}

function penalty(what: string, parameters: ParameterArgument, of: (x: Tensor) => Tensor): Tensor {
  const all = listed(parameters, what);
  return all.map(({ tensor }) => of(tensor).sum()).reduce((a, b) => a.add(b), full([], 0));
}

/** The sum of the sizes of all numbers, to be added to a loss.
 *
 *  @example const loss = lossFn(model(x), labels).add(nn.utils.l1Penalty(model.parameters()).mul(1e-4)) */
export function l1Penalty(parameters: ParameterArgument): Tensor {
  return penalty("l1Penalty", parameters, (x) => x.abs());
}

/** The sum of the squares of all numbers, to be added to a loss. With plain SGD, `weightDecay: 2 * k` does the same as `k` times
 *  this.
 *
 *  @example const loss = lossFn(model(x), labels).add(nn.utils.l2Penalty(model.parameters()).mul(1e-4)) */
export function l2Penalty(parameters: ParameterArgument): Tensor {
  return penalty("l2Penalty", parameters, (x) => x.square());
}
