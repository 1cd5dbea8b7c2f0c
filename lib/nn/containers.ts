// Modules made of modules.

import { callable } from "../module/callable.js";
import { Module } from "../module/module.js";
import { described } from "../tensor/arguments.js";

class SequentialModule<L extends readonly Module[] = readonly Module[]> extends Module {
  readonly [index: number]: Module;

  constructor(...layers: L) {
    super();
    this.setLayers(layers);
  }

  private setLayers(layers: readonly Module[]): void {
    layers.forEach((layer, i) => {
      if (!(layer instanceof Module)) {
        const remedy = Array.isArray(layer)
          ? "an array; write nn.Sequential(...layers)"
          : `${described(layer)}; write nn.ReLU(), not nn.ReLU, and names with nn.ModuleDict`;
        throw new TypeError(`Sequential: argument ${i} is not a module, but ${remedy}`);
      }
      Object.defineProperty(this, i, { value: layer, enumerable: true, writable: true, configurable: true });
    });
  }

  override get length(): number {
    return this.layers().length;
  }

  /** The layer at `index`; negative ones count from the end. */
  at(index: number): Module | undefined {
    return this.layers().at(index);
  }

  /** The layers from `start` to `end` (exclusive) as a Sequential of their own; parameters are shared. */
  slice(start?: number, end?: number): Sequential {
    return new Sequential(...this.layers().slice(start, end));
  }

  /** Adds a layer at the end, and gives this model. */
  append(layer: Module): Sequential {
    return this.insert(this.length, layer);
  }

  /** Adds the layers of a Sequential or of an array at the end, and gives this model. */
  extend(layers: Iterable<Module>): Sequential {
    this.setLayers([...this.layers(), ...layers]);
    return this as unknown as Sequential;
  }

  /** Adds a layer before the one at `index`, and gives this model; negative ones count from the end. */
  insert(index: number, layer: Module): Sequential {
    const layers = this.layers();
    if (!Number.isInteger(index) || Math.abs(index) > layers.length) {
      throw new RangeError(`Sequential: insert at ${index}, but there are ${layers.length} layers`);
    }
    this.setLayers(layers.toSpliced(index, 0, layer));
    return this as unknown as Sequential;
  }

  [Symbol.iterator](): IterableIterator<Module> {
    return this.layers()[Symbol.iterator]();
  }

  private layers(): Module[] {
    const layers: Module[] = [];
    for (let i = 0; this[i] !== undefined; i++) layers.push(this[i]!);
    return layers;
  }

  /** Each layer gets the output of the one before it. */
  forward(...inputs: SequentialInputs<L>): SequentialOutput<L> {
    let values: unknown[] = inputs as unknown[];
    for (const layer of this.layers()) values = [(layer as (...args: unknown[]) => unknown)(...values)];
    return values[0] as SequentialOutput<L>;
  }
}

type SequentialInputs<L extends readonly Module[]> = L extends readonly [
  infer First extends Module,
  ...unknown[],
]
  ? Parameters<First["forward"]>
  : // biome-ignore lint/suspicious/noExplicitAny: nothing is known of the layers
    any[];
type SequentialOutput<L extends readonly Module[]> = L extends readonly [
  ...unknown[],
  infer Last extends Module,
]
  ? ReturnType<Last["forward"]>
  : // biome-ignore lint/suspicious/noExplicitAny: nothing is known of the layers
    any;
type Indexed<L extends readonly Module[]> = { readonly [K in keyof L & `${number}`]: L[K] };

export type Sequential<L extends readonly Module[] = readonly Module[]> = SequentialModule<L> & Indexed<L>;

interface SequentialConstructor {
  new <const L extends readonly Module[]>(...layers: L): Sequential<L>;
  <const L extends readonly Module[]>(...layers: L): Sequential<L>;
  readonly prototype: SequentialModule;
}

/** Layers one after the other.
 *
 *  @example const model = nn.Sequential(nn.Linear(50, 40), nn.ReLU(), nn.Linear(40, 1)); */
export const Sequential: SequentialConstructor = callable(
  SequentialModule,
  "Sequential",
) as unknown as SequentialConstructor;
