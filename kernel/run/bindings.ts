// The variables that cells share. Each name has one slot; the cell that declared it last has put getter and setter of its own
// variable there. `slot.b.$v` in compiled code is then as fast as a local variable and always finds the newest declaration.

/** A shared variable: reading and writing `$v` reads and writes the variable itself. */
export interface Binding {
  $v: unknown;
}

export interface Slot {
  b: Binding;
}

export class Bindings {
  readonly #slots = new Map<string, Slot>();

  slot(name: string): Slot {
    let slot = this.#slots.get(name);
    if (slot === undefined) {
      slot = { b: new Unknown(name) };
      this.#slots.set(name, slot);
    }
    return slot;
  }

  bind(name: string, binding: Binding): void {
    this.slot(name).b = binding;
  }

  /** All variables, the preloaded ones included. */
  *all(): Generator<[name: string, binding: Binding]> {
    for (const [name, { b }] of this.#slots) yield [name, b];
  }

  /** Those that cells have declared: they have accessors, where preloaded ones have a plain value. */
  *declared(): Generator<[name: string, binding: Binding]> {
    for (const [name, binding] of this.all()) if (!Object.hasOwn(binding, "$v")) yield [name, binding];
  }
}

/** A name that was declared, but whose declaration never ran. */
class Unknown implements Binding {
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  get $v(): unknown {
    throw new ReferenceError(`${this.#name} is not defined: the cell that declares it did not get that far`);
  }

  set $v(_: unknown) {
    throw new ReferenceError(`${this.#name} is not defined: the cell that declares it did not get that far`);
  }
}
