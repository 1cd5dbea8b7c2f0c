// What an optimizer remembers of each parameter, and how that and its options are called in PyTorch's state dicts.

import { Storage } from "../compute/buffer.js";
import { type Node, scalarNode } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { session } from "../tensor/session.js";
import { Tensor } from "../tensor/tensor.js";

/** Names of states that are plain numbers here and 0-d tensors in a state dict. All others are tensors like the parameter. */
export const NUMBERS: ReadonlySet<string> = new Set(["step", "mu_product"]);

/** State of one parameter in a state dict. */
export type StateEntries = Readonly<Record<string, Tensor | number | null>>;

/** State of one parameter, under PyTorch's names: tensors that change in place, and numbers. */
export class ParameterState {
  readonly tensors: Map<string, Storage> = new Map();
  readonly numbers: Map<string, number> = new Map();

  /** How many steps the parameter has seen, counting this one. Call it once a step. */
  count(): number {
    return this.update("step", 0, (step) => step + 1);
  }
  /** Changes a number, which starts as `initial`. */
  update(name: string, initial: number, change: (value: number) => number): number {
    const value = change(this.numbers.get(name) ?? initial);
    this.numbers.set(name, value);
    return value;
  }
  /** The current value of a tensor; `initial` where there is none yet. */
  value(name: string, initial: () => Node): Node {
    let storage = this.tensors.get(name);
    if (storage === undefined) {
      storage = new Storage(initial());
      this.tensors.set(name, storage);
    }
    return storage.node;
  }
  has(name: string): boolean {
    return this.tensors.has(name);
  }
  assign(name: string, value: Node): void {
    const storage = this.tensors.get(name);
    if (storage === undefined) throw new Error(`state ${name} was never read`);
    session().assign(storage, value);
  }

  /** All of it as tensors. They share storage with the state; numbers are copies. */
  toTensors(): Record<string, Tensor> {
    const numbers = [...this.numbers].map(([name, value]) => [
      name,
      Tensor.from(scalarNode(value, "float32")),
    ]);
    const tensors = [...this.tensors].map(([name, storage]) => [name, new Tensor(storage, true)]);
    return Object.fromEntries([...numbers, ...tensors]) as Record<string, Tensor>;
  }
  /** A copy of what `toTensors` gave. Numbers may come as numbers or as tensors; PyTorch has null where there is nothing. */
  static from(entries: StateEntries): ParameterState {
    const state = new ParameterState();
    for (const [name, value] of Object.entries(entries)) {
      if (value === null) continue;
      if (typeof value === "number") state.numbers.set(name, value);
      else if (NUMBERS.has(name)) state.numbers.set(name, value.item());
      else {
        const storage = new Storage(ops.identity(ops.detached(value.node)));
        // the value as it is now, whatever happens to its source
        session().escape(storage);
        state.tensors.set(name, storage);
      }
    }
    return state;
  }
}

/** `weightDecay` in Python's style: `weight_decay`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `weight_decay` in our style: `weightDecay`. */
export function camelCase(name: string): string {
  return name.replace(/(?<=.)_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** An object with all its keys renamed. */
export function renamed(
  entries: Readonly<Record<string, unknown>>,
  rename: (name: string) => string,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entries).map(([name, value]) => [rename(name), value]));
}
