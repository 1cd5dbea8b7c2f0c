// What an optimizer remembers of each parameter, and how that and its options are called in PyTorch's state dicts.

import { Storage } from "../compute/buffer.js";
import { typedArray } from "../graph/dtype.js";
import { type Node, scalarNode } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { elements } from "../graph/shape.js";
import { ownedStorage } from "../tensor/owned.js";
import { session } from "../tensor/session.js";
import { Tensor } from "../tensor/tensor.js";

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
  /** Gives a tensor, which has been read, a value that is recorded for that. */
  assign(name: string, value: Node): void;
}

/** Tensors that change in place, and numbers. */
abstract class StoredState implements State {
  readonly tensors: Map<string, Storage> = new Map();
  readonly numbers: Map<string, number> = new Map();
  /** Of each tensor. */
  protected abstract readonly shape: readonly number[];

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
      storage = ownedStorage(new Float32Array(elements(this.shape)).fill(initial), this.shape, "float32");
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
}

/** State of one parameter, under PyTorch's names. While it takes the same steps as others its values are in theirs. */
export class ParameterState extends StoredState {
  protected readonly shape: readonly number[];
  private common: { readonly state: CommonState; readonly start: number } | undefined;

  /** Nothing yet, for a parameter of this shape. */
  constructor(shape: readonly number[]) {
    super();
    this.shape = shape;
  }

  /** Its numbers, wherever they are. */
  get numbersNow(): ReadonlyMap<string, number> {
    return (this.common?.state ?? this).numbers;
  }

  /** What tells apart parameters that do not take the same step. */
  get kind(): string {
    const { tensors } = this.common?.state ?? this;
    return JSON.stringify([[...this.numbersNow], [...tensors.keys()]]);
  }

  /** From now on its values are those of `state` from element `start` on. */
  join(state: CommonState, start: number): void {
    this.common = { state, start };
    this.tensors.clear();
    this.numbers.clear();
  }

  /** Undoes `join`. */
  leave(): this {
    const { common } = this;
    if (common === undefined) return this;
    const values = this.read(new Map());
    this.common = undefined;
    for (const [name, value] of common.state.numbers) this.numbers.set(name, value);
    for (const [name, part] of values) this.tensors.set(name, ownedStorage(part, this.shape, "float32"));
    return this;
  }

  /** The values of all tensors, waited for. `known` are those of storages that have been read already. */
  read(known: Map<Storage, Float32Array>): Map<string, Float32Array> {
    const { common } = this;
    const start = common?.start ?? 0;
    const count = elements(this.shape);
    const parts = [...(common?.state ?? this).tensors].map(([name, storage]) => {
      let whole = known.get(storage);
      if (whole === undefined) {
        whole = typedArray("float32", session().read(storage.node).slice()) as Float32Array;
        known.set(storage, whole);
      }
      return [name, whole.subarray(start, start + count)] as const;
    });
    return new Map(parts);
  }

  /** All of it as tensors. They show the present state; numbers are copies. */
  toTensors(): Record<string, Tensor> {
    const { common, shape } = this;
    const { numbers, tensors } = common?.state ?? this;
    const scalars = [...numbers].map(([name, value]) => [name, Tensor.from(scalarNode(value, "float32"))]);
    const views = [...tensors].map(([name, storage]) => [
      name,
      new Tensor(common === undefined ? storage : partOf(storage, common.start, shape), true),
    ]);
    return Object.fromEntries([...scalars, ...views]) as Record<string, Tensor>;
  }

  /** A copy of what `toTensors` gave, to be settled. Numbers may come as numbers or as tensors; PyTorch has null where there is nothing. */
  static from(entries: StateEntries, shape: readonly number[]): ParameterState {
    const state = new ParameterState(shape);
    for (const [name, value] of Object.entries(entries)) {
      if (value === null) continue;
      if (typeof value === "number") state.numbers.set(name, value);
      else if (NUMBERS.has(name)) state.numbers.set(name, value.item());
      else state.tensors.set(name, new Storage(ops.identity(ops.detached(value.node))));
    }
    return state;
  }

  /** Computes what `from` has copied, in one run. */
  static settle(states: readonly ParameterState[]): void {
    const storages = states.flatMap(({ tensors }) => [...tensors.values()]);
    session().evaluate(storages.map(({ node }) => node));
    for (const storage of storages) {
      storage.base = storage.node;
      storage.node.owned = true;
    }
  }
}

/** A storage that shows a part of another one's present value; a value that it is given is its own. */
function partOf(whole: Storage, start: number, shape: readonly number[]): Storage {
  let own: Node | undefined;
  const part = (): Node => ops.reshape(ops.slice(whole.node, [start], [elements(shape)]), shape);
  const storage = new Storage(part());
  return Object.defineProperty(storage, "node", {
    get: () => own ?? part(),
    set: (node: Node) => {
      own = node;
    },
  });
}

/** The states of parameters that take the same step, as one: of each kind of tensor there is a single one, in which those of the
 *  parameters lie as in a pack. A step then has two values to read and to replace where it had two for each parameter. */
export class CommonState extends StoredState {
  protected readonly shape: readonly number[];
  private like: Node | undefined;

  /** Of `members`, which have the same numbers and tensors, for parameters of these shapes. */
  constructor(members: readonly ParameterState[], shapes: readonly (readonly number[])[]) {
    super();
    let total = 0;
    const starts = shapes.map((shape) => {
      const start = total;
      total += ops.packedElements(shape);
      return start;
    });
    this.shape = [total];
    const joined = new Map<string, Float32Array>();
    const known = new Map<Storage, Float32Array>();
    members.forEach((member, i) => {
      for (const [name, value] of member.numbersNow) this.numbers.set(name, value);
      for (const [name, part] of member.read(known)) {
        const values = joined.get(name) ?? new Float32Array(total);
        values.set(part, starts[i]!);
        joined.set(name, values);
      }
    });
    for (const [name, values] of joined) this.tensors.set(name, ownedStorage(values, this.shape, "float32"));
    members.forEach((member, i) => {
      member.join(this, starts[i]!);
    });
  }

  /** The parameters of the step that begins, packed. */
  begin(parameters: Node): void {
    this.like = parameters;
  }

  override value(name: string, initial = 0): Node {
    return ops.likePack(super.value(name, initial), this.like!);
  }
}

/** An object with all its keys renamed. */
export function renamed(
  entries: Readonly<Record<string, unknown>>,
  rename: (name: string) => string,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entries).map(([name, value]) => [rename(name), value]));
}
