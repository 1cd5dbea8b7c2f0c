// What an optimizer remembers of each parameter, and how that and its options are called in PyTorch's state dicts.

import { Storage } from "../compute/buffer.js";
import { type Node, scalarNode } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { session } from "../tensor/session.js";
import { Tensor } from "../tensor/tensor.js";
import { filled } from "./update.js";

/** Names of states that are plain numbers here and 0-d tensors in a state dict. All others are tensors like the parameter. */
export const NUMBERS: ReadonlySet<string> = new Set(["step", "mu_product", "eta", "mu"]);

/** State of one parameter in a state dict. */
export type StateEntries = Readonly<Record<string, Tensor | number | null>>;

/** What an update reads and changes of its parameter's state, or of the states of many parameters that take the same step:
 *  tensors, which then are packs (lib/graph/ops/pack.ts), and numbers, which are the same for all. */
export interface State {
  /** How many steps have been taken, counting this one. Call it once a step. */
  count(): number;
  /** Changes a number, which starts as `initial`. */
  update(name: string, initial: number, change: (value: number) => number): number;
  /** The current value of a tensor; `initial` everywhere where there is none yet. */
  value(name: string, initial?: number): Node;
  has(name: string): boolean;
  assign(name: string, value: Node): void;
}

/** State of one parameter, under PyTorch's names: tensors that change in place, and numbers. */
export class ParameterState implements State {
  readonly tensors: Map<string, Storage> = new Map();
  readonly numbers: Map<string, number> = new Map();
  private readonly shape: readonly number[];

  /** Nothing yet, for a parameter of this shape. */
  constructor(shape: readonly number[]) {
    this.shape = shape;
  }

  count(): number {
    return this.update("step", 0, (step) => step + 1);
  }
  update(name: string, initial: number, change: (value: number) => number): number {
    // float32, as in a state dict: from one that was saved, an optimizer goes on with the same bits
    const value = Math.fround(change(this.numbers.get(name) ?? initial));
    this.numbers.set(name, value);
    return value;
  }
  value(name: string, initial = 0): Node {
    let storage = this.tensors.get(name);
    if (storage === undefined) {
      storage = new Storage(filled(this.shape, initial));
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
  static from(entries: StateEntries, shape: readonly number[]): ParameterState {
    const state = new ParameterState(shape);
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

/** The states of parameters that take the same step, as one. */
export class PackedState implements State {
  private readonly members: readonly ParameterState[];
  private readonly shapes: readonly (readonly number[])[];

  /** States with the same numbers and the same tensors. */
  constructor(members: readonly ParameterState[], shapes: readonly (readonly number[])[]) {
    this.members = members;
    this.shapes = shapes;
  }

  count(): number {
    return this.update("step", 0, (step) => step + 1);
  }
  update(name: string, initial: number, change: (value: number) => number): number {
    const value = this.members[0]!.update(name, initial, change);
    for (const { numbers } of this.members) numbers.set(name, value);
    return value;
  }
  value(name: string, initial = 0): Node {
    return ops.pack(this.members.map((member) => member.value(name, initial)));
  }
  has(name: string): boolean {
    return this.members[0]!.has(name);
  }
  assign(name: string, value: Node): void {
    this.members.forEach((member, i) => {
      member.assign(name, ops.unpack(value, i, this.shapes[i]!));
    });
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
