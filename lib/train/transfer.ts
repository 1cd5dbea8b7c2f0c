// Reusing a trained model: freezing layers by name, a new head, smaller learning rates for the layers below.

import { deepcopy } from "../module/deepcopy.js";
import type { Module } from "../module/module.js";
import { Sequential } from "../nn/containers.js";
import { refuse } from "../tensor/arguments.js";
import type { Tensor } from "../tensor/tensor.js";

/** Where a module is: "0", "encoder.2"; the number of a layer. */
export type ModulePath = string | number;

/** Modules at the given paths. Throws where a path is none, and says which there are. */
function modulesAt(model: Module, paths: readonly ModulePath[], what: string): Module[] {
  const all = new Map(model.namedModules());
  if (!Array.isArray(paths)) refuse(paths, what, 'an array of paths, such as [0] or ["encoder.2"]');
  return paths.map((path) => {
    const module = all.get(String(path));
    if (module !== undefined) return module;
    const known = [...all.keys()].filter((name) => name !== "").join(", ");
    throw new RangeError(`${what}: there is no module "${path}"; the model has ${known}`);
  });
}

/** Freezes the modules at the given paths, with all below them: their parameters get no gradients, and they stay in evaluation
 *  whatever `train()` is called on, so that batch norm keeps its statistics. See `module.freeze()`.
 *
 * ```ts
 * gb.train.freezeLayers(model, ["0"]);
 * model.parameters().filter((parameter) => parameter.requiresGrad).length // -> 2
 * ``` */
export function freezeLayers(model: Module, paths: readonly ModulePath[]): void {
  for (const module of modulesAt(model, paths, "freezeLayers")) module.freeze();
}

/** Undoes `freezeLayers`. Give an optimizer the parameters that it did not have: `optimizer.addParamGroup`.
 *
 * ```ts
 * gb.train.freezeLayers(model, ["0", "2"]);
 * gb.train.unfreezeLayers(model, ["2"]);
 * model.parameters().map((parameter) => parameter.requiresGrad) // -> [ false, false, true, true ]
 * ``` */
export function unfreezeLayers(model: Module, paths: readonly ModulePath[]): void {
  for (const module of modulesAt(model, paths, "unfreezeLayers")) module.unfreeze();
}

/** A copy of a trained Sequential with another output: the last layer that has parameters, and what follows it, is replaced by
 *  `head`. The copy shares nothing with the original, which training the copy would change otherwise.
 *
 * ```ts
 * const binary = gb.train.replaceHead(model, nn.Linear(8, 1));
 * binary(x).shape // -> [16, 1]
 * ``` */
export function replaceHead(model: Sequential, ...head: readonly Module[]): Sequential {
  const layers = [...model];
  const last = layers.findLastIndex((layer) => layer.parameters().length > 0);
  if (last < 0) throw new RangeError("replaceHead: no layer of the model has parameters");
  return new Sequential(...layers.slice(0, last).map((layer) => deepcopy(layer)), ...head);
}

export interface LayerwiseOptions {
  /** Learning rate of the last layer. */
  lr: number;
  /** Each layer before has this times the rate of the one after it. */
  decay: number;
}

/** Parameter groups with discriminative learning rates: the layers near the output, which fit the new task, learn fast, those near
 *  the input slowly. Frozen parameters are left out. Howard and Ruder 2018 (ULMFiT, section 3.2; decay 1 / 2.6 there).
 *
 * ```ts
 * const groups = gb.train.layerwiseRates(model, { lr: 0.1, decay: 0.5 });
 * new optim.SGD(groups).paramGroups.map(({ lr }) => lr) // -> [ 0.05, 0.1 ]
 * ``` */
export function layerwiseRates(model: Module, options: LayerwiseOptions): { params: Tensor[]; lr: number }[] {
  const { lr, decay } = options;
  const seen = new Set<Tensor>();
  const layers = model.modules().flatMap((module) => {
    if (module.children().length > 0) return [];
    const params = module.parameters().filter((parameter) => parameter.requiresGrad && !seen.has(parameter));
    for (const parameter of params) seen.add(parameter);
    return params.length === 0 ? [] : [params];
  });
  return layers.map((params, i) => ({ params, lr: lr * decay ** (layers.length - 1 - i) }));
}
