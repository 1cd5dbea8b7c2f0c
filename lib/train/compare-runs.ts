// Two runs compared in words: what differs in what is recorded of them. Pure, also for the browser.

import type { Change } from "./control.js";
import type { RunInfo } from "./run.js";

type Value = string | number | undefined;

const kinds = ({ layers }: RunInfo, of: (layer: RunInfo["layers"][number]) => string | undefined): string =>
  [...new Set(layers.flatMap((layer) => of(layer) ?? []))].join(", ") || "none";

/** Scales that have a name: He's, LeCun's (and Glorot's between layers of one width), PyTorch's default. */
const USUAL_SCALES = { "2": 2, "1": 1, "1/3": 1 / 3 };
/** What small layers drawn from one distribution differ by. */
const SCATTER = 0.1;

/** The scale of the weights that a run began with, n times their variance, to what can be told of a sample: "2", "1/3", "0.0025". */
export function firstWeights({ weightScale }: RunInfo): string | undefined {
  if (weightScale === undefined) return undefined;
  const usual = Object.entries(USUAL_SCALES).find(([, scale]) => Math.abs(weightScale / scale - 1) < SCATTER);
  return usual?.[0] ?? String(Number(weightScale.toPrecision(2)));
}

/** What is said of a run, in the order in which it is told. */
const FACTS: readonly (readonly [name: string, value: (info: RunInfo) => Value])[] = [
  ["the layers", ({ layers }) => layers.map(({ label }) => label).join("; ")],
  ["the activation", (info) => kinds(info, ({ activation }) => activation?.name)],
  ["the normalisation", (info) => kinds(info, ({ normalisation }) => normalisation?.kind)],
  ["the scale of the first weights (n · Var)", firstWeights],
  ["the number of parameters", ({ parameters }) => parameters],
  ["the optimizer", ({ optimizer }) => optimizer?.kind],
  ["the learning rate", ({ optimizer }) => optimizer?.learningRate],
  ["the momentum", ({ optimizer }) => optimizer?.momentum],
  ["the weight decay", ({ optimizer }) => optimizer?.weightDecay],
  ["the batch size", ({ batchSize }) => batchSize],
  ["the seed", ({ seed }) => seed],
  ["the data set", ({ dataset }) => dataset],
  ["the data", ({ provenance }) => provenance?.datasetHash],
  ["the device", ({ device }) => device],
  ["gradbook's version", ({ provenance }) => provenance?.versions.gradbook],
  ["Node's version", ({ provenance }) => provenance?.versions.node],
];

/** How two runs differ, as sentences; the last one says what is the same. The order of layers and settings comes first, then what
 *  was changed on the way, then the lines of their cells.
 *
 *  @example
 *  const [a, b] = [0.1, 0.01].map((lr) => {
 *    const net = nn.Linear(4, 3);
 *    const watcher = watch(net, { name: `lr ${lr}` });
 *    new optim.SGD(net.parameters(), { lr }).step(lossFn(net(x), labels));
 *    watcher.finish();
 *    return watcher.info;
 *  });
 *  gb.train.compareRuns(a!, b!)[0] // "The learning rate is 0.1 in lr 0.1, 0.01 in lr 0.01." */
export function compareRuns(a: RunInfo, b: RunInfo): string[] {
  const sentences: string[] = [];
  const same: string[] = [];
  const names = a.name === b.name ? ["the first", "the second"] : [a.name, b.name];
  for (const [name, value] of FACTS) {
    const [left, right] = [value(a), value(b)];
    if (left === undefined && right === undefined) continue;
    if (left === right) same.push(name);
    else sentences.push(sentence(`${name} is ${told(left)} in ${names[0]}, ${told(right)} in ${names[1]}`));
  }
  for (const [i, info] of [a, b].entries()) {
    for (const change of info.changes ?? []) sentences.push(sentence(`in ${names[i]}, ${changed(change)}`));
    const { forkedFrom } = info;
    const other = i === 0 ? b : a;
    if (forkedFrom?.run === other.id) {
      sentences.push(sentence(`${names[i]} goes on from step ${forkedFrom.step} of ${names[1 - i]}`));
    }
  }
  const [onlyA, onlyB] = linesOnlyIn(a, b);
  if (onlyA.length > 0) sentences.push(`Only in the code of ${names[0]}: ${onlyA.join(" ⏎ ")}`);
  if (onlyB.length > 0) sentences.push(`Only in the code of ${names[1]}: ${onlyB.join(" ⏎ ")}`);
  if (sentences.length === 0) return ["Nothing that is recorded of the two runs differs."];
  return same.length === 0 ? sentences : [...sentences, sentence(`the same: ${same.map(bare).join(", ")}`)];
}

/** The lines of code that only one of two runs has in the cells that trained it, without indentation. */
export function linesOnlyIn(a: RunInfo, b: RunInfo): readonly [a: string[], b: string[]] {
  const [left, right] = [a, b].map(({ provenance }) =>
    (provenance?.cells ?? []).flatMap(({ code }) => code.split("\n").map((line) => line.trim())),
  ) as [string[], string[]];
  const missing = (lines: string[], others: string[]): string[] => {
    const known = new Set(others);
    return [...new Set(lines)].filter((line) => line !== "" && !known.has(line));
  };
  return [missing(left, right), missing(right, left)];
}

const KINDS: { readonly [K in Change["kind"]]: string } = {
  learningRate: "the learning rate",
  momentum: "the momentum",
  weightDecay: "the weight decay",
};
const BY: { readonly [B in Change["by"]]: string } = {
  hand: "by hand",
  schedule: "by a schedule",
  code: "by the program",
};

function changed({ step, kind, from, to, by }: Change): string {
  return `${KINDS[kind]} was changed ${BY[by]} from ${told(from)} to ${told(to)} at step ${step}`;
}

const told = (value: Value): string =>
  typeof value === "number" ? String(Number(value.toPrecision(6))) : (value ?? "not known");
const bare = (name: string): string => name.replace(/^the /, "");
const sentence = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1)}.`;
