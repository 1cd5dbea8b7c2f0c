// Methods that reduce axes (all of them unless `dim` names some), and running results along one axis. A reduced axis is
// removed; `keepdim` keeps it with extent 1.

import { type Node, withGradMode } from "../../graph/node.js";
import * as ops from "../../graph/ops/index.js";
import { checkNames } from "../arguments.js";
import { roundedOnce } from "../half.js";
import { type InOrder, inOrder } from "../in-order.js";
import * as order from "../order.js";
import * as reductions from "../reductions.js";
import type { Tensor } from "../tensor.js";
import {
  type AlongArguments,
  dimOf,
  type OneDim,
  optionsOf,
  type ReduceArguments,
  type ReduceOptions,
} from "../types.js";
import { ComparisonMethods } from "./comparison.js";

/** Values along a dim, with their positions (int32); in this order, too: `const [values, indices] = x.max(1)`. */
export interface ValuesAndIndices extends Iterable<Tensor> {
  readonly values: Tensor;
  readonly indices: Tensor;
}

const SPREAD = ["unbiased", "correction"] as const;

export abstract class ReductionMethods extends ComparisonMethods {
  private reduced<O extends ReduceOptions>(
    reduce: (x: Node, options: O) => Node,
    args: ReduceArguments<O>,
    more: readonly (keyof O & string)[] = [],
  ): Tensor {
    return this.wrap(roundedOnce((x: Node) => reduce(x, optionsOf(args, reduce, more)), this.node));
  }

  /** The sum; of bools, how many are true.
   *  @example tensor([[1, 2], [3, 4]]).sum(1) // -> [3, 7] */
  sum(...args: ReduceArguments): Tensor {
    return this.reduced(reductions.sum, args);
  }
  /** The sum without the elements that are NaN.
   *  @example tensor([1, NaN, 3]).nansum() // -> 4 */
  nansum(...args: ReduceArguments): Tensor {
    return this.reduced(reductions.nansum, args);
  }
  /** The mean.
   *  @example tensor([[1, 2], [3, 4]]).mean({ dim: 0, keepdim: true }) // -> [[2, 3]] */
  mean(...args: ReduceArguments): Tensor {
    return this.reduced(reductions.mean, args);
  }
  /** The mean of the elements that are not NaN.
   *  @example tensor([1, NaN, 3]).nanmean() // -> 2 */
  nanmean(...args: ReduceArguments): Tensor {
    return this.reduced(reductions.nanmean, args);
  }
  /** The product.
   *  @example tensor([[1, 2], [3, 4]]).prod(1) // -> [2, 12] */
  prod(...args: ReduceArguments): Tensor {
    return this.reduced(reductions.prod, args);
  }
  /** The variance: the sum of the squared distances from the mean over n - 1, or over n where `unbiased` is false or `correction` 0.
   *  @example tensor([1, 2, 3]).var() // -> 1 */
  var(...args: ReduceArguments<reductions.VarianceOptions>): Tensor {
    return this.reduced(reductions.variance, args, SPREAD);
  }
  /** The standard deviation, the square root of `var`.
   *  @example tensor([1, 2, 3]).std({ unbiased: false }) // -> 0.8165 */
  std(...args: ReduceArguments<reductions.VarianceOptions>): Tensor {
    return this.reduced(reductions.std, args, SPREAD);
  }
  /** Variance and mean together.
   *  @example tensor([1, 2, 3]).varMean().mean // -> 2 */
  varMean(...args: ReduceArguments<reductions.VarianceOptions>): InOrder<{ var: Tensor; mean: Tensor }> {
    const { dim, keepdim } = optionsOf<reductions.VarianceOptions>(args, "varMean", SPREAD);
    const options = { ...(dim !== undefined && { dim }), ...(keepdim !== undefined && { keepdim }) };
    return inOrder({ var: this.var(...args), mean: this.reduced(reductions.mean, [options]) });
  }
  /** Standard deviation and mean together.
   *  @example tensor([1, 2, 3]).stdMean().std // -> 1 */
  stdMean(...args: ReduceArguments<reductions.VarianceOptions>): InOrder<{ std: Tensor; mean: Tensor }> {
    const { var: variance, mean } = this.varMean(...args);
    return inOrder({ std: this.wrap(ops.sqrt(variance.node)), mean });
  }
  /** The p-norm, (sum |x|^p)^(1/p); p is 2 unless said otherwise.
   *  @example tensor([3, -4]).norm() // -> 5 */
  norm(...args: ReduceArguments<reductions.NormOptions>): Tensor {
    return this.reduced(reductions.norm, args, ["p"]);
  }
  /** log(sum(exp(x))), without overflow.
   *  @example tensor([1000, 1000]).logsumexp(0) // -> 1000.6932 */
  logsumexp(...args: ReduceArguments): Tensor {
    return this.reduced(reductions.logsumexp, args);
  }
  /** The largest elements; those that are equal share the gradient.
   *  @example tensor([[1, 5], [3, 2]]).amax(1) // -> [5, 3] */
  amax(...args: ReduceArguments): Tensor {
    return this.reduced(reductions.amax, args);
  }
  /** The smallest elements; those that are equal share the gradient.
   *  @example tensor([[1, 5], [3, 2]]).amin(1) // -> [1, 2] */
  amin(...args: ReduceArguments): Tensor {
    return this.reduced(reductions.amin, args);
  }
  /** The smallest and the largest elements.
   *  @example tensor([3, 1, 2]).aminmax().max // -> 3 */
  aminmax(...args: ReduceArguments): InOrder<{ min: Tensor; max: Tensor }> {
    return inOrder({ min: this.amin(...args), max: this.amax(...args) });
  }
  /** The largest element; along a dim, the largest ones with their positions, to which the gradient goes.
   *  @example tensor([[1, 5], [3, 2]]).max(1).indices // -> [1, 0] */
  max(): Tensor;
  max(...args: AlongArguments): ValuesAndIndices;
  max(...args: [] | AlongArguments): Tensor | ValuesAndIndices {
    return args.length === 0 ? this.amax() : this.extreme("max", args);
  }
  /** The smallest element; along a dim, the smallest ones with their positions, to which the gradient goes.
   *  @example tensor([[1, 5], [3, 2]]).min(1).values // -> [1, 2] */
  min(): Tensor;
  min(...args: AlongArguments): ValuesAndIndices;
  min(...args: [] | AlongArguments): Tensor | ValuesAndIndices {
    return args.length === 0 ? this.amin() : this.extreme("min", args);
  }
  private extreme(name: "max" | "min", args: AlongArguments): ValuesAndIndices {
    const { dim, keepdim = false } = optionsOf<ReduceOptions & { dim: number }>(args, name);
    return this.both(reductions.extremeAlong(name, this.node, dim, keepdim));
  }
  protected both({ values, indices }: order.Ordered): ValuesAndIndices {
    return inOrder({ values: this.wrap(values), indices: this.wrap(indices) });
  }
  /** Where the largest element is: along `dim`, or in the flattened tensor; the first of equals. int32.
   *  @example tensor([[1, 5], [3, 2]]).argmax(1) // -> [1, 0] */
  argmax(...args: ReduceArguments): Tensor {
    return this.wrap(reductions.argExtreme("argmax", this.node, optionsOf(args, "argmax")));
  }
  /** Where the smallest element is: along `dim`, or in the flattened tensor; the first of equals. int32.
   *  @example tensor([[1, 5], [3, 2]]).argmin() // -> 0 */
  argmin(...args: ReduceArguments): Tensor {
    return this.wrap(reductions.argExtreme("argmin", this.node, optionsOf(args, "argmin")));
  }
  /** Whether any element is not 0.
   *  @example tensor([[0, 1], [0, 0]]).any(1) // -> tensor([ True, False]) */
  any(...args: ReduceArguments): Tensor {
    return this.wrap(reductions.anyAll("any", this.node, optionsOf(args, "any")));
  }
  /** Whether no element is 0.
   *  @example tensor([[0, 1], [1, 1]]).all(1) // -> tensor([False,  True]) */
  all(...args: ReduceArguments): Tensor {
    return this.wrap(reductions.anyAll("all", this.node, optionsOf(args, "all")));
  }
  /** How many elements are not 0, int32.
   *  @example tensor([[0, 1], [1, 1]]).countNonzero() // -> 3 */
  countNonzero(...args: ReduceArguments): Tensor {
    return this.reduced(reductions.countNonzero, args);
  }
  /** The median: for an even number of elements the lower of the two in the middle. Along a dim with its position.
   *  @example tensor([3, 1, 2]).median() // -> 2 */
  median(): Tensor;
  median(...args: AlongArguments): ValuesAndIndices;
  median(...args: [] | AlongArguments): Tensor | ValuesAndIndices {
    if (args.length === 0) return this.wrap(order.median(order.flat(this.node), 0, false).values);
    const { dim, keepdim = false } = optionsOf<ReduceOptions & { dim: number }>(args, "median");
    return this.both(order.median(this.node, dim, keepdim));
  }
  /** The value below which the share `q` (0 to 1) of the elements lies; for several shares, with a first dim of their number.
   *  @example tensor([1, 2, 3, 4]).quantile(0.5) // -> 2.5 */
  quantile(q: number | readonly number[], options: order.QuantileOptions = {}): Tensor {
    return this.wrap(roundedOnce((x: Node) => order.quantile(x, q, options), this.node));
  }

  /** How many elements lie in each of `bins` equal parts from `min` to `max`; from the smallest to the largest element if both
   *  are 0. Elements outside are not counted. float32. Waits for the range where none is given.
   *  @example tensor([0, 1, 1, 3]).histc({ bins: 3 }) // -> [1, 2, 1] */
  histc(options: { bins?: number; min?: number; max?: number } = {}): Tensor {
    checkNames("histc", options, ["bins", "min", "max"]);
    return this.wrap(
      withGradMode(false, () => order.histogram(this.node, this.range(options), options.bins ?? 100)),
    );
  }
  private range({ min = 0, max = 0 }: { min?: number; max?: number }): [number, number] {
    if (min > max) throw new RangeError(`histc: min ${min} is above max ${max}`);
    if (min !== 0 || max !== 0 || this.numel() === 0) return [min, max];
    const [low, high] = [this.amin().item(), this.amax().item()];
    return low === high ? [low - 1, high + 1] : [low, high];
  }

  // --- running results -------------------------------------------------------------------------------------------------

  /** The sum of all elements up to each one along `dim`.
   *  @example tensor([1, 2, 3]).cumsum(0) // -> [1, 3, 6] */
  cumsum(dim: OneDim): Tensor {
    return this.wrap(reductions.scanned("cumsum", this.node, dimOf(dim, "cumsum")));
  }
  /** The differences of neighbours along a dim (the last), `n` times over.
   *  @example tensor([1, 3, 2]).diff() // -> [2, -1] */
  diff(options: { n?: number; dim?: number } = {}): Tensor {
    return this.wrap(reductions.diff(this.node, options.n ?? 1, options.dim ?? -1));
  }
  /** The product of all elements up to each one along `dim`.
   *  @example tensor([1, 2, 3]).cumprod(0) // -> [1, 2, 6] */
  cumprod(dim: OneDim): Tensor {
    return this.wrap(reductions.scanned("cumprod", this.node, dimOf(dim, "cumprod")));
  }
  /** log(sum(exp(x))) of all elements up to each one along `dim`.
   *  @example tensor([0, 0]).logcumsumexp(0) // -> [0, 0.6931] */
  logcumsumexp(dim: OneDim): Tensor {
    return this.wrap(reductions.scanned("logcumsumexp", this.node, dimOf(dim, "logcumsumexp")));
  }
  /** The largest element up to each one along `dim`, with its position.
   *  @example tensor([1, 3, 2]).cummax(0).values // -> [1, 3, 3] */
  cummax(dim: OneDim): ValuesAndIndices {
    return this.both(reductions.runningExtreme("cummax", this.node, dimOf(dim, "cummax")));
  }
  /** The smallest element up to each one along `dim`, with its position.
   *  @example tensor([3, 1, 2]).cummin(0).indices // -> [0, 1, 1] */
  cummin(dim: OneDim): ValuesAndIndices {
    return this.both(reductions.runningExtreme("cummin", this.node, dimOf(dim, "cummin")));
  }
}
