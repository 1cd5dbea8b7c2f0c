// What a module says to those who write PyTorch's names.

import { DEVICE_METHODS, endPrototypes, refusePythonName } from "../tensor/python-names.js";

/** What PyTorch's users try first, and what it is called here. */
const ELSEWHERE: Readonly<Record<string, string>> = { ...DEVICE_METHODS, to: DEVICE_METHODS.cuda! };

/** Lets instances of `Base` answer to PyTorch's names with ours. */
export function knowPythonNames(Base: { readonly prototype: object }): void {
  endPrototypes<object>(
    Base,
    (module, name) => refusePythonName(module, name, "a module", ELSEWHERE),
    (module, name) => refusePythonName(module, name, "a module", {}),
  );
}
