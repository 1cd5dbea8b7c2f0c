// How an activation function becomes a layer: a class without parameters whose fields are the function's options.

import { callable } from "../../module/callable.js";
import { formatNumber } from "../../module/format.js";
import { Module } from "../../module/module.js";
import { Tensor } from "../../tensor/tensor.js";

/** A layer that maps one tensor to one tensor. */
export interface Activation extends Module {
  forward(x: Tensor): Tensor;
}

/** The number that the one option of a layer is, if it has just one. */
type Alone<O, K extends keyof O = keyof O> = K extends unknown
  ? [keyof O] extends [K]
    ? Extract<O[K], number>
    : never
  : never;

type Arguments<O> = keyof O extends never ? [] : [options?: Partial<O> | Alone<O>];

/** The class of a layer with options `O`, which are its fields, too. `new` is optional. */
export interface ActivationClass<O extends object = object, A extends unknown[] = Arguments<O>> {
  new (...args: A): Activation & Readonly<O>;
  (...args: A): Activation & Readonly<O>;
  readonly prototype: Activation & Readonly<O>;
}

/** Checks what was given and fills in the defaults; an option whose default is undefined has to be given. */
export function complete<O extends object>(name: string, given: Partial<O>, defaults: O): O {
  const known = Object.keys(defaults);
  const usage = `nn.${name}(${known.length === 0 ? "" : `{ ${known.map((key) => `${key}: ...`).join(", ")} }`})`;
  if (given instanceof Tensor) {
    throw new TypeError(`${name}: makes a layer, which is then called with tensors; write ${usage}(x)`);
  }
  if (typeof given !== "object" || given === null) {
    throw new TypeError(`${name}: options go into an object, got ${typeof given}; write ${usage}`);
  }
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown !== undefined) throw new TypeError(`${name}: has no option "${unknown}"; write ${usage}`);
  const options = { ...defaults, ...given };
  const missing = known.find((key) => options[key as keyof O] === undefined);
  if (missing !== undefined) throw new TypeError(`${name}: needs the option ${missing}; write ${usage}`);
  return options;
}

/** Makes the layer of a function. The order of `defaults` is the order in which the options print. One option may be given as it is,
 *  as in PyTorch: `nn.LeakyReLU(0.2)`. */
export function activation<O extends object, A extends unknown[] = Arguments<O>>(
  name: string,
  apply: (x: Tensor, options: O) => Tensor,
  defaults: O,
): ActivationClass<O, A> {
  class ActivationModule extends Module {
    constructor(options: Partial<O> | number = {}) {
      super();
      const [only, ...others] = Object.keys(defaults);
      const alone = typeof options === "number" && only !== undefined && others.length === 0;
      const given = alone ? { [only]: options } : options;
      Object.assign(this, complete(name, given as Partial<O>, defaults));
    }
    forward(x: Tensor): Tensor {
      return apply(x, this as unknown as O);
    }
    override extraRepr(): string {
      return Object.keys(defaults)
        .map((key) => [key, (this as unknown as Record<string, unknown>)[key]] as const)
        .map(([key, value]) => `${key}=${typeof value === "number" ? formatNumber(value) : value}`)
        .join(", ");
    }
  }
  return callable(ActivationModule, name) as unknown as ActivationClass<O, A>;
}
