import {
  type Diagnosis,
  describe as describeDiagnosis,
  diagnose,
  HEALTHY,
  RULE_IDS,
  RULES,
  type RuleId,
  TEXTS,
  type Verdict,
} from "gradbook/train/diagnose/index";
import {
  type LayerField,
  type LayerInfo,
  layerColumn,
  ROW_LENGTH,
  type RunInfo,
  type StepField,
  sampleLength,
  stepColumn,
} from "gradbook/train/run";
import { describe, expect, test } from "vitest";

const WIDTH = 100;
const HIDDEN = 6;
const SAMPLES = 12;
const LN10 = Math.log(10);

/** A value, or how it depends on where it is measured. */
type Of<A extends unknown[]> = number | ((...at: A) => number);
const at = <A extends unknown[]>(value: Of<A>, ...place: A): number =>
  typeof value === "number" ? value : value(...place);

interface Change {
  info?: Partial<RunInfo>;
  /** Layers 0 to 5 are hidden, 6 gives the logits. */
  layer?: (layer: number) => Partial<LayerInfo>;
  fields?: { [field in LayerField]?: Of<[layer: number, sample: number]> };
  steps?: { [field in StepField]?: Of<[step: number]> };
  /** How many steps there are. */
  count?: number;
}

/** What a healthy run of six ReLU layers under SGD looks like, but for `change`. */
function judged(change: Change = {}): Verdict {
  const count = change.count ?? 200;
  const layers = Array.from({ length: HIDDEN + 1 }, (_, i): LayerInfo => {
    const last = i === HIDDEN;
    const units = last ? 10 : WIDTH;
    return {
      path: String(2 * i),
      label: last ? `Linear(${WIDTH}, 10)` : `Linear(${WIDTH}, ${WIDTH}) → ReLU`,
      kind: last ? "Linear" : "ReLU",
      ...(!last && { activation: { name: "ReLU" } }),
      units,
      fanIn: WIDTH,
      fanOut: units,
      parameters: WIDTH * units + units,
      ...change.layer?.(i),
    };
  });
  const info: RunInfo = {
    id: "run",
    name: "Run",
    startedAt: "2026-01-01T00:00:00Z",
    status: "running",
    device: "cpu",
    layers,
    classes: 10,
    batchSize: 32,
    silentExamples: 256,
    optimizer: { kind: "SGD", learningRate: 0.05 },
    ...change.info,
  };
  const fields: Change["fields"] = {
    mean: 0.4,
    std: 0.6,
    batchStd: 0.5,
    silent: 0.02,
    nans: 0,
    infinities: 0,
    inputMean: 0,
    inputStd: 1.4,
    gradientNorm: 0.1,
    gradientNans: 0,
    gradientInfinities: 0,
    weightMean: 0,
    weightStd: Math.sqrt(2 / WIDTH),
    weightNans: 0,
    weightInfinities: 0,
    weightGradientNorm: 0.1,
    weightGradientNans: 0,
    weightGradientInfinities: 0,
    updateRatio: 1e-3,
    ...change.fields,
  };
  const steps = new Float32Array(count * ROW_LENGTH).fill(Number.NaN);
  const shown: Change["steps"] = {
    step: (step) => step,
    loss: (step) => 0.3 + 2 * 0.97 ** step,
    learningRate: 0.05,
    gradientNorm: 1,
    ...change.steps,
  };
  for (let step = 0; step < count; step++) {
    for (const [field, value] of Object.entries(shown))
      steps[step * ROW_LENGTH + stepColumn(field as StepField)] = at(value, step);
  }
  const width = sampleLength(layers.length);
  const samples = new Float32Array(SAMPLES * width).fill(Number.NaN);
  for (let sample = 0; sample < SAMPLES; sample++) {
    samples[sample * width] = Math.round((sample * (count - 1)) / (SAMPLES - 1));
    layers.forEach((_, layer) => {
      for (const [field, value] of Object.entries(fields))
        samples[sample * width + layerColumn(layer, field as LayerField)] = at(value, layer, sample);
    });
  }
  return diagnose(info, steps, samples);
}

type OfLayer = NonNullable<Change["layer"]>;
const ofActivation = (name: string): OfLayer => {
  return (layer) => (layer < HIDDEN ? { activation: { name }, label: `Linear(100, 100) → ${name}` } : {});
};
const weights = (scale: number): Of<[number, number]> => Math.sqrt(scale / WIDTH);
const normalised =
  (kind: string, more: { momentum?: number; moving?: boolean } = {}): OfLayer =>
  (layer) =>
    layer < HIDDEN ? { normalisation: { kind, ...more } } : {};
const every =
  (interval: number, value: (step: number) => number): Of<[number]> =>
  (step) =>
    step % interval === interval - 1 ? value(step) : Number.NaN;
const stuck = LN10;

/** For each rule, a record on this side of its line and one on the other. */
const CASES: { readonly [rule in RuleId]: { readonly sick: Change; readonly well: Change } } = {
  "nan-input": {
    sick: {
      fields: {
        inputMean: (_, sample) => (sample > 4 ? Number.NaN : 0),
        nans: (_, sample) => (sample > 4 ? 3 : 0),
      },
    },
    // a function of the user's own makes them
    well: { layer: ofActivation("Log"), fields: { nans: (_, sample) => (sample > 4 ? 3 : 0) } },
  },
  nan: {
    sick: { fields: { nans: (layer, sample) => (sample > 4 && layer > 2 ? 3 : 0) } },
    well: { fields: { zeros: 1 } },
  },
  "not-stepped": {
    sick: { info: { modes: { withoutStep: 32 } } },
    well: { info: { modes: {} } },
  },
  "not-trained": {
    sick: { fields: { updateRatio: (layer) => (layer === 2 ? Number.NaN : 1e-3) } },
    well: {
      layer: (layer) => ({ frozen: layer === 2 }),
      fields: { updateRatio: (layer) => (layer === 2 ? Number.NaN : 1e-3) },
    },
  },
  "evaluation-mode-training": {
    sick: { info: { modes: { evaluationSteps: 30, firstEvaluationStep: 10 } } },
    well: { info: { modes: {} } },
  },
  "kept-gradients": {
    sick: { info: { modes: { keptGradients: 8, firstKeptGradients: 1 } } },
    well: { info: { modes: { keptGradients: 1, firstKeptGradients: 1 } } },
  },
  "logit-activation": {
    sick: { layer: (layer) => (layer === HIDDEN ? { activation: { name: "SiLU" } } : {}) },
    // a regression, and features that are as many as something else's classes
    well: {
      layer: (layer) => (layer === HIDDEN ? { activation: { name: "SiLU" }, units: 7 } : {}),
    },
  },
  "input-scale": {
    sick: { fields: { inputStd: (layer) => (layer === 0 ? 164 : 1.4) } },
    well: { fields: { inputStd: (layer) => (layer === 0 ? 0.7 : 1.4) } },
  },
  "symmetric-weights": {
    sick: { fields: { weightStd: 0, weightMean: 0 } },
    // only the output layer starts at zero, as it may
    well: { fields: { weightStd: (layer) => (layer === HIDDEN ? 0 : 0.14) } },
  },
  "selu-conditions": {
    sick: { layer: ofActivation("SELU"), fields: { weightStd: weights(2) } },
    well: {
      layer: ofActivation("SELU"),
      fields: { weightStd: weights(1.05), inputStd: 1 },
    },
  },
  "default-initialisation": {
    sick: { fields: { weightStd: weights(1 / 3) } },
    well: { layer: normalised("BatchNorm1d"), fields: { weightStd: weights(1 / 3) } },
  },
  initialisation: {
    sick: { layer: ofActivation("Tanh"), fields: { weightStd: 1 } },
    well: { layer: ofActivation("Tanh"), fields: { weightStd: weights(1) } },
  },
  "sigmoid-depth": {
    sick: {
      layer: ofActivation("Sigmoid"),
      fields: { weightStd: weights(1), gradientNorm: (layer) => 0.2 ** (HIDDEN - layer) },
    },
    well: {
      layer: (layer) => ({ ...ofActivation("Sigmoid")(layer), ...normalised("BatchNorm1d")(layer) }),
      fields: { weightStd: weights(1), gradientNorm: (layer) => 0.2 ** (HIDDEN - layer) },
    },
  },
  "tiny-batch-norm": {
    sick: { info: { batchSize: 2 }, layer: normalised("BatchNorm1d") },
    well: { info: { batchSize: 2 }, layer: normalised("LayerNorm") },
  },
  "adaptive-rate": {
    sick: {
      info: { optimizer: { kind: "NAdam", learningRate: 0.05 } },
      steps: { loss: (step) => 2 - 0.001 * step },
    },
    well: {
      info: { optimizer: { kind: "NAdam", learningRate: 0.002 } },
      steps: { learningRate: 0.002 },
    },
  },
  "rate-too-high": {
    sick: { steps: { loss: (step) => (step === 0 ? 2.4 : step < 5 ? 40 : 2.5) } },
    // an odd batch from which it recovers
    well: { steps: { loss: (step) => (step === 3 ? 9 : 0.3 + 2 * 0.97 ** step) } },
  },
  "rate-too-low": {
    sick: { fields: { updateRatio: 1e-6 }, steps: { loss: (step) => 2.4 - 1e-5 * step } },
    well: { fields: { updateRatio: 1e-6 } },
  },
  "exploding-signal": {
    sick: { fields: { std: (layer) => 4 ** layer } },
    well: { fields: { std: (layer) => 1.5 ** layer } },
  },
  "vanishing-signal": {
    sick: { fields: { batchStd: (layer) => 7 ** -layer } },
    well: { fields: { batchStd: (layer) => 1.4 ** -layer } },
  },
  "exploding-gradient": {
    sick: { fields: { gradientNorm: (layer) => 8 ** -layer } },
    well: { fields: { gradientNorm: (layer) => 2 ** -layer } },
  },
  "gradient-spike": {
    sick: { steps: { gradientNorm: (step) => (step === 150 ? 4e4 : 2) } },
    well: { steps: { gradientNorm: (step) => (step === 150 ? 90 : 2) } },
  },
  "vanishing-gradient": {
    sick: { fields: { gradientNorm: (layer) => 8 ** layer } },
    well: { fields: { gradientNorm: (layer) => 2 ** layer } },
  },
  saturated: {
    sick: {
      layer: ofActivation("Tanh"),
      fields: { weightStd: weights(1), saturated: (layer) => (layer === 3 ? 0.9 : 0.1) },
    },
    well: {
      layer: ofActivation("Tanh"),
      fields: { weightStd: weights(1), saturated: (_, sample) => 0.05 * sample },
    },
  },
  "silent-units": {
    sick: { fields: { silent: (layer, sample) => (layer === 1 && sample > 5 ? 0.95 : 0.1) } },
    well: { fields: { silent: (layer) => 0.08 * layer } },
  },
  "initial-loss": {
    sick: {
      steps: { loss: (step) => 0.3 + 8 * 0.97 ** step },
      fields: { weightStd: (layer) => (layer === HIDDEN ? 1 : Math.sqrt(2 / WIDTH)) },
    },
    well: { steps: { loss: (step) => 0.3 + 2.8 * 0.97 ** step } },
  },
  "train-mode-evaluation": {
    sick: {
      info: { modes: { trainingEvaluations: 4, firstTrainingEvaluation: 99 } },
      layer: (layer) => (layer === 1 ? { dropout: "Dropout" } : {}),
    },
    // nothing in the model minds
    well: { info: { modes: { trainingEvaluations: 4, firstTrainingEvaluation: 99 } } },
  },
  "norm-momentum": {
    sick: { layer: normalised("BatchNorm1d", { momentum: 0.99, moving: true }) },
    well: {
      layer: normalised("BatchNorm1d", { momentum: 0.1, moving: true }),
      steps: { validationLoss: every(20, (step) => 0.4 + 0.97 ** step) },
    },
  },
  "frozen-statistics": {
    sick: {
      layer: (layer) => ({
        frozen: layer < 3,
        ...normalised("BatchNorm1d", { momentum: 0.1, moving: true })(layer),
      }),
    },
    well: {
      layer: (layer) => ({
        frozen: layer < 3,
        ...normalised("BatchNorm1d", { momentum: 0.1, moving: layer >= 3 })(layer),
      }),
    },
  },
  "update-ratio": {
    sick: { fields: { updateRatio: (layer) => (layer === 4 ? 0.4 : 1e-3) } },
    well: { fields: { updateRatio: 2e-2 } },
  },
  overfitting: {
    sick: { steps: { validationLoss: every(20, (step) => 1 + Math.abs(step - 60) / 100) } },
    well: { steps: { validationLoss: every(20, (step) => 1 + 0.97 ** step) } },
  },
  plateau: {
    sick: { steps: { loss: (step) => stuck + 0.01 * Math.sin(step) } },
    well: { steps: { loss: (step) => (step < 60 ? stuck : 0.7) } },
  },
};

const all = ({ root, others }: Verdict): Diagnosis[] =>
  [...(root === undefined ? [] : [root]), ...others].flatMap((one) => [one, ...one.consequences]);
const ids = (verdict: Verdict): RuleId[] => all(verdict).map(({ rule }) => rule);

describe("a rule on constructed records", () => {
  test.each(RULE_IDS)("%s finds its fault, and nothing where there is none", (rule) => {
    const { sick, well } = CASES[rule];
    expect(ids(judged(sick))).toContain(rule);
    expect(ids(judged(well))).not.toContain(rule);
  });

  test("a healthy record has no findings", () => {
    expect(judged()).toMatchObject({ others: [], healthy: "learning", checks: RULE_IDS.length });
    expect(judged().root).toBeUndefined();
    expect(RULES.map(({ id }) => id).sort()).toEqual([...RULE_IDS].sort());
  });

  test("a loss that drifts down to what guessing gives has learned nothing", () => {
    const drifting = (to: number): Verdict =>
      judged({ steps: { loss: (step) => to + 0.1 * (1 - step / 200) + 0.02 * Math.sin(step) } });
    expect(drifting(stuck).root?.rule).toBe("plateau");
    expect(drifting(0.96 * stuck)).toMatchObject({ healthy: "steady", others: [] });
    expect(drifting(0.9 * stuck)).toMatchObject({ healthy: "learning", others: [] });
  });

  test("a loss that was low and is back at its start shows steps that are too large, and no plateau", () => {
    const lost = judged({ steps: { loss: (step) => (step < 100 ? 0.8 + 1.5 * 0.95 ** step : 2.6) } });
    expect(lost.root).toMatchObject({ rule: "rate-too-high", step: 100 });
    expect(ids(lost)).not.toContain("plateau");
  });

  test("an empty record waits, and one without layers, losses or statistics is no fault", () => {
    const none = new Float32Array(0);
    const info = { ...({} as RunInfo), layers: [] };
    expect(diagnose(info, none, none)).toMatchObject({ healthy: "waiting", others: [] });
    const steps = new Float32Array(50 * ROW_LENGTH).fill(Number.NaN);
    for (let i = 0; i < 50; i++) steps[i * ROW_LENGTH] = i;
    expect(diagnose(info, steps, none)).toMatchObject({ healthy: "started", others: [] });
  });
});

describe("causes", () => {
  const folded = (change: Change): [root: string | undefined, consequences: string[]] => {
    const { root } = judged(change);
    return [root?.rule, root?.consequences.map(({ rule }) => rule).sort() ?? []];
  };

  test("the default in a deep net explains what vanishes, and the plateau", () => {
    const change: Change = {
      fields: {
        weightStd: weights(1 / 3),
        batchStd: (layer) => 7 ** -layer,
        gradientNorm: (layer) => 8 ** layer,
        updateRatio: 1e-6,
      },
      steps: { loss: stuck },
    };
    expect(folded(change)).toEqual([
      "default-initialisation",
      ["plateau", "rate-too-low", "update-ratio", "vanishing-gradient", "vanishing-signal"],
    ]);
  });

  test("too high a rate explains what breaks after the first step, and not what was broken before", () => {
    const jump: NonNullable<Change["steps"]> = { loss: (step) => (step === 0 ? 2.4 : 60) };
    const later: Change = {
      steps: jump,
      fields: {
        silent: (_, sample) => (sample > 0 ? 1 : 0),
        nans: (layer, sample) => (sample > 5 && layer > 3 ? 1 : 0),
      },
    };
    expect(folded(later)).toEqual(["rate-too-high", ["nan", "plateau", "silent-units"]]);
    const before: Change = { steps: jump, fields: { weightStd: 2, std: (layer) => 14 ** layer } };
    expect(folded(before)[0]).toBe("initialisation");
  });

  test("where all layers start too small together, one is named that is as much too small as the rest", () => {
    const { root } = judged({
      fields: { weightStd: (layer) => Math.sqrt((layer === 0 ? 1.9 : 0.2) / WIDTH) },
    });
    expect(root!.rule).toBe("initialisation");
    expect(root!.layer).toBe(1);
    expect(root!.values.times).toBeCloseTo(Math.sqrt(2 / 0.2), 5);
  });

  test("an adaptive optimizer at a rate for SGD is named, not its effects", () => {
    const change: Change = {
      info: { optimizer: { kind: "Adam", learningRate: 0.1 } },
      steps: { learningRate: 0.1, loss: (step) => (step === 0 ? 2.4 : 20) },
      fields: { silent: (_, sample) => (sample > 0 ? 0.97 : 0) },
    };
    expect(folded(change)).toEqual(["adaptive-rate", ["plateau", "rate-too-high", "silent-units"]]);
  });

  test("independent faults stand beside the root, and notes never are it", () => {
    const two = judged({
      info: { modes: { trainingEvaluations: 3, firstTrainingEvaluation: 20 }, batchSize: 2 },
      layer: normalised("BatchNorm1d", { momentum: 0.1 }),
    });
    expect(two.root?.rule).toBe("tiny-batch-norm");
    expect(two.others.map(({ rule }) => rule)).toEqual(["train-mode-evaluation"]);
    const note = judged(CASES["update-ratio"].sick);
    expect(note).toMatchObject({ healthy: "learning", others: [{ rule: "update-ratio", severity: "note" }] });
  });
});

describe("the words", () => {
  const layers = (change: Change): LayerInfo[] =>
    Array.from({ length: HIDDEN + 1 }, (_, i) => ({
      path: "",
      label: "Linear",
      kind: "",
      ...change.layer?.(i),
    }));

  test.each(RULE_IDS)("%s: every placeholder is filled, and a hint gives no evidence away", (rule) => {
    const found = all(judged(CASES[rule].sick)).find((one) => one.rule === rule)!;
    const answer = describeDiagnosis(found, "answer", layers(CASES[rule].sick))!;
    for (const text of [answer.sentence, answer.cause!, answer.evidence!, answer.advice!]) {
      expect(text).not.toMatch(/[{}]|undefined|NaN%/);
      expect(text).toMatch(/^[A-Z0-9].*[.?]$/);
    }
    const hint = describeDiagnosis(found, "hint", layers(CASES[rule].sick))!;
    expect(Object.keys(hint).sort()).toEqual(["consequences", "hint", "sentence"]);
    expect(hint.hint).toMatch(/\?$/);
    const told = (text: string): string[] => [...text.matchAll(/\{(\w+)/g)].map(([, name]) => name!);
    expect(
      told(TEXTS[rule].symptom + TEXTS[rule].hint).filter((name) => !/^(layer|step)$/.test(name)),
    ).toEqual([]);
    expect(describeDiagnosis(found, "off")).toBeUndefined();
  });

  test("numbers are short, shares are percentages, layers have names", () => {
    const { root } = judged(CASES["silent-units"].sick);
    const { sentence } = describeDiagnosis(root!, "answer", layers({}))!;
    expect(sentence).toBe("95% of the units of layer 2 (Linear) are silent.");
    expect(HEALTHY.learning).toContain("{loss}");
  });

  test("a verdict survives JSON", () => {
    for (const rule of RULE_IDS) {
      const verdict = judged(CASES[rule].sick);
      expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict);
    }
  });
});
