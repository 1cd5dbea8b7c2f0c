// Which layers of a model get a record: every layer with weights, together with the normalisation and activation after it.

import type { Module } from "../module/module.js";
import type { LayerInfo } from "./run.js";

/** One layer as it is watched. */
export interface WatchedLayer {
  readonly info: LayerInfo;
  /** The module whose output is the layer's input sum: Linear, Conv. */
  readonly head: Module;
  /** The module whose output is the layer's output: its activation, or else its last one; the head where nothing follows. */
  readonly last: Module;
  /** All of its modules, from the first to the last. */
  readonly modules: readonly Module[];
  readonly activation: Module | undefined;
  /** Units are channels, in dimension 1, and not in the last one. */
  readonly channelsFirst: boolean;
  /** A batch normalisation of the layer. */
  readonly batchNorm: Module | undefined;
}

/** Modules that only move values about, or take some of them. */
const PASSIVE = /^(Flatten|Unflatten|Identity)$|Dropout|Pool\dd$|Pad\dd$/;
/** Modules with parameters that still belong to the layer before them: normalisation, activations that learn. */
const FOLLOWERS = /Norm|^PReLU$|^Swish$/;
const NORMALISATION = /Norm/;

const kindOf = (module: Module): string => module.constructor.name;

/** The layers of `model`, in the order in which its modules are registered. */
export function watchedLayers(model: Module): WatchedLayer[] {
  const groups: { path: string; modules: Module[] }[] = [];
  for (const [path, module] of model.namedModules()) {
    if (module.children().length > 0 || PASSIVE.test(kindOf(module))) continue;
    const startsLayer = module.parameters().length > 0 && !FOLLOWERS.test(kindOf(module));
    if (startsLayer) groups.push({ path, modules: [module] });
    else groups.at(-1)?.modules.push(module);
  }
  return groups.map(({ path, modules }) => {
    const [head, ...followers] = modules as [Module, ...Module[]];
    const normalisation = followers.find((module) => NORMALISATION.test(kindOf(module)));
    const activation = followers.find((module) => !NORMALISATION.test(kindOf(module)));
    const last = activation ?? modules.at(-1)!;
    const parameters = head.parameters();
    const info: LayerInfo = {
      path,
      label: modules.map(shortName).join(" → "),
      kind: kindOf(last),
      ...(activation && { activation: { name: kindOf(activation), ...optionsOf(activation) } }),
      ...(normalisation && { normalisation: { kind: kindOf(normalisation), ...momentumOf(normalisation) } }),
      ...sizesOf(head),
      parameters: parameters.reduce((sum, parameter) => sum + parameter.numel(), 0),
      ...(parameters.every(({ requiresGrad }) => !requiresGrad) && { frozen: true }),
    };
    const batchNorm = normalisation && /^BatchNorm/.test(kindOf(normalisation)) ? normalisation : undefined;
    return { head, last, modules, activation, batchNorm, channelsFirst: "outChannels" in head, info };
  });
}

/** "Linear(784, 300)", "Conv2d(1, 32)", "ReLU" */
function shortName(module: Module): string {
  const { inFeatures, inChannels, outFeatures, outChannels } = fieldsOf(module);
  const input = inFeatures ?? inChannels;
  const output = outFeatures ?? outChannels;
  const name = kindOf(module);
  return input === undefined ? name : `${name}(${input}, ${output})`;
}

const fieldsOf = (module: Module): Readonly<Record<string, unknown>> =>
  module as unknown as Readonly<Record<string, unknown>>;

/** An activation's numbers: `negativeSlope`, `alpha`. */
function optionsOf(activation: Module): Record<string, number> {
  return Object.fromEntries(
    Object.entries(activation).filter((entry): entry is [string, number] => typeof entry[1] === "number"),
  );
}

function momentumOf(normalisation: Module): { momentum?: number } {
  const { momentum } = fieldsOf(normalisation);
  return typeof momentum === "number" ? { momentum } : {};
}

/** The same numbers that initialisation goes by: a convolution sums over the window of all channels of its group. */
function sizesOf(head: Module): Pick<LayerInfo, "units" | "fanIn" | "fanOut"> {
  const { inFeatures, outFeatures, inChannels, outChannels, kernelSize, groups } = fieldsOf(head);
  if (typeof inFeatures === "number" && typeof outFeatures === "number") {
    return { units: outFeatures, fanIn: inFeatures, fanOut: outFeatures };
  }
  if (typeof inChannels !== "number" || typeof outChannels !== "number" || !Array.isArray(kernelSize))
    return {};
  const window = (kernelSize as number[]).reduce((a, b) => a * b, 1) / Number(groups);
  return { units: outChannels, fanIn: inChannels * window, fanOut: outChannels * window };
}
