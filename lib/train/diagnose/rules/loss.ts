// What the loss curves say: where they start, whether they fall, and whether validation follows.

import { activationName } from "../activations.js";
import {
  INITIAL_EXCESS,
  INITIAL_FAR,
  OUTPUT_SCALE,
  OVERFIT,
  OVERFIT_RISE,
  OVERFIT_VALIDATIONS,
  PLATEAU_GAIN,
  PLATEAU_GUESSING,
  PLATEAU_STEPS,
  PLATEAU_STUCK,
} from "../thresholds.js";
import { median, type RunView } from "../view.js";
import { found, type Rule } from "./rule.js";

const initialLoss: Rule = {
  id: "initial-loss",
  check(run) {
    const { classes } = run.info;
    const { steps, values } = run.series("loss");
    if (classes === undefined || classes < 2 || steps[0] !== 0) return undefined;
    const [loss, expected] = [values[0]!, Math.log(classes)];
    if (!(loss - expected > INITIAL_EXCESS)) return undefined;
    const last = run.weighted.at(-1);
    // what He's weights give is no fault of the output layer
    const far = loss - expected > INITIAL_FAR;
    const loud = last !== undefined && run.weightScale(last) > OUTPUT_SCALE;
    return found(far && loud ? "warning" : "note", 0, { loss, expected, classes }, last);
  },
};

/** The loss takes logits; log-softmax alone does no harm, since it is its own log-softmax. */
const logitActivation: Rule = {
  id: "logit-activation",
  check(run) {
    const last = run.weighted.at(-1);
    const { classes, softmaxed } = run.info;
    if (classes === undefined || last === undefined) return undefined;
    const layer = run.info.layers[last]!;
    const activation = softmaxed ? "Softmax" : layer.activation?.name;
    if (activation === undefined || layer.units !== classes) return undefined;
    const severity = activationName(layer) === "logsoftmax" ? "note" : "warning";
    return found(severity, 0, { activation, classes }, last);
  },
};

const overfitting: Rule = {
  id: "overfitting",
  check(run) {
    const { steps, values } = run.series("validationLoss");
    if (values.length < OVERFIT_VALIDATIONS) return undefined;
    let best = 0;
    values.forEach((value, i) => {
      if (value < values[best]!) best = i;
    });
    const [last, before] = [values.at(-1)!, values.at(-2)!];
    const limit = OVERFIT * values[best]!;
    if (best > values.length - 3 || !(last > limit && before > limit)) return undefined;
    const trained = around(run, steps.at(-1)!);
    const start = run.progress?.start ?? 0;
    const rise = last - values[best]!;
    if (!(trained < around(run, steps[best]!) && trained < last) || rise < OVERFIT_RISE * start)
      return undefined;
    return found("warning", steps[best]!, { best: values[best]!, last, trained });
  },
};

/** The training loss around a step: the median over a sixteenth of the record. */
function around(run: RunView, step: number): number {
  const { steps, values } = run.series("loss");
  const width = Math.max(3, steps.length >> 4);
  const at = steps.findLastIndex((one) => one <= step);
  return median(values.slice(Math.max(0, at - width), at + 1));
}

const plateau: Rule = {
  id: "plateau",
  check(run) {
    const { steps, values } = run.series("loss");
    const progress = run.progress;
    const last = steps.at(-1) ?? 0;
    if (progress === undefined || last < PLATEAU_STEPS || !Number.isFinite(progress.recent)) return undefined;
    const half = steps.findIndex((step) => step >= last / 2);
    const quarter = steps.findIndex((step) => step >= (3 * last) / 4);
    const [earlier, later] = [median(values.slice(half, quarter)), median(values.slice(quarter))];
    const { classes } = run.info;
    const guessing = classes !== undefined && progress.recent >= PLATEAU_GUESSING * Math.log(classes);
    if (!(guessing || 1 - later / earlier < PLATEAU_GAIN) || progress.best < PLATEAU_STUCK) return undefined;
    return found("warning", steps[half]!, { loss: later, start: progress.start });
  },
};

export const LOSS_RULES: readonly Rule[] = [initialLoss, logitActivation, overfitting, plateau];
