// What becomes of the signal on its way forward through the layers, and of the gradient on its way back.

import { activationName } from "../activations.js";
import type { Finding } from "../diagnosis.js";
import {
  DEEP,
  GRADIENT_EXPLODED,
  GRADIENT_LARGE,
  GRADIENT_SPIKE,
  GRADIENT_VANISHED,
  SIGMOID_DEPTH,
  SIGMOID_GRADIENT,
  SIGNAL_EXPLODED,
  SIGNAL_VANISHED,
} from "../thresholds.js";
import { median, type RunView } from "../view.js";
import { found, type Rule } from "./rule.js";

/** What comes out at the end over what goes in, and the factor of one layer; undefined where one of them was not measured. */
interface Passage {
  readonly step: number;
  readonly ratio: number;
  readonly factor: number;
  readonly layers: number;
}

function passage(
  run: RunView,
  sample: number,
  field: "batchStd" | "std" | "gradientNorm",
): Passage | undefined {
  const measured = run.hidden.filter((layer) => run.layer(sample, layer, field) >= 0);
  const [first, last] = [measured[0], measured.at(-1)];
  if (first === undefined || last === undefined || measured.length < DEEP) return undefined;
  const [input, output] =
    field === "gradientNorm"
      ? [run.layer(sample, last, field), run.layer(sample, first, field)]
      : [run.layer(sample, first, field), run.layer(sample, last, field)];
  if (!(input > 0) || !Number.isFinite(input)) return undefined;
  const ratio = output / input;
  return {
    step: run.sampleStep(sample),
    ratio,
    factor: ratio ** (1 / (measured.length - 1)),
    layers: measured.length,
  };
}

/** The first and the last sample: faults of the start and of the training. Of a long run the middle adds nothing. */
function passages(run: RunView, field: "batchStd" | "std" | "gradientNorm"): Passage[] {
  const ends = run.samples > 1 ? [0, run.samples - 1] : run.samples === 1 ? [0] : [];
  return ends.flatMap((sample) => passage(run, sample, field) ?? []);
}

const vanishingSignal: Rule = {
  id: "vanishing-signal",
  check(run) {
    const worst = passages(run, "batchStd").find(({ ratio }) => ratio < SIGNAL_VANISHED);
    if (worst === undefined) return undefined;
    const severity = worst.ratio < SIGNAL_VANISHED ** 2 ? "error" : "warning";
    const { ratio, factor, layers } = worst;
    return found(severity, worst.step, { ratio, factor: 1 / factor, layers, threshold: SIGNAL_VANISHED });
  },
};

const explodingSignal: Rule = {
  id: "exploding-signal",
  check(run) {
    const worst = passages(run, "std").find(({ ratio }) => ratio > SIGNAL_EXPLODED);
    if (worst === undefined) return undefined;
    const severity = worst.ratio > SIGNAL_EXPLODED ** 2 ? "error" : "warning";
    const { ratio, factor, layers } = worst;
    return found(severity, worst.step, { ratio, factor, layers, threshold: SIGNAL_EXPLODED });
  },
};

const vanishingGradient: Rule = {
  id: "vanishing-gradient",
  check(run) {
    const worst = passages(run, "gradientNorm").find(({ ratio }) => ratio < GRADIENT_VANISHED);
    if (worst === undefined) return undefined;
    const severity = worst.ratio < GRADIENT_VANISHED ** 2 ? "error" : "warning";
    const { ratio, factor, layers } = worst;
    return found(severity, worst.step, { ratio, factor: 1 / factor, layers, threshold: GRADIENT_VANISHED });
  },
};

const explodingGradient: Rule = {
  id: "exploding-gradient",
  check(run) {
    const worst = passages(run, "gradientNorm").find(({ ratio }) => ratio > GRADIENT_EXPLODED);
    if (worst === undefined) return undefined;
    const { ratio, factor, layers } = worst;
    return found("warning", worst.step, { ratio, factor, layers, threshold: GRADIENT_EXPLODED });
  },
};

/** The first step whose gradient is far above what is usual. */
export function spike(run: RunView): Finding | undefined {
  const { steps, values } = run.series("gradientNorm");
  const usual = median(values.slice(0, Math.max(3, values.length >> 1)));
  const threshold = Math.max(GRADIENT_LARGE, GRADIENT_SPIKE * usual);
  const at = values.findIndex((value) => value > threshold);
  return at < 0 ? undefined : found("warning", steps[at]!, { norm: values[at]!, usual, threshold });
}

const gradientSpike: Rule = { id: "gradient-spike", check: spike };

/** Several sigmoids in a row with nothing between them that restores the scale: each passes on at most a quarter. */
const sigmoidDepth: Rule = {
  id: "sigmoid-depth",
  check(run) {
    const layers = run.hidden.filter((layer) => {
      const info = run.info.layers[layer]!;
      return /^(hard)?sigmoid$/.test(activationName(info)) && info.normalisation === undefined;
    });
    if (layers.length < SIGMOID_DEPTH || run.samples === 0) return undefined;
    const share = run.layer(0, layers[0]!, "gradientNorm") / run.layer(0, layers.at(-1)!, "gradientNorm");
    if (!(share < SIGMOID_GRADIENT)) return undefined;
    const factor = share ** (-1 / (layers.length - 1));
    return found("warning", run.sampleStep(0), { count: layers.length, share, factor }, layers[0]);
  },
};

export const SIGNAL_RULES: readonly Rule[] = [
  vanishingSignal,
  explodingSignal,
  vanishingGradient,
  explodingGradient,
  gradientSpike,
  sigmoidDepth,
];
