// What a module says to those who write PyTorch's names. JavaScript asks an object's last prototype for what nobody else has.

import { DEVICE_METHODS, refusePythonName } from "../tensor/python-names.js";

/** What PyTorch's users try first, and what it is called here. */
const ELSEWHERE: Readonly<Record<string, string>> = { ...DEVICE_METHODS, to: DEVICE_METHODS.cuda! };

/** Ends the chain of prototypes below `Base`. Own fields and methods are found before it, and cost what they did. */
export function knowPythonNames(Base: { readonly prototype: object }): void {
  const ends = new Proxy(Object.create(Object.prototype) as object, {
    get(target, key, module: object) {
      if (typeof key === "string") refusePythonName(module, key, "a module", ELSEWHERE);
      return Reflect.get(target, key, module) as unknown;
    },
    set(target, key, value, module) {
      if (typeof key === "string") refusePythonName(module as object, key, "a module", {});
      return Reflect.set(target, key, value, module);
    },
  });
  Object.setPrototypeOf(Base.prototype, ends);
}
