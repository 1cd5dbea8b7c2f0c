// The variables that cells share, for the debugger: what there is, and under plain names where it evaluates an expression.

import type { MimeBundle } from "../protocol/messages.js";
import type { Bindings } from "./bindings.js";
import { plainText, present } from "./present.js";

export class NotebookVariables {
  readonly #bindings: Bindings;
  readonly #covered = new Map<string, PropertyDescriptor | undefined>();

  constructor(bindings: Bindings) {
    this.#bindings = bindings;
  }

  /** What cells have declared, with the values of now. */
  all(): Record<string, unknown> {
    const values: Record<string, unknown> = Object.create(null);
    for (const [name, binding] of this.#bindings.declared()) {
      try {
        values[name] = binding.$v;
      } catch {
        // its declaration has not run yet
      }
    }
    return values;
  }

  /** Makes all names global; they cover what is there. */
  expose(): void {
    for (const [name, binding] of this.#bindings.all()) {
      const before = Object.getOwnPropertyDescriptor(globalThis, name);
      if (before?.configurable === false || this.#covered.has(name)) continue;
      this.#covered.set(name, before);
      Object.defineProperty(globalThis, name, {
        configurable: true,
        get: () => binding.$v,
        set: (value: unknown) => {
          binding.$v = value;
        },
      });
    }
  }

  /** Takes back what `expose` has done. */
  conceal(): void {
    for (const [name, before] of this.#covered) {
      if (before === undefined) delete (globalThis as Record<string, unknown>)[name];
      else Object.defineProperty(globalThis, name, before);
    }
    this.#covered.clear();
  }

  /** A value as a cell would show it; as text where that takes a wait, since a program that stands still has none. */
  rendered(value: unknown): MimeBundle {
    const shown = present(value);
    return shown === undefined || shown instanceof Promise
      ? { data: { "text/plain": plainText(value) }, metadata: {} }
      : shown;
  }

  /** A line about a tensor, by what is known before it is computed, or about a function that is an object of a class. */
  summary(value: { readonly dtype?: unknown; readonly shape?: unknown }): string | undefined {
    const { name } = value.constructor;
    if (typeof value === "function") return /Function$/.test(name) ? undefined : name;
    const { dtype, shape } = value;
    return typeof dtype === "string" && Array.isArray(shape)
      ? `${name} ${dtype}[${shape.join(", ")}]`
      : undefined;
  }
}
