// Modules in a list: they belong to a model, which calls them as it likes.

import { type Callable, callable } from "../module/callable.js";
import { Module } from "../module/module.js";

function requireModule(value: unknown, i: number): void {
  if (value instanceof Module) return;
  throw new TypeError(
    `ModuleList: module ${i} is not a module, but ${typeof value}; write nn.ReLU(), not nn.ReLU`,
  );
}

class ModuleListModule<M extends Module = Module> extends Module {
  [index: number]: M;

  constructor(modules: Iterable<M> = []) {
    super();
    this.extend(modules);
  }

  override get length(): number {
    return this.list().length;
  }

  /** The module at `index`; negative ones count from the end.
   *  @example nn.ModuleList([nn.ReLU(), nn.Tanh()]).at(-1)!.toString() // -> 'Tanh()' */
  at(index: number): M | undefined {
    return this.list().at(index);
  }

  /** Adds a module at the end.
   *  @example nn.ModuleList([nn.ReLU()]).append(nn.Tanh()).length // -> 2 */
  append(module: M): this {
    return this.extend([module]);
  }

  /** Adds modules at the end.
   *  @example nn.ModuleList([nn.ReLU()]).extend([nn.Tanh(), nn.ReLU()]).length // -> 3 */
  extend(modules: Iterable<M>): this {
    return this.replace([...this.list(), ...modules]);
  }

  /** Puts `module` before the one at `index`; negative ones count from the end.
   *  @example
   *  const list = nn.ModuleList([nn.ReLU()]);
   *  list.insert(0, nn.Tanh());
   *  list.at(0)!.toString() // -> 'Tanh()' */
  insert(index: number, module: M): this {
    const list = this.list();
    list.splice(index, 0, module);
    return this.replace(list);
  }

  [Symbol.iterator](): IterableIterator<M> {
    return this.list()[Symbol.iterator]();
  }

  /** A list only holds its modules. */
  forward(): never {
    throw new Error(
      "ModuleList: has no forward of its own; call its modules in the model's forward, or use nn.Sequential",
    );
  }

  private list(): M[] {
    return Object.keys(this)
      .filter((key) => /^\d+$/.test(key))
      .map((key) => this[Number(key)]!);
  }

  private replace(modules: readonly M[]): this {
    modules.forEach((module, i) => {
      requireModule(module, i);
    });
    modules.forEach((value, i) => {
      Object.defineProperty(this, i, { value, enumerable: true, writable: true, configurable: true });
    });
    return this;
  }
}

export type ModuleList<M extends Module = Module> = ModuleListModule<M>;

interface ModuleListConstructor {
  new <M extends Module = Module>(modules?: Iterable<M>): ModuleList<M>;
  <M extends Module = Module>(modules?: Iterable<M>): ModuleList<M>;
  readonly prototype: ModuleListModule;
}

/** Modules in a list. They are the model's: their parameters are found, and they follow train() and eval().
 *
 *  @example
 *  const layers = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 1)]);
 *  let y = x;
 *  for (const layer of layers) y = layer(y);
 *  y.shape // -> [ 16, 1 ] */
export const ModuleList: ModuleListConstructor = callable(ModuleListModule, "ModuleList") as Callable<
  typeof ModuleListModule
> as ModuleListConstructor;
