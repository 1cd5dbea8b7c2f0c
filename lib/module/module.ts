// The base of all layers and models. A module is its fields and its `forward`; it is called like a function.
// What belongs to it (parameters, buffers, modules) is found in its fields, plain arrays and records of fields included.

import { formatShape, sameShape } from "../graph/shape.js";
import { insideModule, isInsideModule, outsideModule } from "../tensor/scope.js";
import { session } from "../tensor/session.js";
import { Tensor } from "../tensor/tensor.js";
import { Parameter } from "./parameter.js";

/** A module is callable with the arguments of its own `forward`. */
export interface Module {
  // biome-ignore lint/style/useShorthandFunctionType: an interface, because it merges with the class
  (...args: Parameters<this["forward"]>): ReturnType<this["forward"]>;
}

/** Called after a module's forward pass; may give another output. */
export type ForwardHook = (module: Module, inputs: readonly unknown[], output: unknown) => unknown;
/** Called before a module's forward pass. */
export type ForwardPreHook = (module: Module, inputs: readonly unknown[]) => void;

/** Takes a hook off again. */
export interface HookHandle {
  remove(): void;
}

export interface LoadResult {
  readonly missingKeys: readonly string[];
  readonly unexpectedKeys: readonly string[];
}

/** Fields of the base class, which are never parameters or children. */
const OWN_FIELDS = new Set(["training", "hooks", "preHooks", "bufferNames"]);

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface above gives it its call signature
export abstract class Module {
  /** True in training mode: batch norm uses the batch's statistics. See train() and eval(). */
  declare training: boolean;
  declare private readonly hooks: Set<ForwardHook>;
  declare private readonly preHooks: Set<ForwardPreHook>;
  declare private readonly bufferNames: Set<string>;

  constructor() {
    // the instance is a function, so that it can be called; the class's fields and methods are put on it
    const self = ((...args: unknown[]) => self.call_(args)) as unknown as this;
    delete (self as { name?: unknown }).name;
    delete (self as { length?: unknown }).length;
    Object.setPrototypeOf(self, new.target.prototype);
    self.training = true;
    for (const [field, value] of [
      ["hooks", new Set()],
      ["preHooks", new Set()],
      ["bufferNames", new Set()],
    ] as const) {
      Object.defineProperty(self, field, { value, enumerable: false });
    }
    // biome-ignore lint/correctness/noConstructorReturn: this is how an instance becomes callable
    return self;
  }

  /** What the module computes. Call the module itself rather than this, so that hooks run. */
  // biome-ignore lint/suspicious/noExplicitAny: each module has its own inputs and outputs
  abstract forward(...inputs: any[]): any;

  /** @internal */
  private call_(inputs: unknown[]): unknown {
    for (const hook of this.preHooks) hook(this, inputs);
    let output = insideModule(() => this.forward(...inputs));
    for (const hook of this.hooks) output = hook(this, inputs, output) ?? output;
    if (!isInsideModule()) handOut(output);
    return output;
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

  /** Modules directly inside this one, with their names. */
  *namedChildren(): IterableIterator<[string, Module]> {
    const seen = new Set<Module>();
    for (const [name, child] of this.members(isModule)) {
      if (seen.has(child)) continue;
      seen.add(child);
      yield [name, child];
    }
  }
  children(): Module[] {
    return [...this.namedChildren()].map(([, child]) => child);
  }
  /** This module ("") and all below it, each once. */
  *namedModules(prefix = "", seen: Set<Module> = new Set()): IterableIterator<[string, Module]> {
    if (seen.has(this)) return;
    seen.add(this);
    yield [prefix, this];
    for (const [name, child] of this.namedChildren()) {
      yield* child.namedModules(prefix === "" ? name : `${prefix}.${name}`, seen);
    }
  }
  modules(): Module[] {
    return [...this.namedModules()].map(([, module]) => module);
  }
  /** Parameters of this module and those below, shared ones once; names as in PyTorch. */
  *namedParameters(): IterableIterator<[string, Parameter]> {
    const seen = new Set<Parameter>();
    for (const [path, module] of this.namedModules()) {
      for (const [name, parameter] of module.members(isParameter)) {
        if (seen.has(parameter)) continue;
        seen.add(parameter);
        yield [join(path, name), parameter];
      }
    }
  }
  parameters(): Parameter[] {
    return [...this.namedParameters()].map(([, parameter]) => parameter);
  }
  /** Tensors that are state but not learned, such as running statistics. */
  *namedBuffers(): IterableIterator<[string, Tensor]> {
    for (const [path, module] of this.namedModules()) {
      for (const name of module.bufferNames) {
        const value = (module as unknown as Record<string, Tensor | null>)[name];
        if (value instanceof Tensor) yield [join(path, name), value];
      }
    }
  }
  buffers(): Tensor[] {
    return [...this.namedBuffers()].map(([, buffer]) => buffer);
  }
  /** Makes the field `name` a buffer: saved with the state, not learned. */
  registerBuffer(name: string, value: Tensor | null): void {
    this.bufferNames.add(name);
    (this as unknown as Record<string, Tensor | null>)[name] = value;
  }

  // --- state ---------------------------------------------------------------------------------------------------------

  /** Parameters and buffers under PyTorch's keys ("1.running_mean"); the tensors share storage with the module's. */
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

  /** Copies values in. With `strict` (default) all keys must match. */
  loadStateDict(state: Readonly<Record<string, Tensor>>, options: { strict?: boolean } = {}): LoadResult {
    const own = this.stateDict();
    const missingKeys = Object.keys(own).filter((key) => !(key in state));
    const unexpectedKeys = Object.keys(state).filter((key) => !(key in own));
    if ((options.strict ?? true) && missingKeys.length + unexpectedKeys.length > 0) {
      throw new Error(
        `loadStateDict: keys differ; missing: ${missingKeys.join(", ") || "none"}; unexpected: ` +
          `${unexpectedKeys.join(", ") || "none"}. Pass { strict: false } to load what fits`,
      );
    }
    const pairs = Object.entries(own).flatMap(([key, target]) => {
      const source = state[key];
      return source === undefined ? [] : [{ key, source, target }];
    });
    for (const { key, source, target } of pairs) {
      if (sameShape(source.shape, target.shape)) continue;
      throw new RangeError(
        `loadStateDict: ${key} has shape ${formatShape(source.shape)}, the module needs ${formatShape(target.shape)}`,
      );
    }
    for (const { source, target } of pairs) target.copy_(source);
    return { missingKeys, unexpectedKeys };
  }

  // --- modes and hooks -----------------------------------------------------------------------------------------------

  /** Calls `fn` on all modules below and then on this one. */
  apply(fn: (module: Module) => void): this {
    for (const child of this.children()) child.apply(fn);
    fn(this);
    return this;
  }
  train(mode = true): this {
    this.training = mode;
    for (const child of this.children()) child.train(mode);
    return this;
  }
  eval(): this {
    return this.train(false);
  }
  requiresGrad_(requiresGrad = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad_(requiresGrad);
    return this;
  }
  /** Lets go of all gradients. */
  zeroGrad(): void {
    for (const parameter of this.parameters()) parameter.grad = null;
  }
  /** Calls `hook` after each forward pass. What it sees and makes is in its hands: it may keep it for as long as it likes. */
  registerForwardHook(hook: ForwardHook): HookHandle {
    return this.tapForward((module, inputs, output) => {
      handOut(inputs);
      handOut(output);
      return outsideModule(() => hook(module, inputs, output));
    });
  }
  /** Calls `hook` before each forward pass. */
  registerForwardPreHook(hook: ForwardPreHook): HookHandle {
    const own: ForwardPreHook = (module, inputs) => {
      handOut(inputs);
      outsideModule(() => hook(module, inputs));
    };
    this.preHooks.add(own);
    return { remove: () => void this.preHooks.delete(own) };
  }
  /** A forward hook that keeps no tensor it sees, so that nothing is computed on its account.
   *  @internal */
  tapForward(hook: ForwardHook): HookHandle {
    this.hooks.add(hook);
    return { remove: () => void this.hooks.delete(hook) };
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

Object.defineProperties(Module.prototype, {
  [Symbol.for("nodejs.util.inspect.custom")]: {
    value(this: Module): string {
      return this.toString();
    },
  },
  [Symbol.for("Jupyter.display")]: {
    value(this: Module): Record<string, string> {
      return { "text/plain": this.toString() };
    },
  },
});

const isModule = (value: unknown): value is Module => value instanceof Module;
const isParameter = (value: unknown): value is Parameter => value instanceof Parameter;

function isCollection(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}

/** runningMean -> running_mean: the keys of a state dict are PyTorch's. */
const pythonName = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function join(path: string, name: string): string {
  return path === "" ? pythonName(name) : `${path}.${pythonName(name)}`;
}

/** Says that user code now holds the tensors in `value`. */
function handOut(value: unknown): void {
  eachTensor(value, ({ storage }) => session().escape(storage));
}

function eachTensor(value: unknown, visit: (tensor: Tensor) => void): void {
  if (value instanceof Tensor) visit(value);
  else if (isCollection(value)) for (const item of Object.values(value)) eachTensor(item, visit);
}
