// What optimizers have in common: groups of parameters with options, state, the end of a step.

import { Storage } from "../compute/buffer.js";
import { checkInterrupt } from "../compute/interrupt.js";
import type { Node } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import type { GradientSlot } from "../tensor/autograd.js";
import { noGrad } from "../tensor/scope.js";
import { session } from "../tensor/session.js";
import { Tensor } from "../tensor/tensor.js";

/** Options every group has. */
export interface GroupOptions {
  lr: number;
}

/** Parameters that share options. Change `optimizer.paramGroups[0].lr` at any time: it counts from the next step on. */
export type ParamGroup<O extends GroupOptions> = O & { params: Tensor[] };

/** What an optimizer is given: tensors, or groups with options of their own. */
export type Parameters<O> = Iterable<Tensor> | Iterable<{ params: Iterable<Tensor> } & Partial<O>>;

/** State of one parameter: tensors that change in place, and how many steps it has seen. */
export class ParameterState {
  steps = 0;
  private readonly storages = new Map<string, Storage>();

  /** The current value of a named state; `initial` where there is none yet. */
  value(name: string, initial: () => Node): Node {
    let storage = this.storages.get(name);
    if (storage === undefined) {
      storage = new Storage(initial());
      this.storages.set(name, storage);
    }
    return storage.node;
  }
  has(name: string): boolean {
    return this.storages.has(name);
  }
  assign(name: string, value: Node): void {
    const storage = this.storages.get(name);
    if (storage === undefined) throw new Error(`state ${name} was never read`);
    session().assign(storage, value);
  }
}

type StepListener = (optimizer: Optimizer<GroupOptions>) => void;
const listeners = new Set<StepListener>();

/** Calls `listener` in every optimizer's step, when the updates are recorded and not yet computed. Gives the way to stop. */
export function onStep(listener: StepListener): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export abstract class Optimizer<O extends GroupOptions> {
  readonly paramGroups: ParamGroup<O>[] = [];
  private readonly states = new WeakMap<Tensor, ParameterState>();

  constructor(parameters: Parameters<O>, defaults: O) {
    const name = this.constructor.name;
    if (!(defaults.lr >= 0)) throw new RangeError(`${name}: lr must be a number >= 0, got ${defaults.lr}`);
    if (typeof (parameters as Partial<Iterable<unknown>>)[Symbol.iterator] !== "function") {
      throw new TypeError(`${name}: needs a list of parameters; pass model.parameters()`);
    }
    const given = [...(parameters as Iterable<Tensor | ({ params: Iterable<Tensor> } & Partial<O>)>)];
    const plain = given.filter((item) => item instanceof Tensor);
    const groups = plain.length === given.length ? [{ params: plain }] : given;
    if (given.length === 0) {
      throw new RangeError(`${name}: got no parameters; pass model.parameters() of a model that has some`);
    }
    const seen = new Set<Tensor>();
    for (const group of groups) {
      if (group instanceof Tensor) throw new TypeError(`${name}: pass either parameters or groups, not both`);
      const params = [...group.params];
      for (const parameter of params) {
        if (!(parameter instanceof Tensor)) {
          throw new TypeError(`${name}: needs tensors, got ${typeof parameter}; pass model.parameters()`);
        }
        if (!parameter.isLeaf) {
          throw new TypeError(
            `${name}: can only change leaf tensors, and one of these was computed from others`,
          );
        }
        if (seen.has(parameter)) throw new RangeError(`${name}: a parameter is listed twice`);
        seen.add(parameter);
      }
      this.paramGroups.push({ ...defaults, ...group, params } as ParamGroup<O>);
    }
  }

  /** The new value of one parameter; states are changed through `state`. */
  protected abstract update(
    parameter: Node,
    gradient: Node,
    group: ParamGroup<O>,
    state: ParameterState,
  ): Node;

  /** Applies the gradients. This ends a step: everything pending that reads a parameter is computed, in one run. */
  step(): void {
    const gradients: Node[] = [];
    noGrad(() => {
      for (const group of this.paramGroups) {
        for (const parameter of group.params) {
          const slot = parameter.storage.node.slot as GradientSlot | undefined;
          if (slot?.gradient === undefined) continue;
          const gradient = slot.gradient.node;
          gradients.push(gradient);
          const state = this.stateOf(parameter);
          state.steps++;
          const next = ops.identity(
            this.update(ops.detached(parameter.storage.node), gradient, group, state),
          );
          next.requiresGrad = true;
          next.slot = slot;
          session().assign(parameter.storage, next);
        }
      }
    });
    for (const listener of listeners) listener(this as unknown as Optimizer<GroupOptions>);
    session().evaluate(gradients);
    // an error of an earlier step that has come in by now, such as a label out of range
    try {
      session().check();
    } catch (error) {
      // gradients of a failed run would make the next step fail, too
      this.zeroGrad();
      throw error;
    }
    checkInterrupt();
  }

  /** Lets go of all gradients. */
  zeroGrad(): void {
    for (const group of this.paramGroups) {
      for (const parameter of group.params) {
        const slot = parameter.storage.node.slot as GradientSlot | undefined;
        if (slot?.gradient === undefined) continue;
        // nobody but us has seen it: its memory can be used again at once
        if (slot.exposed === undefined && !slot.gradient.node.pending) session().release(slot.gradient.node);
        slot.gradient = undefined;
        slot.exposed = undefined;
      }
    }
  }

  protected stateOf(parameter: Tensor): ParameterState {
    let state = this.states.get(parameter);
    if (state === undefined) {
      state = new ParameterState();
      this.states.set(parameter, state);
    }
    return state;
  }
}
