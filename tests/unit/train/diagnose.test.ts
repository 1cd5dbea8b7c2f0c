// The rules of the diagnoses on constructed runs, what is folded under what, and the words.

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
  WORDS,
} from "gradbook/train/diagnose/index";
import { type LayerInfo, ROW_LENGTH, type RunInfo } from "gradbook/train/run";
import { describe, expect, test } from "vitest";
import { type Change, HIDDEN, judged, normalised, stuck, WIDTH, weights } from "./constructed-runs.js";
import { CASES } from "./rule-cases.js";

const all = ({ root, others }: Verdict): Diagnosis[] =>
  [...(root === undefined ? [] : [root]), ...others].flatMap((one) => [one, ...one.consequences]);
const ids = (verdict: Verdict): RuleId[] => all(verdict).map(({ rule }) => rule);

describe("a rule on constructed records", () => {
  test.each(RULE_IDS)("%s finds its fault, and nothing where there is none", (rule) => {
    const { sick, well } = CASES[rule];
    expect(ids(judged(sick))).toContain(rule);
    expect(ids(judged(well))).not.toContain(rule);
  });

  test("tells of numbers, of names, and of words that can be translated", () => {
    const words = Object.values(CASES).flatMap(({ sick }) =>
      all(judged(sick)).flatMap(({ values }) =>
        Object.values(values).filter((one) => typeof one === "string"),
      ),
    );
    expect(words.length).toBeGreaterThan(5);
    // classes and their functions: "SELU", "leaky_relu"
    const isName = (word: string): boolean => /^[A-Z]|^(relu|elu|selu|tanh|sigmoid|silu|gelu)$/.test(word);
    expect(words.filter((word) => !isName(word) && !(WORDS as readonly string[]).includes(word))).toEqual([]);
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

  test("a loss below 0 is not judged by its size: a negated one falls, and its rate is not said to be too high", () => {
    const { root, others } = judged({ steps: { loss: (step) => -2.4 - step } });
    expect([root, ...others].map((one) => one?.rule)).not.toContain("rate-too-high");
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
