// The histograms of a layer in the form in which they are drawn.

import { byteToShare, histogramEdges, type Quantity } from "gradbook/train/histograms";
import type { Activation } from "../../charts/activations.js";
import { type History, mapped } from "../../charts/histogram.js";
import type { RunRecord } from "../../data/record.js";

const SHARES: Float32Array = Float32Array.from({ length: 256 }, (_, byte) => byteToShare(byte));

/** What is known of a layer's histograms; undefined while there are none. */
export function historyOf(record: RunRecord, layer: number, quantity: Quantity): History | undefined {
  const { steps, bytes } = record.histogram(layer, quantity);
  if (steps.length === 0) return undefined;
  return {
    edges: histogramEdges(quantity),
    steps,
    shares: Float32Array.from(bytes, (byte) => SHARES[byte]!),
  };
}

/**
 * A layer's outputs. Those of a bounded activation crowd at its bounds, where the bins of the outputs are wide: there
 * the histogram of its inputs tells more, each bin taken through the function.
 */
export function outputHistory(
  record: RunRecord,
  layer: number,
  activation: Activation | undefined,
  inputs: History | undefined,
): History | undefined {
  return inputs && activation?.bounds ? mapped(inputs, activation.value) : historyOf(record, layer, "output");
}
