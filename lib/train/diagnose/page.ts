// A page of Markdown on the diagnoses: for each rule what it says, why, where to see it and what to do.

import { BACKGROUND } from "./background.js";
import { capital, filled } from "./describe.js";
import { RULE_IDS, type RuleId } from "./diagnosis.js";
import { TEXTS } from "./texts.js";

/** What opens the parts of a section. */
export const LEADS = {
  cause: "Why.",
  evidence: "What it is concluded from.",
  hint: "Where to see it.",
  advice: "What to do.",
  source: "Sources.",
} as const;

/** One rule's section. `words`: translates texts and templates. */
export function ruleSection(rule: RuleId, words: (text: string) => string = (text) => text): string {
  const { title, source, example } = BACKGROUND[rule];
  const texts = TEXTS[rule];
  const said = (template: string): string => capital(filled(words(template), example));
  const part = (lead: keyof typeof LEADS, text: string): string => `**${words(LEADS[lead])}** ${text}`;
  return [
    `## ${words(title)}`,
    `> ${said(texts.sentence)}`,
    ...(["cause", "evidence", "hint", "advice"] as const).map((lead) => part(lead, said(texts[lead]))),
    part("source", source),
  ].join("\n\n");
}

/** The whole page. */
export function diagnosesPage(): string {
  return [
    "# The diagnoses",
    "What the monitor says below its screens, for each rule: an example of its words, the reason, and what to do. Of several findings the\nmonitor names the one that explains the others; the order here is the order in which causes are named. “Chapter” is “Training Deep Neural\nNetworks” in Géron's “Hands-On Machine Learning”.",
    ...RULE_IDS.map((rule) => ruleSection(rule)),
  ]
    .join("\n\n")
    .concat("\n");
}
