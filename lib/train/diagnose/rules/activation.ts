// Units that no longer answer to their inputs: on the flat part of sigmoid and tanh, or silent below a rectifier's kink.

import { traits } from "../activations.js";
import { SATURATED, SATURATED_START, SILENT, SILENT_EXAMPLES, SILENT_MOST } from "../thresholds.js";
import type { RunView } from "../view.js";
import { found, type Rule } from "./rule.js";

/** The hidden layer with the highest share now. */
function worst(
  run: RunView,
  field: "saturated" | "silent",
  applies: (layer: number) => boolean,
): { layer: number; share: number } | undefined {
  return run.hidden
    .filter(applies)
    .map((layer) => ({ layer, share: run.now(layer, field) }))
    .filter(({ share }) => !Number.isNaN(share))
    .reduce<{ layer: number; share: number } | undefined>(
      (most, one) => (most === undefined || one.share > most.share ? one : most),
      undefined,
    );
}

const saturated: Rule = {
  id: "saturated",
  check(run) {
    const most = worst(run, "saturated", (layer) => traits(run.info.layers[layer]!)?.saturates === true);
    if (most === undefined) return undefined;
    const { layer, share } = most;
    const atStart = run.fromStart && run.layer(0, layer, "saturated") > SATURATED_START;
    const threshold = atStart ? SATURATED_START : SATURATED;
    if (share < threshold) return undefined;
    const first = run.firstSample((sample) => run.layer(sample, layer, "saturated") >= threshold) ?? 0;
    return found("warning", run.sampleStep(first), { share, threshold }, layer);
  },
};

const silentUnits: Rule = {
  id: "silent-units",
  check(run) {
    const examples = run.info.silentExamples ?? 0;
    const rows = run.samples * (run.info.batchSize ?? 1);
    if (Math.min(examples, rows) < SILENT_EXAMPLES && rows < 4 * SILENT_EXAMPLES) return undefined;
    const most = worst(run, "silent", (layer) => traits(run.info.layers[layer]!)?.rectifies === true);
    if (most === undefined || most.share < SILENT) return undefined;
    const { layer, share } = most;
    const first = run.firstSample((sample) => run.layer(sample, layer, "silent") >= SILENT) ?? 0;
    const severity = share > SILENT_MOST ? "error" : "warning";
    return found(severity, run.sampleStep(first), { share, examples, threshold: SILENT }, layer);
  },
};

export const ACTIVATION_RULES: readonly Rule[] = [saturated, silentUnits];
