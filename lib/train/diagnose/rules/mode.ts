// What a loop forgets: training where evaluation was meant, and the other way round; a step of the
// optimizer; gradients that are not cleared; statistics that move in layers that are frozen.

import { found, type Rule } from "./rule.js";

/** Whether the model has layers that do something else in evaluation. */
const MODAL = /^(BatchNorm|InstanceNorm)/;

const evaluated: Rule = {
  id: "train-mode-evaluation",
  check(run) {
    const count = run.info.modes?.trainingEvaluations ?? 0;
    const modal = run.info.layers.find(
      ({ normalisation, dropout }) => dropout !== undefined || MODAL.test(normalisation?.kind ?? ""),
    );
    if (count === 0 || modal === undefined) return undefined;
    const layer = run.info.layers.indexOf(modal);
    const kind = modal.dropout ?? modal.normalisation!.kind;
    return found("warning", run.info.modes!.firstTrainingEvaluation ?? 0, { count, kind }, layer);
  },
};

const trained: Rule = {
  id: "evaluation-mode-training",
  check(run) {
    const steps = run.info.modes?.evaluationSteps ?? 0;
    if (steps === 0) return undefined;
    return found("warning", run.info.modes!.firstEvaluationStep ?? 0, { steps });
  },
};

/** One could be meant: two losses, stepped for one after the other. */
const KEPT = 2;

const kept: Rule = {
  id: "kept-gradients",
  check(run) {
    const steps = run.info.modes?.keptGradients ?? 0;
    if (steps < KEPT) return undefined;
    return found("error", run.info.modes!.firstKeptGradients ?? 0, { steps });
  },
};

const notStepped: Rule = {
  id: "not-stepped",
  check(run) {
    const count = run.info.modes?.withoutStep;
    return count === undefined ? undefined : found("error", 0, { count });
  },
};

const frozen: Rule = {
  id: "frozen-statistics",
  check(run) {
    const layer = run.info.layers.findIndex(
      ({ frozen, normalisation }) =>
        frozen === true &&
        normalisation?.kind.startsWith("BatchNorm") === true &&
        normalisation.moving === true,
    );
    if (layer < 0) return undefined;
    return found("warning", 0, { kind: run.info.layers[layer]!.normalisation!.kind }, layer);
  },
};

export const MODE_RULES: readonly Rule[] = [evaluated, trained, notStepped, kept, frozen];
