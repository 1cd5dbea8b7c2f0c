// The namespace `tensor`: callable, and home of creation and functions, as `torch` is in PyTorch.

import * as create from "./create.js";
import { explain } from "./explain.js";
import * as functions from "./functions.js";
import * as autograd from "./gradients/index.js";
import { defaultGenerator, manualSeed } from "./random/default.js";
import { Generator } from "./random/generator.js";
import { roots } from "./roots.js";
import * as sample from "./sample.js";
import { enableGrad, isGradEnabled, noGrad } from "./scope.js";
import { Tensor } from "./tensor.js";

/** The call itself makes tensors from data. */
const { fromData, ...made } = create;

const members = {
  ...made,
  ...sample,
  ...roots,
  ...functions,
  autograd,
  Tensor,
  Generator,
  defaultGenerator,
  manualSeed,
  noGrad,
  enableGrad,
  isGradEnabled,
  explain,
};

type Members = Omit<typeof create, "fromData"> &
  typeof sample &
  typeof functions &
  typeof roots & {
    readonly autograd: typeof autograd;
    /** The class of all tensors: `x instanceof tensor.Tensor`. */
    readonly Tensor: typeof Tensor;
    /** Random generators of one's own: `tensor.rand(3, { generator: new tensor.Generator(42) })`. */
    readonly Generator: typeof Generator;
    /** What everything draws from that is not given a generator. */
    readonly defaultGenerator: Generator;
    /** Seeds the default generator: the same seed and calls, the same numbers as PyTorch on a CPU.
     *
     *  @example
     *  tensor.manualSeed(42);
     *  tensor.rand(1) // -> [0.88227] */
    readonly manualSeed: typeof manualSeed;
    /** Runs a function without recording for backward().
     *  @example tensor.noGrad(() => model(x)).requiresGrad // -> false */
    readonly noGrad: typeof noGrad;
    /** Runs a function with recording for backward(), also inside `noGrad`.
     *  @example tensor.noGrad(() => tensor.enableGrad(() => model(x))).requiresGrad // -> true */
    readonly enableGrad: typeof enableGrad;
    /** Whether what is computed now is recorded for backward().
     *  @example tensor.noGrad(() => tensor.isGradEnabled()) // -> false */
    readonly isGradEnabled: typeof isGradEnabled;
    /** What computing tensors would do, or has done: the kernels, their fusion, memory and work, as text.
     *  @example tensor.explain(x.add(1)).length > 0 // -> true */
    readonly explain: typeof explain;
  };

/** `tensor([[1, 2], [3, 4]])` makes a tensor; `tensor.zeros(2, 3)`, `tensor.cat([...])`, ... are PyTorch's `torch.*`.
 *  @example tensor([[1, 2], [3, 4]]).sum(1) // -> [3, 7] */
export const tensor: typeof create.fromData & Members = Object.assign(
  (...args: Parameters<typeof create.fromData>): Tensor => fromData(...args),
  members,
);

export type { DType } from "../graph/dtype.js";
export type { Index } from "./methods/indexing.js";
export type { NestedArray, Operand, ReduceArgument, ReduceOptions } from "./types.js";
export { autograd, Generator, manualSeed, noGrad, Tensor };
