// Diagnoses in English sentences, at the level a reader wants.

import type { DiagnosisLevel, LayerInfo, RunInfo } from "../run.js";
import type { Diagnosis, Verdict } from "./diagnosis.js";
import { HEALTHY, TEXTS } from "./texts.js";

/** One diagnosis in words. At level "hint" only `sentence` and `hint` are there, and no number that would answer it. */
export interface Description {
  readonly sentence: string;
  readonly hint?: string;
  readonly cause?: string;
  readonly evidence?: string;
  readonly advice?: string;
  /** One sentence each. */
  readonly consequences: readonly string[];
}

/** 4800000 -> "4,800,000". */
const grouped = (value: number): string => value.toLocaleString("en-US", { maximumFractionDigits: 20 });

/** A number to three digits, a text as it is. */
function shown(value: number | string, format: string | undefined): string {
  if (typeof value === "string") return value;
  if (format === "percent") return `${Math.round(value * 100)}%`;
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e9) return grouped(value);
  return size >= 1e-3 && size < 1e5 ? grouped(Number(value.toPrecision(3))) : value.toExponential(1);
}

/** Fills the placeholders `{name}` and `{name:percent}` of a template; unknown ones stay, so that a test sees them. */
export function filled(template: string, values: Readonly<Record<string, number | string>>): string {
  return template.replace(/\{(\w+)(?::(\w+))?\}/g, (whole, name: string, format?: string) => {
    const value = values[name];
    return value === undefined ? whole : shown(value, format);
  });
}

/** "layer 3 (Linear(100, 100) → ReLU)"; "the loss" where no layer is meant. */
function place(layer: number | undefined, layers: readonly LayerInfo[]): string {
  if (layer === undefined) return "the network";
  const label = layers[layer]?.label;
  return label === undefined ? `layer ${layer + 1}` : `layer ${layer + 1} (${label})`;
}

/** A diagnosis in words; undefined at level "off". `layers`: the run's, to name them.
 *
 * ```ts
 * const verdict = diagnose(info, steps, samples);
 * describe(verdict.root!, "hint", info.layers)!.hint
 * ``` */
export function describe(
  diagnosis: Diagnosis,
  level: DiagnosisLevel,
  layers: readonly LayerInfo[] = [],
): Description | undefined {
  if (level === "off") return undefined;
  const texts = TEXTS[diagnosis.rule];
  const words = (template: string): string => capital(filled(template, valuesOf(diagnosis, layers)));
  if (level === "hint") return { sentence: words(texts.symptom), hint: words(texts.hint), consequences: [] };
  return {
    sentence: words(texts.sentence),
    cause: words(texts.cause),
    evidence: words(texts.evidence),
    advice: words(texts.advice),
    consequences: diagnosis.consequences.map((one) =>
      capital(filled(TEXTS[one.rule].sentence, valuesOf(one, layers))),
    ),
  };
}

/** What to fill into a diagnosis's texts: its values, where it is and when. */
export function valuesOf(
  diagnosis: Diagnosis,
  layers: readonly LayerInfo[],
): Record<string, number | string> {
  return { ...diagnosis.values, step: diagnosis.step, layer: place(diagnosis.layer, layers) };
}

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** A verdict in one sentence; empty at level "off". */
export function verdictSentence(verdict: Verdict, level: DiagnosisLevel, info: RunInfo): string {
  if (level === "off") return "";
  if (verdict.root !== undefined) return describe(verdict.root, level, info.layers)!.sentence;
  return verdict.healthy === undefined ? "" : filled(HEALTHY[verdict.healthy], verdict.values ?? {});
}
