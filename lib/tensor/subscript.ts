// `x[0]`, `x[-1]`: JavaScript has no operators to overload, but asks an object's last prototype for what nobody else has.

import type { TensorBase } from "./base.js";
import { DEVICE_METHODS, refusePythonName } from "./python-names.js";

const INDEX = /^-?(?:0|[1-9]\d*)$/;

/** What PyTorch's users try first, and what it is called here. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  ...DEVICE_METHODS,
  numpy: "use toTypedArray() or toArray()",
  tolist: "use toArray()",
  dim: "use ndim",
};

/** Ends the chain of prototypes below `Base`: whole numbers are positions along the first dim. Own properties and methods are found
 *  before it, and cost what they did. */
export function allowSubscripts(Base: { readonly prototype: object }): void {
  const ends = new Proxy(Object.create(Object.prototype) as object, {
    get(target, key, tensor: TensorBase<never> & { at(index: number): unknown }) {
      if (typeof key === "string") {
        if (INDEX.test(key)) return tensor.at(Number(key));
        refusePythonName(tensor, key, "a tensor", ELSEWHERE);
      }
      return Reflect.get(target, key, tensor) as unknown;
    },
    set(target, key, value, tensor) {
      if (typeof key === "string") {
        if (INDEX.test(key)) {
          throw new TypeError(`x[${key}] = ... is not possible; write x.indexPut_([${key}], values)`);
        }
        refusePythonName(tensor as object, key, "a tensor", {});
      }
      return Reflect.set(target, key, value, tensor);
    },
  });
  Object.setPrototypeOf(Base.prototype, ends);
}
