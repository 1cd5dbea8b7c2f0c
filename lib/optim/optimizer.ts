// What optimizers have in common: groups of parameters with options, state dicts, the end of a step.

import { checkInterrupt } from "../compute/interrupt.js";
import { type Node, withGradModeNow } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { formatShape, sameShape } from "../graph/shape.js";
import { type GradientSlot, pendingGradients } from "../tensor/autograd.js";
import { printsAs } from "../tensor/printing.js";
import { camelCase, snakeCase } from "../tensor/python-names.js";
import { session } from "../tensor/session.js";
import { Tensor } from "../tensor/tensor.js";
import { checkLimits, checkOptions, type Limits, NOT_NEGATIVE } from "./limits.js";
import { optimizerText } from "./printing.js";
import { CommonState, NUMBERS, ParameterState, renamed, type State, type StateEntries } from "./state.js";

export type { State };

/** Options every group has. */
export interface GroupOptions {
  lr: number;
}

/** Parameters that share options. Change `optimizer.paramGroups[0].lr` at any time: it counts from the next step on. */
export type ParamGroup<O extends GroupOptions> = O & { params: Tensor[] };

/** Tensors, or pairs of name and tensor as `model.namedParameters()` gives them. */
export type ParameterList = Iterable<Tensor> | Iterable<readonly [string, Tensor]>;

/** A group as it is given: what it leaves out is as in the optimizer's options. */
export type GroupSpec<O> = { params: Tensor | ParameterList } & Partial<O>;

/** What an optimizer is given: tensors, or groups with options of their own. */
export type Parameters<O> = ParameterList | Iterable<GroupSpec<O>>;

/** PyTorch's layout, with its names. Parameters are numbered through all groups. */
export interface OptimizerState {
  /** State of each parameter that has been changed, by its number. */
  readonly state: { readonly [index: string]: StateEntries };
  readonly param_groups: readonly ({ readonly params: readonly number[] } & Readonly<
    Record<string, unknown>
  >)[];
}

type StepListener = (optimizer: Optimizer<GroupOptions>) => void;
const listeners = new Set<StepListener>();

/** Calls `listener` in every optimizer's step, when the updates are recorded and not yet computed. Gives the way to stop. */
export function onStep(listener: StepListener): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

const beforeListeners = new Set<StepListener>();

/** Calls `listener` in every optimizer's step before it records anything. What it throws ends the step: parameters and states
 *  stay as they are, the gradients are let go. Gives the way to stop. */
export function beforeStep(listener: StepListener): () => void {
  beforeListeners.add(listener);
  return () => void beforeListeners.delete(listener);
}

/** Parameters that take the same step: their update is recorded once. */
interface Bucket {
  readonly params: readonly Tensor[];
  readonly state: State;
}

/** What the last step has found in a group: which of its parameters had a gradient, and their buckets. */
interface Step {
  readonly params: readonly Tensor[];
  readonly buckets: readonly Bucket[];
}

const slotOf = (parameter: Tensor): GradientSlot | undefined =>
  parameter.storage.node.slot as GradientSlot | undefined;

const hasGradient = (parameter: Tensor): boolean => slotOf(parameter)?.gradient !== undefined;

const isList = (value: unknown): value is Iterable<unknown> =>
  typeof (value as Partial<Iterable<unknown>> | null)?.[Symbol.iterator] === "function";

const isGroup = (item: unknown): boolean => !(item instanceof Tensor) && !Array.isArray(item);

/** Keys of groups that are not options of the optimizer: schedulers leave them there. */
const EXTRA_KEYS: ReadonlySet<string> = new Set([
  "params",
  "initialLr",
  "maxLr",
  "minLr",
  "maxMomentum",
  "baseMomentum",
]);

/** What all optimizers have in common: groups of parameters with options of their own, steps, and a state that can be saved.
 *  @example
 *  const byLayer = new optim.Adam([{ params: model[0].parameters() }, { params: model[2].parameters(), lr: 1e-4 }]);
 *  byLayer.paramGroups.map(({ lr }) => lr) // -> [ 0.001, 0.0001 ] */
export abstract class Optimizer<O extends GroupOptions = GroupOptions> {
  readonly paramGroups: ParamGroup<O>[] = [];
  /** Options of groups that do not say otherwise. */
  readonly defaults: Readonly<O>;
  private readonly limits: Limits<O>;
  private readonly states = new WeakMap<Tensor, ParameterState>();
  private steps = new WeakMap<ParamGroup<O>, Step>();

  /** `options` as they were passed; `defaults`: all of them. */
  constructor(parameters: Parameters<O>, options: object, defaults: O, limits: Limits<O> = {}) {
    const name = this.constructor.name;
    checkOptions(name, options, defaults);
    this.defaults = defaults;
    this.limits = { lr: NOT_NEGATIVE, ...limits };
    checkLimits(name, defaults, this.limits);
    // a Sequential is a list, too, but of modules, and a tensor of its rows
    if (!isList(parameters) || parameters instanceof Tensor || "parameters" in parameters) {
      throw new TypeError(`${name}: needs a list of parameters; pass model.parameters()`);
    }
    const given = [...parameters] as unknown[];
    if (given.length === 0) {
      throw new RangeError(`${name}: got no parameters; pass model.parameters() of a model that has some`);
    }
    const groups = given.filter(isGroup);
    if (groups.length > 0 && groups.length < given.length) {
      throw new TypeError(`${name}: pass either parameters or groups, not both`);
    }
    const specs = groups.length > 0 ? groups : [{ params: given }];
    for (const group of specs) this.addParamGroup(group as GroupSpec<O>);
  }

  /** Adds parameters with options of their own, for example the layers of a pretrained model when they are thawed.
   *
   *  @example
   *  const tail = new optim.SGD(model[2].parameters(), { lr: 0.1 });
   *  tail.addParamGroup({ params: model[0].parameters(), lr: 1e-4 }) */
  addParamGroup(spec: GroupSpec<O>): void {
    const name = this.constructor.name;
    checkOptions(name, spec, this.defaults, EXTRA_KEYS);
    const { params: list } = spec;
    const given: unknown[] = list instanceof Tensor ? [list] : isList(list) ? [...list] : [list];
    const params = given.map((item) => {
      const parameter: unknown = Array.isArray(item) ? item[1] : item;
      if (parameter instanceof Tensor) return parameter;
      throw new TypeError(`${name}: needs tensors, got ${typeof parameter}; pass model.parameters()`);
    });
    const seen = new Set(this.paramGroups.flatMap((group) => group.params));
    for (const parameter of params) {
      if (!parameter.isLeaf) {
        throw new TypeError(
          `${name}: can only change leaf tensors, and one of these was computed from others`,
        );
      }
      if (parameter.dtype !== "float32") {
        throw new TypeError(
          `${name}: parameters must be float32, got ${parameter.dtype}; train in float32 (.float()) and convert the result`,
        );
      }
      if (seen.has(parameter)) throw new RangeError(`${name}: a parameter is listed twice`);
      seen.add(parameter);
    }
    const group = { ...this.defaults, ...spec, params } as ParamGroup<O>;
    checkLimits<O>(name, group, this.limits);
    this.check(group);
    this.paramGroups.push(group);
  }

  /** Throws where options do not go together, or with the parameters. */
  protected check(_group: ParamGroup<O>): void {}

  /** True when `update` is elementwise, so that it can be recorded once for many parameters. */
  protected get elementwise(): boolean {
    return true;
  }

  /** The new value of a parameter (of many, packed, where `elementwise`); states are changed through `state`. */
  protected abstract update(parameter: Node, gradient: Node, group: ParamGroup<O>, state: State): Node;

  /** Applies the gradients. This ends a step: everything pending that reads a parameter is computed, in one run.
   *
   *  With a loss, it is the whole of a step: `loss.backward()`, the update, `zeroGrad()`.
   *
   *  @example
   *  loss.backward();
   *  optimizer.step();
   *  optimizer.zeroGrad(); */
  step(loss?: Tensor): void {
    const { client } = session();
    try {
      // a stop ends the cell here, before anything is recorded
      client.awaitTurn();
    } catch (error) {
      // what gradients are computed from is lost with the engine
      if (client.gone) this.zeroGrad();
      throw error;
    }
    loss?.backward();
    this.announce();
    const gradients: Node[] = [];
    withGradModeNow(false, () => {
      for (const group of this.paramGroups)
        for (const bucket of this.bucketsOf(group)) this.apply(bucket, group, gradients);
    });
    for (const listener of listeners) listener(this as unknown as Optimizer<GroupOptions>);
    try {
      // with the gradients that other parameters have got, which read what changes now
      session().evaluate([...gradients, ...pendingGradients()]);
      // an error of an earlier step that has come in by now, such as a label out of range
      session().check();
    } catch (error) {
      // gradients of a failed run, or that none has computed, would make the next step fail, too
      this.zeroGrad();
      throw error;
    }
    if (loss !== undefined) this.zeroGrad();
    checkInterrupt();
  }

  private announce(): void {
    try {
      for (const listener of beforeListeners) listener(this as unknown as Optimizer<GroupOptions>);
    } catch (error) {
      // the next step would add to gradients that nobody has applied
      this.zeroGrad();
      throw error;
    }
  }

  /** The parameters of a group that have a gradient, by how far they are. Where they are the same ones as in the last step,
   *  they still are as far as each other. */
  private bucketsOf(group: ParamGroup<O>): readonly Bucket[] {
    const params = group.params.filter(hasGradient);
    const last = this.steps.get(group);
    if (last?.params.length === params.length && last.params.every((parameter, i) => parameter === params[i]))
      return last.buckets;
    const together = new Map<string, Tensor[]>();
    params.forEach((parameter, i) => {
      const key = this.elementwise ? this.stateOf(parameter).kind : String(i);
      const list = together.get(key);
      if (list === undefined) together.set(key, [parameter]);
      else list.push(parameter);
    });
    const buckets = [...together.values()].map((list): Bucket => {
      const states = list.map((parameter) => this.stateOf(parameter));
      const shapes = list.map(({ shape }) => shape);
      return {
        params: list,
        state: list.length === 1 ? states[0]!.leave() : new CommonState(states, shapes),
      };
    });
    this.steps.set(group, { params, buckets });
    return buckets;
  }

  /** Records the update of a bucket, and the gradients it takes. */
  private apply({ params, state }: Bucket, group: ParamGroup<O>, gradients: Node[]): void {
    const values = params.map(({ storage }) => storage.node);
    const slopes = params.map((parameter) => slotOf(parameter)!.gradient!.node);
    gradients.push(...slopes);
    const packed = state instanceof CommonState;
    const value = packed ? ops.pack(values) : values[0]!;
    if (packed) state.begin(value);
    const next = this.update(value, packed ? ops.pack(slopes) : slopes[0]!, group, state);
    params.forEach(({ storage, shape }, i) => {
      const node = packed ? ops.unpack(next, i, shape) : ops.identity(next);
      node.requiresGrad = true;
      node.slot = storage.node.slot;
      session().assign(storage, node);
    });
  }

  /** Lets go of all gradients.
   *  @example
   *  loss.backward();
   *  optimizer.zeroGrad();
   *  model[0].weight.grad // -> null */
  zeroGrad(): void {
    const unseen: Node[] = [];
    for (const group of this.paramGroups) {
      for (const parameter of group.params) {
        const slot = slotOf(parameter);
        if (slot?.gradient === undefined) continue;
        // nobody but us has seen it: its memory can be used again at once
        if (slot.exposed === undefined && !slot.gradient.node.pending) unseen.push(slot.gradient.node);
        slot.gradient = undefined;
        slot.exposed = undefined;
      }
    }
    session().recycle(unseen);
  }

  protected stateOf(parameter: Tensor): ParameterState {
    let state = this.states.get(parameter);
    if (state === undefined) {
      state = new ParameterState(parameter.shape);
      this.states.set(parameter, state);
    }
    return state;
  }

  /** The options of each group, and how many numbers it trains. */
  toString(): string {
    return optimizerText(this);
  }

  // --- state dicts ---------------------------------------------------------------------------------------------------

  /** Everything a later run needs to go on from here, in PyTorch's layout and under its names (`exp_avg`, `weight_decay`),
   *  so that checkpoints go both ways. The tensors show the optimizer's state as it is when they are looked at.
   *
   *  @example const saved = optimizer.stateDict() */
  stateDict(): OptimizerState {
    const state: Record<string, Record<string, Tensor>> = {};
    let next = 0;
    const param_groups = this.paramGroups.map(({ params, ...options }) => {
      const indices = params.map((parameter) => {
        const own = this.states.get(parameter)?.toTensors() ?? {};
        if (Object.keys(own).length > 0) state[next] = own;
        return next++;
      });
      return { ...renamed(options, snakeCase), params: indices };
    });
    return { state, param_groups };
  }

  /** Goes on from a state dict: copies its states and takes over the groups' options. A state that does not fit changes
   *  nothing.
   *
   *  @example
   *  const saved = optimizer.stateDict();
   *  optimizer.loadStateDict(saved) */
  loadStateDict(dict: OptimizerState): void {
    const pairs = this.pairsWith(dict);
    const states = pairs.map(
      ([parameter, entries]) => [parameter, ParameterState.from(entries, parameter.shape)] as const,
    );
    ParameterState.settle(states.map(([, state]) => state));
    this.steps = new WeakMap();
    for (const { params } of this.paramGroups) for (const parameter of params) this.states.delete(parameter);
    for (const [parameter, state] of states) this.states.set(parameter, state);
    this.paramGroups.forEach((group, i) => {
      const { params: _params, ...options } = dict.param_groups[i]!;
      Object.assign(group, renamed(options, camelCase));
    });
  }

  /** The same optimizer, state and all, for copies of its parameters.
   *  @internal */
  copyFor(copyOf: (parameter: Tensor) => Tensor): this {
    const paramGroups = this.paramGroups.map((group) => ({ ...group, params: group.params.map(copyOf) }));
    const own = { paramGroups, states: new WeakMap(), steps: new WeakMap() };
    const copy = Object.assign(Object.create(Object.getPrototypeOf(this)) as object, this, own) as this;
    copy.loadStateDict(this.stateDict());
    return copy;
  }

  /** Own parameters with their entries in `dict`, after checks. */
  private pairsWith(dict: OptimizerState): [Tensor, StateEntries][] {
    const name = this.constructor.name;
    const sizes = (groups: readonly { params: readonly unknown[] }[]): string =>
      `[${groups.map(({ params }) => params.length).join(", ")}]`;
    if (sizes(dict.param_groups) !== sizes(this.paramGroups)) {
      throw new RangeError(
        `${name}.loadStateDict: the state has groups of ${sizes(dict.param_groups)} parameters, the optimizer of ` +
          `${sizes(this.paramGroups)}; make it with the groups that the state was saved with`,
      );
    }
    for (const group of dict.param_groups) {
      checkLimits(name, { ...this.defaults, ...renamed(group, camelCase) } as O, this.limits);
    }
    return this.paramGroups.flatMap((group, i) =>
      group.params.flatMap((parameter, j): [Tensor, StateEntries][] => {
        const index = dict.param_groups[i]!.params[j]!;
        const entries = dict.state[index];
        if (entries === undefined) return [];
        for (const [key, value] of Object.entries(entries)) {
          if (value === null || typeof value === "number" || NUMBERS.has(key)) continue;
          if (sameShape(value.shape, parameter.shape)) continue;
          throw new RangeError(
            `${name}.loadStateDict: ${key} of parameter ${index} has shape ${formatShape(value.shape)}, the parameter ` +
              formatShape(parameter.shape),
          );
        }
        return [[parameter, entries]];
      }),
    );
  }
}

printsAs(Optimizer);
