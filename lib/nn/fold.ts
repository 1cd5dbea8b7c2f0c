// Folding batch normalisation into the linear or convolution layer before or after it: the same function in evaluation, with
// fewer layers.

import { elements } from "../graph/shape.js";
import type { Module } from "../module/module.js";
import { Parameter } from "../module/parameter.js";
import { BatchNorm1d, BatchNorm2d, BatchNorm3d } from "../norm/index.js";
import { fromData } from "../tensor/create.js";
import { defaultGenerator } from "../tensor/random/default.js";
import { Sequential } from "./containers.js";
import { Conv1d, Conv2d, Conv3d } from "./convolution/index.js";
import { Linear } from "./linear.js";

/** A layer that a normalisation can become part of: a linear map of channels, with a bias. */
type Affine = Linear | Conv2d;
type BatchNorm = BatchNorm1d | BatchNorm2d | BatchNorm3d;

/** Which layers have their channels where a normalisation looks for them. */
const PARTNERS = [
  { norm: BatchNorm1d, layers: [Linear, Conv1d] },
  { norm: BatchNorm2d, layers: [Conv2d] },
  { norm: BatchNorm3d, layers: [Conv3d] },
] as const;

const isBatchNorm = (layer: Module): layer is BatchNorm => PARTNERS.some(({ norm }) => layer instanceof norm);

function fits(norm: BatchNorm, layer: Module | undefined): layer is Affine {
  const partner = PARTNERS.find((one) => norm instanceof one.norm)!;
  return layer !== undefined && partner.layers.some((one) => layer instanceof one);
}

/** Numbers of channels in and out, groups, and how many weights join a pair of channels. */
function channelsOf(layer: Affine): { inputs: number; outputs: number; groups: number; field: number } {
  return layer instanceof Linear
    ? { inputs: layer.inFeatures, outputs: layer.outFeatures, groups: 1, field: 1 }
    : {
        inputs: layer.inChannels,
        outputs: layer.outChannels,
        groups: layer.groups,
        field: elements(layer.kernelSize),
      };
}

/** What batch normalisation does to each channel in evaluation: x * scale + shift. In float64. */
interface ScaleAndShift {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

/** Undefined where it depends on the batch, because no running statistics are kept. */
function scaleAndShift(norm: BatchNorm): ScaleAndShift | undefined {
  const { runningMean, runningVar } = norm;
  if (runningMean === null || runningVar === null) return undefined;
  const mean = runningMean.toTypedArray();
  const variance = runningVar.toTypedArray();
  const weight = norm.weight?.toTypedArray();
  const bias = norm.bias?.toTypedArray();
  const scale = Float64Array.from(variance, (v, c) => (weight?.[c] ?? 1) / Math.sqrt(v + norm.eps));
  return { scale, shift: scale.map((s, c) => (bias?.[c] ?? 0) - mean[c]! * s) };
}

/** Another layer with the geometry of `layer` and a bias. */
function sibling(layer: Affine): Affine {
  // a new layer draws weights, which are not wanted and must not move the generator on
  const state = defaultGenerator.getState();
  try {
    if (layer instanceof Linear) return Linear(layer.inFeatures, layer.outFeatures).eval();
    const { inChannels, outChannels, kernelSize, stride, padding, dilation, groups, paddingMode } = layer;
    const Conv = [Conv1d, Conv2d, Conv3d][kernelSize.length - 1]!;
    const options = { stride, padding, dilation, groups, paddingMode };
    return Conv(inChannels, outChannels, kernelSize, options).eval();
  } finally {
    defaultGenerator.setState(state);
  }
}

/** A layer like `layer` whose weights and biases [out] are computed from those of `layer`. */
function rewritten(
  layer: Affine,
  weightAt: (w: number, out: number, input: number) => number,
  biasAt: (b: number, out: number) => number,
): Affine {
  const { outputs } = channelsOf(layer);
  const bias = layer.bias?.toTypedArray();
  const values = Float32Array.from(weights(layer), ({ w, out, input }) => weightAt(w, out, input));
  const result = sibling(layer);
  result.weight = new Parameter(fromData(values).reshape(layer.weight.shape));
  result.bias = new Parameter(
    fromData(Float32Array.from({ length: outputs }, (_, o) => biasAt(bias?.[o] ?? 0, o))),
  );
  return result;
}

/** The weights [out, in / groups, ...kernel] with the channels they join. */
function* weights(layer: Affine): Generator<{ w: number; out: number; input: number }> {
  const { inputs, outputs, groups, field } = channelsOf(layer);
  const perGroup = inputs / groups;
  for (const [i, w] of layer.weight.toTypedArray().entries()) {
    const out = Math.floor(i / (perGroup * field));
    const group = Math.floor(out / (outputs / groups));
    yield { w, out, input: group * perGroup + (Math.floor(i / field) % perGroup) };
  }
}

/** scale (W x + b) + shift */
function intoPreceding(layer: Affine, { scale, shift }: ScaleAndShift): Affine {
  return rewritten(
    layer,
    (w, out) => w * scale[out]!,
    (b, out) => b * scale[out]! + shift[out]!,
  );
}

/** W (scale x + shift) + b */
function intoFollowing({ scale, shift }: ScaleAndShift, layer: Affine): Affine {
  const shifts = new Float64Array(channelsOf(layer).outputs);
  for (const { w, out, input } of weights(layer)) shifts[out]! += w * shift[input]!;
  return rewritten(
    layer,
    (w, _, input) => w * scale[input]!,
    (b, out) => b + shifts[out]!,
  );
}

/** The zeros that a convolution puts around its input come after the normalisation: no bias can stand for their shift. */
function refuseZeroPadding(norm: BatchNorm, layer: Affine): void {
  if (layer instanceof Linear || layer.paddingMode !== "zeros" || layer.padding === "valid") return;
  const padded =
    layer.padding === "same" ? layer.kernelSize.some((n) => n > 1) : layer.padding.some((n) => n > 0);
  if (!padded) return;
  throw new Error(
    `fold: ${norm} cannot become part of ${layer} after it: that one pads with zeros, which were not normalised, so that its ` +
      'edges would change. Use another paddingMode ("replicate"), or put nn.Identity() between them to keep both',
  );
}

/** The same function in evaluation without its batch normalisation: each `BatchNorm1d`, 2d and 3d becomes part of the Linear or
 *  convolution layer right before it or, where there is none, right after it. Rows of the weight [out, in, ...] are scaled there,
 *  columns here; a convolution after it must not pad with zeros.
 *
 *  Takes a Sequential in eval() mode, for inputs [N, features] if layers are linear; Sequentials in it are folded, too. Gives a
 *  new one, whose other layers are those of `model` itself. A batch normalisation without running statistics, or with no such
 *  layer beside it, stays.
 *
 *  @example norm.fold(nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU()).eval()) // Linear, ReLU */
export function fold(model: Sequential): Sequential {
  if (!(model instanceof Sequential)) {
    const name = (model as Module | undefined)?.constructor.name;
    throw new TypeError(`fold: needs an nn.Sequential, whose layers follow one another, got ${name}`);
  }
  const layers: Module[] = [...model].map((layer) => (layer instanceof Sequential ? fold(layer) : layer));
  const folded: Module[] = [];
  layers.forEach((_, i) => {
    const layer = layers[i]!;
    if (!isBatchNorm(layer)) {
      folded.push(layer);
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
    if (change !== undefined && fits(layer, before) && channelsOf(before).outputs === layer.numFeatures) {
      folded[folded.length - 1] = intoPreceding(before, change);
    } else if (change !== undefined && fits(layer, after) && channelsOf(after).inputs === layer.numFeatures) {
      refuseZeroPadding(layer, after);
      layers[i + 1] = intoFollowing(change, after);
    } else folded.push(layer);
  });
  return new Sequential(...folded).eval();
}
