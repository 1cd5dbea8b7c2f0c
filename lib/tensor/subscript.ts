// `x[0]`, `x[-1]`: JavaScript has no operators to overload, but asks an object's last prototype for what nobody else has.

import type { TensorBase } from "./base.js";

const INDEX = /^-?(?:0|[1-9]\d*)$/;

/** What PyTorch's users try first, and what it is called here. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  numpy: "toTypedArray() or toArray()",
  tolist: "toArray()",
  cpu: 'nothing: gb.device("wasm") chooses where everything is computed',
  cuda: 'nothing: gb.device("webgpu") chooses where everything is computed',
  dim: "ndim",
};

/** Ends the chain of prototypes below `Base`: whole numbers are positions along the first dim. Own properties and methods are found
 *  before it, and cost what they did. */
export function allowSubscripts(Base: { readonly prototype: object }): void {
  const ends = new Proxy(Object.create(Object.prototype) as object, {
    get(target, key, tensor: TensorBase<never> & { at(index: number): unknown }) {
      if (typeof key === "string") {
        if (INDEX.test(key)) return tensor.at(Number(key));
        if (Object.hasOwn(ELSEWHERE, key)) {
          throw new TypeError(`a tensor has no ${key}() as in PyTorch; use ${ELSEWHERE[key]}`);
        }
      }
      return Reflect.get(target, key, tensor) as unknown;
    },
    set(target, key, value, tensor) {
      if (typeof key === "string" && INDEX.test(key)) {
        throw new TypeError(`x[${key}] = ... is not possible; write x.indexPut_([${key}], values)`);
      }
      return Reflect.set(target, key, value, tensor);
    },
  });
  Object.setPrototypeOf(Base.prototype, ends);
}
