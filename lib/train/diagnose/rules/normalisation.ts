// Batch normalisation: batches that are too small for statistics, and running statistics of the wrong pace.

import { NORM_BATCH, NORM_MOMENTUM, NORM_UNFINISHED } from "../thresholds.js";
import { found, type Rule } from "./rule.js";

const tinyBatch: Rule = {
  id: "tiny-batch-norm",
  check(run) {
    const batch = run.info.batchSize ?? Number.POSITIVE_INFINITY;
    // of images each pixel is an example for its channel
    const layer = run.info.layers.findIndex(({ normalisation }) => normalisation?.kind === "BatchNorm1d");
    if (layer < 0 || batch > NORM_BATCH) return undefined;
    return found("warning", 0, { batch, threshold: NORM_BATCH }, layer);
  },
};

const momentum: Rule = {
  id: "norm-momentum",
  check(run) {
    const layer = run.info.layers.findIndex(
      ({ normalisation, frozen }) =>
        frozen !== true &&
        normalisation?.kind.startsWith("BatchNorm") &&
        normalisation.momentum !== undefined,
    );
    if (layer < 0) return undefined;
    const value = run.info.layers[layer]!.normalisation!.momentum!;
    if (value >= NORM_MOMENTUM)
      return found("warning", 0, { momentum: value, pace: "fast", steps: 1 / value }, layer);
    const { steps } = run.series("validationLoss");
    const last = steps.at(-1);
    if (last === undefined || !((1 - value) ** (last + 1) > NORM_UNFINISHED)) return undefined;
    return found("warning", last, { momentum: value, pace: "slow", steps: 1 / value }, layer);
  },
};

export const NORMALISATION_RULES: readonly Rule[] = [tinyBatch, momentum];
