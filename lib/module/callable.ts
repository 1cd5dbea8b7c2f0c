// Calling classes without `new`, as PyTorch's users do: `nn.Linear(2, 3)` and `new nn.Linear(2, 3)` are the same.

import { printsAs } from "../tensor/printing.js";

// biome-ignore lint/suspicious/noExplicitAny: constructors of any signature
type AnyConstructor = new (...args: any) => any;

/** A class that also works without `new`; `instanceof` and `extends` behave as with the class itself. */
export type Callable<C extends AnyConstructor> = C & ((...args: ConstructorParameters<C>) => InstanceType<C>);

/** As Node prints a class. */
function classText(Class: AnyConstructor): string {
  const { name } = Object.getPrototypeOf(Class) as AnyConstructor;
  return `[class ${Class.name}${name === "" ? "" : ` extends ${name}`}]`;
}

/** Makes `new` optional. `name` is what modules of the class print as. A method `made_` is called once the constructor is done. */
export function callable<C extends AnyConstructor>(Class: C, name: string): Callable<C> {
  Object.defineProperty(Class, "name", { value: name });
  // for Node the class is a proxy, and prints as one
  printsAs({ prototype: Class }, classText);
  const make = (args: unknown[], newTarget: AnyConstructor): InstanceType<C> => {
    const made = Reflect.construct(Class, args, newTarget);
    made.made_?.();
    return made;
  };
  return new Proxy(Class, {
    apply: (target, _this, args) => make(args, target),
    construct: (_target, args, newTarget) => make(args, newTarget as AnyConstructor),
  }) as Callable<C>;
}
