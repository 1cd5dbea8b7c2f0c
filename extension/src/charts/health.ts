// Which number tells most about a layer's health, and what it says: for an activation that saturates the share of outputs
// in its flat region, for a rectifier the share of silent units, else the spread of the outputs across the batch.

import type { LayerField } from "gradbook/train/run";
import type { RunRecord } from "../data/record.js";
import { RECTIFIERS } from "./activations.js";

export type Health = "ok" | "watch" | "sick" | "unknown";
export type Measure = "saturated" | "silent" | "std" | "broken";

export interface LayerHealth {
  readonly measure: Measure;
  /** A share from 0 to 1, or the standard deviation; of "broken" the number of values. */
  readonly value: number;
  readonly state: Health;
}

/** Shares of outputs or units from which on a layer is worth a look, or sick. */
const SHARES = [0.2, 0.5] as const;
/** Spreads in which activations keep their size through many layers (as in "Signal by depth"). */
const SPREAD = [0.1, 1] as const;
/** Factors by which a spread may leave that band before it is worth a look, or sick. */
const [NEAR, FAR] = [3, 10];

const SEVERITY: Readonly<Record<Health, number>> = { unknown: 0, ok: 1, watch: 2, sick: 3 };

/** The health of layer number `layer` at a sample. Of several measures the worst one decides. */
export function layerHealth(record: RunRecord, sample: number, layer: number): LayerHealth {
  const field = (name: LayerField): number => record.layer(sample, layer, name);
  const bad = (field("nans") || 0) + (field("infinities") || 0);
  if (bad > 0) return { measure: "broken", value: bad, state: "sick" };
  const isLast = layer === record.info.layers.length - 1;
  const { value: spread } = layerSpread(record, sample, layer);
  // Nobody expects a certain spread of logits.
  const std: LayerHealth = {
    measure: "std",
    value: spread,
    state: isLast ? (Number.isNaN(spread) ? "unknown" : "ok") : spreadState(spread),
  };
  const { activation } = record.info.layers[layer]!;
  const measure = RECTIFIERS.has(activation?.name ?? "") ? "silent" : "saturated";
  const value = field(measure);
  const share: LayerHealth | undefined = Number.isNaN(value)
    ? undefined
    : { measure, value, state: shareState(value) };
  return share && SEVERITY[share.state] >= SEVERITY[std.state] ? share : std;
}

/** The spread of a layer's outputs, without a judgement. */
export function layerSpread(record: RunRecord, sample: number, layer: number): LayerHealth {
  const batchStd = record.layer(sample, layer, "batchStd");
  const value = Number.isNaN(batchStd) ? record.layer(sample, layer, "std") : batchStd;
  return { measure: "std", value, state: "unknown" };
}

function shareState(share: number): Health {
  return share > SHARES[1] ? "sick" : share > SHARES[0] ? "watch" : "ok";
}

function spreadState(spread: number): Health {
  if (Number.isNaN(spread)) return "unknown";
  const [low, high] = SPREAD;
  if (spread < low / FAR || spread > high * FAR) return "sick";
  return spread < low / NEAR || spread > high * NEAR ? "watch" : "ok";
}
