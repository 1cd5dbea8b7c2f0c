// Calling classes without `new`, as PyTorch's users do: `nn.Linear(2, 3)` and `new nn.Linear(2, 3)` are the same.

// biome-ignore lint/suspicious/noExplicitAny: constructors of any signature
type AnyConstructor = new (...args: any) => any;

/** A class that also works without `new`; `instanceof` and `extends` behave as with the class itself. */
export type Callable<C extends AnyConstructor> = C & ((...args: ConstructorParameters<C>) => InstanceType<C>);

/** Makes `new` optional. `name` is what modules of the class print as. */
export function callable<C extends AnyConstructor>(Class: C, name: string): Callable<C> {
  Object.defineProperty(Class, "name", { value: name });
  return new Proxy(Class, {
    apply: (target, _this, args) => Reflect.construct(target, args),
  }) as Callable<C>;
}
