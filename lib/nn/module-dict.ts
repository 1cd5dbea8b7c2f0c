// Modules by name: they belong to a model, which calls them as it likes.

import { callable } from "../module/callable.js";
import { Module } from "../module/module.js";

type Modules = Readonly<Record<string, Module>>;

class ModuleDictModule extends Module {
  constructor(modules: Modules = {}) {
    super();
    this.update(modules);
  }

  /** Number of modules. */
  get size(): number {
    return this.values().length;
  }

  /** The module of that name, or undefined.
   *  @example nn.ModuleDict({ act: nn.ReLU() }).get("act") // -> ReLU() */
  get(key: string): Module | undefined {
    return this.has(key) ? (this as unknown as Modules)[key] : undefined;
  }

  /** Whether there is a module of that name.
   *  @example nn.ModuleDict({ act: nn.ReLU() }).has("norm") // -> false */
  has(key: string): boolean {
    return Object.hasOwn(this, key) && (this as unknown as Modules)[key] instanceof Module;
  }

  /** Puts a module under that name, in the place of one that has it.
   *  @example nn.ModuleDict().set("act", nn.ReLU()).keys() // -> [ 'act' ] */
  set(key: string, module: Module): this {
    if (!(module instanceof Module)) {
      throw new TypeError(
        `ModuleDict: "${key}" is not a module, but ${typeof module}; write nn.ReLU(), not nn.ReLU`,
      );
    }
    if (key === "" || key.includes(".") || (key in this && !this.has(key))) {
      throw new RangeError(
        `ModuleDict: a module cannot be called "${key}": names are not empty, have no dots, and are no members of modules`,
      );
    }
    Object.defineProperty(this, key, { value: module, enumerable: true, writable: true, configurable: true });
    return this;
  }

  /** Sets all modules in a record or in pairs of name and module.
   *  @example nn.ModuleDict().update({ act: nn.ReLU(), out: nn.Linear(4, 1) }).size // -> 2 */
  update(modules: Modules | Iterable<readonly [string, Module]>): this {
    const pairs = Symbol.iterator in modules ? modules : Object.entries(modules);
    for (const [key, module] of pairs) this.set(key, module);
    return this;
  }

  /** Takes a module out; whether there was one.
   *  @example nn.ModuleDict({ act: nn.ReLU() }).delete("act") // -> true */
  delete(key: string): boolean {
    return this.has(key) && Reflect.deleteProperty(this, key);
  }

  /** Names in the order in which they were set, those that are whole numbers first.
   *  @example nn.ModuleDict({ act: nn.ReLU(), out: nn.Linear(4, 1) }).keys() // -> [ 'act', 'out' ] */
  keys(): string[] {
    return Object.keys(this).filter((key) => this.has(key));
  }
  /** The modules in the order of `keys()`.
   *  @example nn.ModuleDict({ act: nn.ReLU() }).values() // -> [ ReLU() ] */
  values(): Module[] {
    return this.keys().map((key) => this.get(key)!);
  }
  /** Names and modules in the order of `keys()`.
   *  @example for (const [name, layer] of nn.ModuleDict({ act: nn.ReLU() }).entries()) console.log(name, layer); */
  entries(): [string, Module][] {
    return this.keys().map((key) => [key, this.get(key)!]);
  }

  [Symbol.iterator](): IterableIterator<[string, Module]> {
    return this.entries()[Symbol.iterator]();
  }

  /** A dictionary only holds its modules. */
  forward(): never {
    throw new Error("ModuleDict: has no forward of its own; call its modules in the model's forward");
  }
}

export type ModuleDict<R extends Modules = Modules> = ModuleDictModule & R;

interface ModuleDictConstructor {
  new <R extends Modules = Modules>(modules?: R): ModuleDict<R>;
  <R extends Modules = Modules>(modules?: R): ModuleDict<R>;
  readonly prototype: ModuleDictModule;
}

/** Modules by name. They are the model's: their parameters are found, and they follow train() and eval().
 *
 *  @example
 *  const heads = nn.ModuleDict({ age: nn.Linear(4, 1), job: nn.Linear(4, 5) });
 *  heads.age(x).shape // -> [ 16, 1 ]
 *  heads.job(x).shape // -> [ 16, 5 ] */
export const ModuleDict: ModuleDictConstructor = callable(
  ModuleDictModule,
  "ModuleDict",
) as unknown as ModuleDictConstructor;
