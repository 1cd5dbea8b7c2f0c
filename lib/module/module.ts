// The base of all layers and models. A module is its fields and its `forward`; it is called like a function.
// What belongs to it (parameters, buffers, modules) is found in its fields, plain arrays and records of fields included.

import type { HookHandle } from "../tensor/base.js";
import { moduleMadeInScope } from "../tensor/memory.js";
import { displaysAs, printsAs } from "../tensor/printing.js";
import { snakeCase } from "../tensor/python-names.js";
import { insideModule, isInsideModule, outsideModule } from "../tensor/scope.js";
import { Tensor } from "../tensor/tensor.js";
import { BackwardWatch } from "./backward-hook.js";
import { moduleDisplay } from "./display.js";
import type { BackwardHook, ForwardHook, ForwardPreHook } from "./hooks.js";
import { copyState, type LoadResult } from "./load-state.js";
import { Parameter } from "./parameter.js";
import { ParameterNames } from "./parameter-names.js";
import { knowPythonNames } from "./python-names.js";
import { handOut, isCollection } from "./values.js";

/** A module is callable with the arguments of its own `forward`. */
export interface Module {
  // biome-ignore lint/style/useShorthandFunctionType: an interface, because it merges with the class
  (...args: Parameters<this["forward"]>): ReturnType<this["forward"]>;
}

/** Fields of the base class, which are never parameters or children. */
const OWN_FIELDS = new Set([
  "training",
  "frozen",
  "hooks",
  "preHooks",
  "backwardHooks",
  "bufferNames",
  "parameterNames",
]);

/** What layers and models are made of: write `forward`, and fields that are modules or parameters belong to it.
 *
 *  @example
 *  class Residual extends nn.Module {
 *    linear: nn.Linear;
 *    constructor(size: number) {
 *      super();
 *      this.linear = nn.Linear(size, size);
 *    }
 *    forward(x: gb.Tensor) {
 *      return x.add(this.linear(x).relu());
 *    }
 *  }
 *  new Residual(4)(x).shape // -> [ 16, 4 ] */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface above gives it its call signature
export abstract class Module {
  /** True in training mode: batch norm uses the batch's statistics. See train() and eval(). */
  declare training: boolean;
  /** True after freeze(): stays in evaluation whatever train() is called on. */
  declare readonly frozen: boolean;
  declare private readonly hooks: Set<ForwardHook>;
  declare private readonly preHooks: Set<ForwardPreHook>;
  declare private readonly backwardHooks: Set<BackwardHook>;
  declare private readonly bufferNames: Set<string>;
  /** @internal */
  declare readonly parameterNames: ParameterNames;

  constructor() {
    // biome-ignore lint/correctness/noConstructorReturn: this is how an instance becomes callable
    return Module.instance(new.target.prototype) as this;
  }

  /** An instance of a class of modules, without what its constructor would do.
   *  @internal */
  static instance(prototype: Module): Module {
    // the instance is a function, so that it can be called; the class's fields and methods are put on it
    const self = ((...args: unknown[]) => self.call_(args)) as unknown as Module;
    delete (self as { name?: unknown }).name;
    delete (self as { length?: unknown }).length;
    Object.setPrototypeOf(self, prototype);
    self.training = true;
    for (const [field, value] of [
      ["frozen", false],
      ["hooks", new Set()],
      ["preHooks", new Set()],
      ["backwardHooks", new Set()],
      ["bufferNames", new Set()],
      ["parameterNames", new ParameterNames()],
    ] as const) {
      Object.defineProperty(self, field, { value, enumerable: false, configurable: true });
    }
    moduleMadeInScope(self);
    return self;
  }

  /** What the module computes. Call the module itself rather than this, so that hooks run. */
  // biome-ignore lint/suspicious/noExplicitAny: each module has its own inputs and outputs
  abstract forward(...inputs: any[]): any;

  /** Fields that are parameters when the constructor is done stay parameters.
   *  @internal */
  made_(): void {
    this.parameterNames.learn(this);
  }

  /** @internal */
  private call_(inputs: unknown[]): unknown {
    this.parameterNames.check(this);
    for (const hook of this.preHooks) hook(this, inputs);
    let output =
      this.backwardHooks.size === 0 ? insideModule(() => this.forward(...inputs)) : this.watched(inputs);
    for (const hook of this.hooks) output = hook(this, inputs, output) ?? output;
    if (!isInsideModule()) handOut(output);
    return output;
  }

  /** The forward pass, with its inputs and outputs in a form whose gradients the backward hooks are told. */
  private watched(inputs: unknown[]): unknown {
    const watch = new BackwardWatch((gradInputs, gradOutputs) => {
      handOut([gradInputs, gradOutputs]);
      outsideModule(() => {
        for (const hook of this.backwardHooks) hook(this, gradInputs, gradOutputs);
      });
    });
    return insideModule(() => watch.outputs(this.forward(...watch.inputs(inputs))));
  }

  // --- what belongs to it ----------------------------------------------------------------------------------------------

  /** Fields that hold something of the kind asked for, arrays and records looked into; names as paths. */
  private *members<T>(is: (value: unknown) => value is T): Iterable<[string, T]> {
    for (const [name, value] of Object.entries(this)) {
      if (OWN_FIELDS.has(name)) continue;
      if (is(value)) yield [name, value];
      else if (isCollection(value)) {
        for (const [key, item] of Object.entries(value)) if (is(item)) yield [`${name}.${key}`, item];
      }
    }
  }

  /** Modules directly inside this one, with their names.
   *  @example [...model.namedChildren()].map(([name]) => name) // -> [ '0', '1', '2' ] */
  *namedChildren(): IterableIterator<[string, Module]> {
    const seen = new Set<Module>();
    for (const [name, child] of this.members(isModule)) {
      if (seen.has(child)) continue;
      seen.add(child);
      yield [name, child];
    }
  }
  /** Modules directly inside this one.
   *  @example model.children().length // -> 3 */
  children(): Module[] {
    return [...this.namedChildren()].map(([, child]) => child);
  }
  /** This module ("") and all below it, each once.
   *  @example [...model.namedModules()].map(([name]) => name) // -> [ '', '0', '1', '2' ] */
  *namedModules(prefix = "", seen: Set<Module> = new Set()): IterableIterator<[string, Module]> {
    if (seen.has(this)) return;
    seen.add(this);
    yield [prefix, this];
    for (const [name, child] of this.namedChildren()) {
      yield* child.namedModules(prefix === "" ? name : `${prefix}.${name}`, seen);
    }
  }
  /** This module and all below it, each once.
   *  @example model.modules().filter((module) => module instanceof nn.Linear).length // -> 2 */
  modules(): Module[] {
    return [...this.namedModules()].map(([, module]) => module);
  }
  /** Parameters of this module and those below, shared ones once; names as in PyTorch.
   *  @example [...model.namedParameters()].map(([name]) => name) // -> [ '0.weight', '0.bias', '2.weight', '2.bias' ] */
  *namedParameters(): IterableIterator<[string, Parameter]> {
    const seen = new Set<Parameter>();
    for (const [path, module] of this.namedModules()) {
      module.parameterNames.check(module);
      for (const [name, parameter] of module.members(isParameter)) {
        module.parameterNames.add(name);
        if (seen.has(parameter)) continue;
        seen.add(parameter);
        yield [join(path, name), parameter];
      }
    }
  }
  /** Parameters of this module and those below, shared ones once.
   *  @example model.parameters().reduce((sum, p) => sum + p.numel(), 0) // -> 67 */
  parameters(): Parameter[] {
    return [...this.namedParameters()].map(([, parameter]) => parameter);
  }
  /** Tensors that are state but not learned, such as running statistics.
   *  @example [...nn.BatchNorm1d(3).namedBuffers()].map(([name]) => name)[0] // -> 'running_mean' */
  *namedBuffers(): IterableIterator<[string, Tensor]> {
    for (const [path, module] of this.namedModules()) {
      for (const name of module.bufferNames) {
        const value = (module as unknown as Record<string, Tensor | null>)[name];
        if (value instanceof Tensor) yield [join(path, name), value];
      }
    }
  }
  /** The module at a path, as `namedModules()` gives it.
   *
   *  @example nn.Sequential(nn.Sequential(nn.ReLU())).getSubmodule("0.0") // -> ReLU() */
  getSubmodule(path: string): Module {
    for (const [own, module] of this.namedModules()) if (own === path) return module;
    const known = [...this.namedModules()].map(([own]) => own).slice(1);
    throw new RangeError(`getSubmodule: there is no "${path}"; there are ${known.join(", ") || "none"}`);
  }
  /** Buffers of this module and those below: see namedBuffers().
   *  @example nn.BatchNorm1d(3).buffers().length // -> 3 */
  buffers(): Tensor[] {
    return [...this.namedBuffers()].map(([, buffer]) => buffer);
  }
  /** Makes the field `name` a buffer: saved with the state, not learned.
   *  @example
   *  class Scaled extends nn.Module {
   *    declare factor: gb.Tensor;
   *    constructor() {
   *      super();
   *      this.registerBuffer("factor", tensor(2));
   *    }
   *    forward(x: gb.Tensor) {
   *      return x.mul(this.factor);
   *    }
   *  }
   *  Object.keys(new Scaled().stateDict()) // -> [ 'factor' ] */
  registerBuffer(name: string, value: Tensor | null): void {
    this.bufferNames.add(name);
    (this as unknown as Record<string, Tensor | null>)[name] = value;
  }

  // --- state ---------------------------------------------------------------------------------------------------------

  /** Parameters and buffers under PyTorch's keys ("1.running_mean"); the tensors share storage with the module's.
   *  @example model.stateDict()["0.weight"]!.shape // -> [ 8, 4 ] */
  stateDict(): Record<string, Tensor> {
    const state: Record<string, Tensor> = {};
    for (const [path, module] of this.namedModules()) {
      for (const [name, parameter] of module.members(isParameter))
        state[join(path, name)] = parameter.detach();
      for (const name of module.bufferNames) {
        const value = (module as unknown as Record<string, Tensor | null>)[name];
        if (value instanceof Tensor) state[join(path, name)] = value.detach();
      }
    }
    return state;
  }

  /** Copies values in. With `strict` (default) all keys must match.
   *  @example
   *  const copy = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3));
   *  copy.loadStateDict(model.stateDict());
   *  tensor.equal(copy(x), model(x)) // -> true */
  loadStateDict(state: Readonly<Record<string, Tensor>>, options: { strict?: boolean } = {}): LoadResult {
    return copyState(this.stateDict(), state, options.strict ?? true);
  }

  // --- modes and hooks -----------------------------------------------------------------------------------------------

  /** Calls `fn` on all modules below and then on this one.
   *  @example
   *  model.apply((module) => {
   *    if (module instanceof nn.Linear) init.kaimingUniform_(module.weight);
   *  }); */
  apply(fn: (module: Module) => void): this {
    for (const child of this.children()) child.apply(fn);
    fn(this);
    return this;
  }
  /** Training mode for this module and all below it; those that are frozen stay in evaluation.
   *  @example model.train().training // -> true */
  train(mode = true): this {
    this.training = mode && !this.frozen;
    for (const child of this.children()) child.train(mode);
    return this;
  }
  /** Evaluation mode for this module and all below it: train(false).
   *  @example model.eval().training // -> false */
  eval(): this {
    return this.train(false);
  }
  /** Makes it keep still: parameters get no gradients, running statistics do not move, dropout does nothing; for all modules
   *  below as well, and also after train().
   *
   *  @example
   *  const model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 1));
   *  model.slice(0, 2).freeze();
   *  model.train();
   *  model[1].training // -> false */
  freeze(): this {
    this.setFrozen(true);
    return this.eval().requiresGrad_(false);
  }
  /** Undoes freeze(). Call train() before training goes on.
   *  @example model.freeze().unfreeze().parameters()[0]!.requiresGrad // -> true */
  unfreeze(): this {
    this.setFrozen(false);
    return this.requiresGrad_();
  }
  private setFrozen(value: boolean): void {
    for (const module of this.modules()) {
      Object.defineProperty(module, "frozen", { value, enumerable: false, configurable: true });
    }
  }
  /** Whether backward() looks at the parameters, of this module and all below it.
   *  @example model.requiresGrad_(false).parameters()[0]!.requiresGrad // -> false */
  requiresGrad_(requiresGrad = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad_(requiresGrad);
    return this;
  }
  /** Lets go of all gradients.
   *  @example
   *  loss.backward();
   *  model.zeroGrad();
   *  model.parameters()[0]!.grad // -> null */
  zeroGrad(): void {
    for (const parameter of this.parameters()) parameter.grad = null;
  }
  /** Calls `hook` after each forward pass. What it sees and makes is in its hands: it may keep it for as long as it likes.
   *  @example
   *  const shapes: (readonly number[])[] = [];
   *  const hook = model[0].registerForwardHook((module, inputs, output) => {
   *    shapes.push(output.shape);
   *  });
   *  model(x);
   *  hook.remove();
   *  shapes // -> [ [ 16, 8 ] ] */
  registerForwardHook(hook: ForwardHook<this>): HookHandle {
    return this.tapForward((module, inputs, output) => {
      handOut(inputs);
      handOut(output);
      return outsideModule(() => hook(module as this, inputs, output as never));
    });
  }
  /** Calls `hook` before each forward pass.
   *  @example
   *  const hook = model.registerForwardPreHook((module, inputs) => console.assert(inputs.length === 1));
   *  model(x);
   *  hook.remove(); */
  registerForwardPreHook(hook: ForwardPreHook<this>): HookHandle {
    const own: ForwardPreHook = (module, inputs) => {
      handOut(inputs);
      outsideModule(() => hook(module as this, inputs));
    };
    this.preHooks.add(own);
    return { remove: () => void this.preHooks.delete(own) };
  }
  /** Calls `hook` in each backward() through a later forward pass, once the gradients of all inputs that need one are there (of
   *  the outputs, if none does). It may look at the gradients, and keep them; it cannot change them.
   *
   *  @example
   *  const layer = nn.Linear(2, 1);
   *  layer.registerFullBackwardHook((_layer, _gradInputs, [gradOutput]) => console.log(gradOutput));
   *  layer(tensor.ones(1, 2)).sum().backward(); */
  registerFullBackwardHook(hook: BackwardHook): HookHandle {
    this.backwardHooks.add(hook);
    return { remove: () => void this.backwardHooks.delete(hook) };
  }
  /** A forward hook that keeps no tensor it sees, so that nothing is computed on its account.
   *  @internal */
  tapForward(hook: ForwardHook): HookHandle {
    this.hooks.add(hook);
    return { remove: () => void this.hooks.delete(hook) };
  }

  /** A hook before the forward pass that keeps no tensor it sees.
   *  @internal */
  tapForwardPre(hook: ForwardPreHook): HookHandle {
    this.preHooks.add(hook);
    return { remove: () => void this.preHooks.delete(hook) };
  }

  // --- printing ------------------------------------------------------------------------------------------------------

  /** What is printed in the parentheses: sizes and options. */
  extraRepr(): string {
    return "";
  }
  toString(): string {
    const name = this.constructor.name;
    const children = [...this.namedChildren()];
    if (children.length === 0) return `${name}(${this.extraRepr()})`;
    const lines = children.map(([key, child]) => `  (${key}): ${child.toString().replaceAll("\n", "\n  ")}`);
    return `${name}(\n${lines.join("\n")}\n)`;
  }
}

Object.defineProperty(Module.prototype, "forward", {
  value(this: Module): never {
    const { name } = this.constructor;
    throw new TypeError(`${name}: has no forward; write it, as in forward(x) { return this.layer(x); }`);
  },
  writable: true,
});
printsAs(Module);
displaysAs(Module, moduleDisplay);
knowPythonNames(Module);

const isModule = (value: unknown): value is Module => value instanceof Module;
const isParameter = (value: unknown): value is Parameter => value instanceof Parameter;

/** runningMean -> running_mean: the keys of a state dict are PyTorch's. */
function join(path: string, name: string): string {
  return path === "" ? snakeCase(name) : `${path}.${snakeCase(name)}`;
}
