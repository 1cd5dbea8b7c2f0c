// Which fault explains which: of all that is found, one root is named, and what follows from it is folded under it.

import { type Diagnosis, type Finding, RULE_IDS, type RuleId, type Severity } from "./diagnosis.js";
import { sectionOf } from "./sections.js";

/** What follows from a forward pass whose scale is wrong. */
const SCALE: readonly RuleId[] = [
  "exploding-signal",
  "vanishing-signal",
  "exploding-gradient",
  "gradient-spike",
  "vanishing-gradient",
  "saturated",
  "silent-units",
  "initial-loss",
  "rate-too-high",
  "rate-too-low",
  "nan",
];

/** What NaN looks like to rules that compare: nothing positive, nothing that falls. */
const BROKEN: readonly RuleId[] = ["silent-units", "saturated", "rate-too-low", "plateau"];

/** What steps that are too large lead to. */
const TOO_LARGE_STEPS: readonly RuleId[] = [
  "nan",
  "rate-too-low",
  "update-ratio",
  "exploding-signal",
  "exploding-gradient",
  "gradient-spike",
  "vanishing-signal",
  "vanishing-gradient",
  "saturated",
  "silent-units",
  "plateau",
  "overfitting",
];

/** Direct consequences; theirs are consequences, too. A cause may name an effect and the effect the cause, where either comes
 *  first: what is found at an earlier step is then the cause. */
const EXPLAINS: { readonly [cause in RuleId]?: readonly RuleId[] } = {
  "nan-input": [...BROKEN, "nan"],
  "not-stepped": ["plateau", "rate-too-low"],
  "not-trained": ["plateau", "rate-too-low", "overfitting", "initial-loss"],
  "evaluation-mode-training": ["rate-too-high", "plateau", "norm-momentum", "train-mode-evaluation"],
  "kept-gradients": ["rate-too-high", ...TOO_LARGE_STEPS],
  "logit-activation": [
    "plateau",
    "rate-too-low",
    "silent-units",
    "vanishing-gradient",
    "saturated",
    "initial-loss",
  ],
  "input-scale": [...SCALE, "initialisation", "selu-conditions", "adaptive-rate"],
  "symmetric-weights": [
    ...SCALE,
    "initialisation",
    "default-initialisation",
    "selu-conditions",
    "sigmoid-depth",
    "plateau",
  ],
  "selu-conditions": [...SCALE, "initialisation", "default-initialisation", "plateau", "overfitting"],
  "default-initialisation": [...SCALE, "sigmoid-depth", "plateau"],
  initialisation: [...SCALE, "sigmoid-depth", "plateau"],
  "sigmoid-depth": ["vanishing-signal", "vanishing-gradient", "rate-too-low", "plateau"],
  "tiny-batch-norm": ["plateau", "norm-momentum", "exploding-gradient", "rate-too-high"],
  "weight-decay": ["rate-too-high", "rate-too-low", ...TOO_LARGE_STEPS],
  "adaptive-rate": [
    "rate-too-high",
    "update-ratio",
    "gradient-spike",
    "saturated",
    "silent-units",
    "vanishing-gradient",
    "exploding-gradient",
    "plateau",
  ],
  "rate-too-high": TOO_LARGE_STEPS,
  "rate-too-low": ["plateau", "norm-momentum", "update-ratio"],
  "exploding-signal": [
    "exploding-gradient",
    "gradient-spike",
    "initial-loss",
    "rate-too-high",
    "saturated",
    "nan",
  ],
  "vanishing-signal": ["vanishing-gradient", "rate-too-low", "plateau"],
  "exploding-gradient": ["gradient-spike", "rate-too-high", "saturated", "silent-units", "nan"],
  "gradient-spike": ["nan", "silent-units", "saturated"],
  "vanishing-gradient": ["rate-too-low", "plateau", "update-ratio"],
  saturated: ["vanishing-gradient", "vanishing-signal", "rate-too-low", "plateau"],
  "silent-units": ["vanishing-signal", "vanishing-gradient", "rate-too-low", "plateau"],
  "initial-loss": ["exploding-gradient"],
  nan: BROKEN,
  "train-mode-evaluation": ["overfitting"],
  "norm-momentum": ["overfitting", "tiny-batch-norm"],
};

/** Settings: they are causes whenever their effects are measured. */
const SETTINGS: ReadonlySet<RuleId> = new Set(RULE_IDS.slice(0, RULE_IDS.indexOf("rate-too-high")));

const explains = (cause: Named, effect: Named): boolean =>
  EXPLAINS[cause.rule]?.includes(effect.rule) === true &&
  (SETTINGS.has(cause.rule) ||
    cause.step <= effect.step ||
    EXPLAINS[effect.rule]?.includes(cause.rule) !== true);

export type Named = Finding & { readonly rule: RuleId };

const GRAVITY: { readonly [severity in Severity]: number } = { error: 0, warning: 1, note: 2 };
const rank = (rule: RuleId): number => RULE_IDS.indexOf(rule);

/** The findings as trees of one level: causes, each with all that follows from it, the one to name first at the front.
 *  A note explains nothing but notes: what is harmless is not the cause of harm. */
export function byCause(findings: readonly Named[]): Diagnosis[] {
  const waiting = [...findings].sort(
    (a, b) => GRAVITY[a.severity] - GRAVITY[b.severity] || rank(a.rule) - rank(b.rule),
  );
  const follows = (effect: Named): boolean =>
    waiting.some((cause) => cause !== effect && isCause(cause, effect));
  const trees: Diagnosis[] = [];
  while (waiting.length > 0) {
    // in a circle of causes the gravest comes first
    const root = waiting.find((finding) => !follows(finding)) ?? waiting[0]!;
    waiting.splice(waiting.indexOf(root), 1);
    trees.push(diagnosis(root, taken(root, waiting)));
  }
  return trees.sort((a, b) => GRAVITY[a.severity] - GRAVITY[b.severity]);
}

const isCause = (cause: Named, effect: Named): boolean =>
  explains(cause, effect) && !(cause.severity === "note" && effect.severity !== "note");

/** Takes everything that follows from `root`, directly or not, out of `waiting`. */
function taken(root: Named, waiting: Named[]): Named[] {
  const effects: Named[] = [];
  const causes = [root];
  for (let cause = causes.pop(); cause !== undefined; cause = causes.pop()) {
    for (const effect of waiting.filter((finding) => isCause(cause!, finding))) {
      waiting.splice(waiting.indexOf(effect), 1);
      effects.push(effect);
      causes.push(effect);
    }
  }
  return effects.sort((a, b) => a.step - b.step || rank(a.rule) - rank(b.rule));
}

function diagnosis(finding: Named, effects: readonly Named[]): Diagnosis {
  const section = sectionOf(finding.rule);
  return {
    ...finding,
    consequences: effects.map((effect) => diagnosis(effect, [])),
    ...(section !== undefined && { section }),
  };
}
