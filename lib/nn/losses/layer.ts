// How a loss function becomes a layer: a class whose fields are the function's options; tensors among them are buffers.

import { callable } from "../../module/callable.js";
import { Module } from "../../module/module.js";
import type { Tensor } from "../../tensor/tensor.js";
import { complete } from "../activations/layer.js";

/** A layer that maps the tensors `I` to losses. */
export interface Loss<I extends Tensor[]> extends Module {
  forward(...inputs: I): Tensor;
}

/** The class of a loss with options `O`, which are its fields, too. `new` is optional. */
export interface LossClass<I extends Tensor[], O extends object> {
  new (options?: O): Loss<I> & Readonly<Required<O>>;
  (options?: O): Loss<I> & Readonly<Required<O>>;
  readonly prototype: Loss<I> & Readonly<Required<O>>;
}

/** The type itself, but not a place to infer it from. (TypeScript's own NoInfer is newer than the compiler of the cells.) */
type Given<T> = [T][T extends unknown ? 0 : never];

/** Makes the layer of a loss function. Options whose default is null are tensors: a layer's buffers, as in PyTorch. */
export function lossLayer<I extends Tensor[], O extends object>(
  name: string,
  apply: (...args: [...I, Given<O>]) => Tensor,
  defaults: Required<Given<O>>,
): LossClass<I, O> {
  class LossModule extends Module {
    constructor(options: O = {} as O) {
      super();
      const complete_: object = complete(name, options, defaults);
      for (const [key, value] of Object.entries(complete_)) {
        if (defaults[key as keyof O] === null) this.registerBuffer(key, value as Tensor | null);
        else Object.assign(this, { [key]: value });
      }
    }
    forward(...inputs: I): Tensor {
      // the options would be taken for the tensor that is missing
      if (inputs.length < apply.length) {
        throw new TypeError(`${name}: compares ${apply.length} tensors, got ${inputs.length}`);
      }
      return apply(...inputs, this as unknown as O);
    }
  }
  return callable(LossModule, name) as unknown as LossClass<I, O>;
}
