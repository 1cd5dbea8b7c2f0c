// Whether the steps have a sensible size: the learning rate, the optimizer it belongs to, the updates it makes.

import {
  ADAPTIVE_RATE,
  DECAY_LARGE,
  DECAYED,
  HARDLY_FALLS,
  HARMED,
  LOSS_JUMP,
  LOSS_WORSE,
  NOT_VANISHED,
  PATIENCE,
  SIGNAL_EXPLODED,
  SILENT,
  UPDATE_GOOD,
  UPDATE_LARGE,
  UPDATE_SLOW,
  UPDATE_SMALL,
} from "../thresholds.js";
import { median, type RunView } from "../view.js";
import { found, type Rule } from "./rule.js";
import { spike } from "./signal.js";

/** Optimizers whose steps are about the learning rate itself, whatever the gradient's size. Adagrad's steps shrink by themselves. */
const ADAPTIVE = /^(Adam|AdamW|NAdam|RAdam|Adamax|RMSprop|Lion)$/i;

const learned = (run: RunView): readonly number[] =>
  run.weighted.filter((layer) => run.info.layers[layer]?.frozen !== true);

/** The median over layers of update over weights, now. */
const updateRatio = (run: RunView): number =>
  median(learned(run).map((layer) => run.now(layer, "updateRatio")));

/** The first step whose update was too large for what the weights had learned, or been initialised to. */
function firstLargeUpdate(run: RunView): number | undefined {
  const layers = learned(run);
  const sample = run.firstSample(
    (one) => median(layers.map((layer) => run.layer(one, layer, "updateRatio"))) > UPDATE_LARGE,
  );
  return sample === undefined ? undefined : run.sampleStep(sample);
}

const learningRate = (run: RunView): number => {
  const { values } = run.series("learningRate");
  return values.at(-1) ?? run.info.optimizer?.learningRate ?? Number.NaN;
};

/** The step at which it shows that steps are too large: the loss jumps up or ends higher, what had been learned is lost, or large
 *  updates lead nowhere. */
function overshoot(run: RunView): number | undefined {
  const { steps, values } = run.series("loss");
  const start = median(values.slice(0, 1));
  // a loss below 0, such as a negated one or a likelihood's, has no size to compare with
  if (!Number.isFinite(start) || start <= 0) return undefined;
  const jump = values.findIndex((value) => value > LOSS_JUMP * start);
  const recovered = (run.progress?.share ?? 1) < HARMED;
  if (jump >= 0 && !recovered) return steps[jump]!;
  const progress = run.progress;
  if (progress === undefined) return undefined;
  if (progress.best < HARMED && progress.share >= 1)
    return steps.find((step, i) => step > progress.lowestStep && values[i]! > progress.reference);
  if (progress.recent > LOSS_WORSE * progress.start)
    return steps.find((_, i) => values[i]! > LOSS_WORSE * progress.start);
  if (progress.share < HARMED) return undefined;
  if (updateRatio(run) > UPDATE_LARGE) return 0;
  // what a few steps have broken stays so when updates are small again
  return run.lastStep < PATIENCE ? undefined : firstLargeUpdate(run);
}

/** Whether the forward pass is already out of hand before the first step: then the rate is not to blame. */
function soundStart(run: RunView): boolean {
  if (!run.fromStart) return true;
  const spreads = run.hidden.map((layer) => run.layer(0, layer, "std"));
  return !spreads.some((std) => std > SIGNAL_EXPLODED || Number.isNaN(std));
}

const tooHigh: Rule = {
  id: "rate-too-high",
  check(run) {
    const step = overshoot(run);
    if (step === undefined || !soundStart(run)) return undefined;
    const { values } = run.series("loss");
    return found("error", step, {
      rate: learningRate(run),
      start: values[0]!,
      highest: values.reduce((most, value) => Math.max(most, value)),
      recent: run.progress?.recent ?? values.at(-1)!,
    });
  },
};

const tooLow: Rule = {
  id: "rate-too-low",
  check(run) {
    const { progress } = run;
    const ratio = updateRatio(run);
    if (progress === undefined || run.lastStep < PATIENCE || !(ratio > 0 && ratio < UPDATE_SLOW))
      return undefined;
    if (progress.share < HARDLY_FALLS) return undefined;
    const values = { rate: learningRate(run), ratio, good: UPDATE_GOOD, start: progress.start };
    return found("warning", 0, { ...values, recent: progress.recent });
  },
};

const adaptive: Rule = {
  id: "adaptive-rate",
  check(run) {
    const { optimizer } = run.info;
    const rate = run.series("learningRate").values.reduce((most, value) => Math.max(most, value), 0);
    if (optimizer === undefined || !ADAPTIVE.test(optimizer.kind) || rate < ADAPTIVE_RATE) return undefined;
    const { progress } = run;
    const silent = run.hidden.some((layer) => run.now(layer, "silent") > SILENT);
    const harmed =
      silent ||
      spike(run) !== undefined ||
      (progress !== undefined && progress.share > HARMED) ||
      overshoot(run) !== undefined;
    return found(harmed ? "warning" : "note", 0, {
      rate,
      optimizer: optimizer.kind,
      threshold: ADAPTIVE_RATE,
    });
  },
};

/** Optimizers whose step takes the learning rate times the weight decay of each weight away, whatever else it does. */
const DECAYING = /^(SGD|AdamW)$/;

/** The loss has not fallen, and the weights have shrunk as the decay alone makes them. */
const decay: Rule = {
  id: "weight-decay",
  check(run) {
    const { optimizer } = run.info;
    const { progress } = run;
    if (optimizer?.weightDecay === undefined || !DECAYING.test(optimizer.kind)) return undefined;
    const share = learningRate(run) * optimizer.weightDecay;
    if (share < DECAY_LARGE || run.lastStep < PATIENCE || progress === undefined) return undefined;
    const sizes = learned(run).map(
      (layer) => run.now(layer, "weightNorm") / run.layer(0, layer, "weightNorm"),
    );
    const left = median(sizes);
    if (progress.share < HARMED || !(left < DECAYED)) return undefined;
    const { start, recent } = progress;
    return found("error", 0, { decay: optimizer.weightDecay, share, left, start, recent });
  },
};

const updates: Rule = {
  id: "update-ratio",
  check(run) {
    if (run.samples < 10) return undefined;
    const ratios = learned(run).map((layer) => ({ layer, ratio: run.now(layer, "updateRatio") }));
    const far = ratios.filter(({ ratio }) => ratio > UPDATE_LARGE || (ratio > 0 && ratio < UPDATE_SMALL));
    const distance = (ratio: number): number => Math.abs(Math.log(ratio / UPDATE_GOOD));
    const [worst] = far.sort((a, b) => distance(b.ratio) - distance(a.ratio));
    if (worst === undefined) return undefined;
    return found("note", run.lastStep, { ratio: worst.ratio, good: UPDATE_GOOD }, worst.layer);
  },
};

/** Weights that the gradient reaches, but no update: their optimizer does not know them. */
const notTrained: Rule = {
  id: "not-trained",
  check(run) {
    if (run.samples < 5) return undefined;
    const layers = learned(run);
    const usual = median(layers.map((layer) => run.now(layer, "gradientNorm")));
    const reached = (layer: number): boolean => run.now(layer, "gradientNorm") > NOT_VANISHED * usual;
    const moves = (layer: number): boolean => run.now(layer, "updateRatio") > 0;
    // an update of 0 is that of a gradient that has vanished; here there is none
    const still = layers.find((layer) => Number.isNaN(run.now(layer, "updateRatio")) && reached(layer));
    if (still === undefined || !layers.some(moves)) return undefined;
    return found("error", 0, { norm: run.now(still, "gradientNorm") }, still);
  },
};

export const RATE_RULES: readonly Rule[] = [tooHigh, tooLow, decay, adaptive, updates, notTrained];
