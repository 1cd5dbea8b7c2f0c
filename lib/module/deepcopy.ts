// Copies of modules and tensors that share nothing with the original: Python's `copy.deepcopy`.

import { Tensor } from "../tensor/tensor.js";
import { Module } from "./module.js";
import { Parameter } from "./parameter.js";
import { isCollection } from "./values.js";

/** Fields of the base class, which are not copied: hooks belong to who registered them, and names are found anew. */
const LEFT_OUT: ReadonlySet<PropertyKey> = new Set(["hooks", "preHooks", "backwardHooks", "parameterNames"]);

function copied(value: unknown, known: Map<object, object>): unknown {
  if (typeof value !== "object" && !(value instanceof Module)) return value;
  if (value === null) return value;
  const before = known.get(value);
  if (before !== undefined) return before;
  const keep = <T extends object>(copy: T): T => {
    known.set(value, copy);
    return copy;
  };
  if (value instanceof Parameter) {
    return keep(new Parameter(value.detach(), { requiresGrad: value.requiresGrad }));
  }
  if (value instanceof Tensor) {
    const copy = value.detach().clone();
    return keep(value.requiresGrad ? copy.requiresGrad_() : copy);
  }
  if (value instanceof Module) {
    const copy = keep(Module.instance(Object.getPrototypeOf(value) as Module));
    for (const key of Reflect.ownKeys(value)) {
      if (LEFT_OUT.has(key)) continue;
      const field = Object.getOwnPropertyDescriptor(value, key)!;
      if ("value" in field) field.value = copied(field.value, known);
      Object.defineProperty(copy, key, field);
    }
    copy.parameterNames.learn(copy);
    return copy;
  }
  if (value instanceof Set) return keep(new Set([...value].map((item) => copied(item, known))));
  if (Array.isArray(value))
    return Object.assign(
      keep([] as unknown[]),
      value.map((item) => copied(item, known)),
    );
  if (!isCollection(value)) return value;
  const copy = keep({} as Record<string, unknown>);
  for (const [key, item] of Object.entries(value)) copy[key] = copied(item, known);
  return copy;
}

/** A copy that shares nothing with the original: of a model with all its parameters, buffers and modes, of a tensor, or of
 *  arrays and records of these. What is shared inside stays shared. Hooks and gradients are not copied; other objects that a
 *  module refers to are the same ones.
 *
 *  ```ts
 *  const model = nn.Linear(2, 1, { bias: false });
 *  const copy = gb.deepcopy(model);
 *  init.zeros_(model.weight);
 *  copy.weight.square().sum().gt(0).item() // -> 1
 *  ``` */
export function deepcopy<T>(value: T): T {
  return copied(value, new Map()) as T;
}
