// `x[0]`, `x[-1]`, and what a tensor says to those who write PyTorch's names.

import type { TensorBase } from "./base.js";
import { DEVICE_METHODS, endPrototypes, refusePythonName } from "./python-names.js";

const INDEX = /^-?(?:0|[1-9]\d*)$/;

/** What PyTorch's users try first, and what it is called here. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  ...DEVICE_METHODS,
  numpy: "use toTypedArray() or toArray()",
  tolist: "use toArray()",
  dim: "use ndim",
  type: "use dtype, and int(), float() and bool() to convert",
  double: "float32 is the most precise kind of number here; use float()",
};

/** Gives instances of `Base` whole numbers as positions along the first dim. */
export function allowSubscripts(Base: { readonly prototype: object }): void {
  endPrototypes<TensorBase<never> & { at(index: number): unknown }>(
    Base,
    (tensor, name) => {
      if (INDEX.test(name)) return tensor.at(Number(name));
      return refusePythonName(tensor, name, "a tensor", ELSEWHERE);
    },
    (tensor, name) => {
      if (INDEX.test(name)) {
        throw new TypeError(`x[${name}] = ... is not possible; write x.indexPut_([${name}], values)`);
      }
      refusePythonName(tensor, name, "a tensor", {});
    },
  );
}
