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

const members = {
  ...withoutInternal(create),
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

type Members = Omit<typeof create, Internal> &
  typeof sample &
  typeof functions &
  typeof roots & {
    readonly autograd: typeof autograd;
    readonly Tensor: typeof Tensor;
    readonly Generator: typeof Generator;
    readonly defaultGenerator: Generator;
    readonly manualSeed: typeof manualSeed;
    readonly noGrad: typeof noGrad;
    readonly enableGrad: typeof enableGrad;
    readonly isGradEnabled: typeof isGradEnabled;
    readonly explain: typeof explain;
  };

/** What the files beside share. */
type Internal = "fromData" | "finish" | "parse" | "checkExtents";

function withoutInternal(all: typeof create): Omit<typeof create, Internal> {
  const { fromData: _data, finish: _finish, parse: _parse, checkExtents: _check, ...rest } = all;
  return rest;
}

/** `tensor([[1, 2], [3, 4]])` makes a tensor; `tensor.zeros(2, 3)`, `tensor.cat([...])`, ... are PyTorch's `torch.*`. */
export const tensor: typeof create.fromData & Members = Object.assign(
  (...args: Parameters<typeof create.fromData>): Tensor => create.fromData(...args),
  members,
);

export type { DType } from "../graph/dtype.js";
export type { Index } from "./methods/indexing.js";
export type { NestedArray, Operand, ReduceArgument, ReduceOptions } from "./types.js";
export { autograd, Generator, manualSeed, noGrad, Tensor };
