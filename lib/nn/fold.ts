// Folding batch normalisation into the linear layer before or after it: the same function in evaluation, with fewer layers.

import type { Module } from "../module/module.js";
import { Parameter } from "../module/parameter.js";
import { BatchNorm1d } from "../norm/index.js";
import { fromData } from "../tensor/create.js";
import { defaultGenerator } from "../tensor/random/default.js";
import { Sequential } from "./containers.js";
import { Linear } from "./linear.js";

/** What batch normalisation does to each channel in evaluation: x * scale + shift. In float64. */
interface ScaleAndShift {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

/** Undefined where it depends on the batch, because no running statistics are kept. */
function scaleAndShift(norm: BatchNorm1d): ScaleAndShift | undefined {
  const { runningMean, runningVar } = norm;
  if (runningMean === null || runningVar === null) return undefined;
  const mean = runningMean.toTypedArray();
  const variance = runningVar.toTypedArray();
  const weight = norm.weight?.toTypedArray();
  const bias = norm.bias?.toTypedArray();
  const scale = Float64Array.from(variance, (v, c) => (weight?.[c] ?? 1) / Math.sqrt(v + norm.eps));
  return { scale, shift: scale.map((s, c) => (bias?.[c] ?? 0) - mean[c]! * s) };
}

/** A linear layer whose weight [out, in] and bias [out] are computed from those of `linear`. */
function rewritten(
  linear: Linear,
  weightAt: (w: number, out: number, input: number) => number,
  biasAt: (b: number, out: number) => number,
): Linear {
  const { inFeatures, outFeatures } = linear;
  const weight = linear.weight.toTypedArray();
  const bias = linear.bias?.toTypedArray();
  const values = Float32Array.from(weight, (w, i) => weightAt(w, Math.floor(i / inFeatures), i % inFeatures));
  // a new layer draws weights, which are not wanted and must not move the generator on
  const state = defaultGenerator.getState();
  const layer = Linear(inFeatures, outFeatures).eval();
  defaultGenerator.setState(state);
  layer.weight = new Parameter(fromData(values).reshape(outFeatures, inFeatures));
  layer.bias = new Parameter(
    fromData(Float32Array.from({ length: outFeatures }, (_, o) => biasAt(bias?.[o] ?? 0, o))),
  );
  return layer;
}

/** scale (W x + b) + shift */
function intoPreceding(linear: Linear, { scale, shift }: ScaleAndShift): Linear {
  return rewritten(
    linear,
    (w, out) => w * scale[out]!,
    (b, out) => b * scale[out]! + shift[out]!,
  );
}

/** W (scale x + shift) + b */
function intoFollowing({ scale, shift }: ScaleAndShift, linear: Linear): Linear {
  const weight = linear.weight.toTypedArray();
  return rewritten(
    linear,
    (w, _, input) => w * scale[input]!,
    (b, out) => shift.reduce((sum, s, input) => sum + weight[out * linear.inFeatures + input]! * s, b),
  );
}

/** The same function in evaluation without its batch normalisation: each `BatchNorm1d` becomes part of the Linear right
 *  before it or, where there is none, right after it (weights [out, in], so rows are scaled there and columns here).
 *
 *  Takes a Sequential in eval() mode for inputs [N, features]; Sequentials in it are folded, too. Gives a new one, whose other
 *  layers are those of `model` itself. A batch normalisation without running statistics, or with no Linear beside it, stays.
 *
 *  @example norm.fold(nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU()).eval()) // Linear, ReLU */
export function fold(model: Sequential): Sequential {
  if (!(model instanceof Sequential)) {
    const name = (model as Module | undefined)?.constructor.name;
    throw new TypeError(`fold: needs an nn.Sequential, whose layers follow one another, got ${name}`);
  }
  const layers: Module[] = [...model].map((layer) => (layer instanceof Sequential ? fold(layer) : layer));
  const folded: Module[] = [];
  layers.forEach((layer, i) => {
    if (!(layer instanceof BatchNorm1d)) {
      folded.push(layers[i]!);
      return;
    }
    if (layer.training) {
      throw new Error(
        `fold: ${layer} is in training mode, in which it uses each batch's own statistics; call model.eval() first`,
      );
    }
    const before = folded.at(-1);
    const after = layers[i + 1];
    const change = scaleAndShift(layer);
    if (change !== undefined && before instanceof Linear && before.outFeatures === layer.numFeatures) {
      folded[folded.length - 1] = intoPreceding(before, change);
    } else if (change !== undefined && after instanceof Linear && after.inFeatures === layer.numFeatures) {
      layers[i + 1] = intoFollowing(change, after);
    } else folded.push(layer);
  });
  return new Sequential(...folded).eval();
}
