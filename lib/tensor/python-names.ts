// Names as PyTorch writes them: how they are written here, and what somebody is told who uses them here.

/** `weightDecay` in Python's style: `weight_decay`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `weight_decay` in our style: `weightDecay`. */
export function camelCase(name: string): string {
  return name.replace(/(?<=.)_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** Throws where `name`, which `owner` lacks, is one that PyTorch's users write first: `undefined` would be read as false, and what is
 *  written to `requires_grad` do nothing. `elsewhere`: what there is instead of PyTorch's methods. */
export function refusePythonName(
  owner: object,
  name: string,
  what: string,
  elsewhere: Readonly<Record<string, string>>,
): void {
  if (Object.hasOwn(elsewhere, name)) {
    throw new TypeError(`${what} has no ${name}() as in PyTorch; ${elsewhere[name]}`);
  }
  const ours = camelCase(name);
  if (ours !== name && ours in owner) throw new TypeError(`${what} has no ${name}; it is ${ours} here`);
}

/** Ends the chain of prototypes below `Base`: JavaScript asks an object's last prototype for what nobody else has, so that own fields
 *  and methods are found before it, and cost what they did. `read` gives undefined where it knows nothing of a name; both may throw. */
export function endPrototypes<T extends object>(
  Base: { readonly prototype: object },
  read: (owner: T, name: string) => unknown,
  write: (owner: T, name: string) => void,
): void {
  const ends = new Proxy(Object.create(Object.prototype) as object, {
    get: (target, key, owner: T) =>
      (typeof key === "string" ? read(owner, key) : undefined) ??
      (Reflect.get(target, key, owner) as unknown),
    set(target, key, value, owner: T) {
      if (typeof key === "string") write(owner, key);
      return Reflect.set(target, key, value, owner);
    },
  });
  Object.setPrototypeOf(Base.prototype, ends);
}

/** Where everything is computed is chosen for the process, not for each tensor. */
export const DEVICE_METHODS: Readonly<Record<string, string>> = {
  cpu: 'gb.device("wasm") chooses where everything is computed',
  cuda: 'gb.device("webgpu") chooses where everything is computed',
};
