// Which layers of a model get a record: every layer with weights, together with the normalisation and activation after it.

import type { Module } from "../module/module.js";
import type { LayerInfo } from "./run.js";

/** One layer as it is watched. */
export interface WatchedLayer {
  readonly info: LayerInfo;
  /** The module whose output is the layer's input sum: Linear, Conv. */
  readonly head: Module;
  /** The module whose output is the layer's activation; the head itself where nothing follows. */
  readonly last: Module;
  /** All of its modules, from the first to the last. */
  readonly modules: readonly Module[];
}

/** Modules that only move values about, or take some of them. */
const PASSIVE = /^(Flatten|Unflatten|Identity)$|Dropout|Pool\dd$|Pad\dd$/;
/** Modules with parameters that still belong to the layer before them: normalisation, activations that learn. */
const FOLLOWERS = /Norm|^PReLU$|^Swish$/;

/** The layers of `model`, in the order in which its modules are registered. */
export function watchedLayers(model: Module): WatchedLayer[] {
  const groups: { path: string; modules: Module[] }[] = [];
  for (const [path, module] of model.namedModules()) {
    const kind = module.constructor.name;
    if (module.children().length > 0 || PASSIVE.test(kind)) continue;
    const startsLayer = module.parameters().length > 0 && !FOLLOWERS.test(kind);
    if (startsLayer) groups.push({ path, modules: [module] });
    else groups.at(-1)?.modules.push(module);
  }
  return groups.map(({ path, modules }) => {
    const head = modules[0]!;
    const last = modules.at(-1)!;
    const label = modules.map((module) => shortName(module)).join(" → ");
    return { head, last, modules, info: { path, label, kind: last.constructor.name } };
  });
}

/** "Linear(784, 300)", "Conv2d(1, 32)", "ReLU" */
function shortName(module: Module): string {
  const sizes = module as unknown as Readonly<Record<string, number | undefined>>;
  const input = sizes.inFeatures ?? sizes.inChannels;
  const output = sizes.outFeatures ?? sizes.outChannels;
  const name = module.constructor.name;
  return input === undefined ? name : `${name}(${input}, ${output})`;
}
