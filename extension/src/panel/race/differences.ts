// What two or more runs have in common and what they do not, from what is known of them: a table of the differences, and one
// line of the rest.

import type { TranslationBundle } from "@jupyterlab/translation";
import { firstWeights, linesOnlyIn } from "gradbook/train/compare-runs";
import type { RunInfo } from "gradbook/train/run";
import { deviceName, formatCount } from "../../charts/format.js";
import { element } from "../dom.js";
import { laneDash } from "./lane.js";

/** Lines of code shown of a run; the rest is in the tooltip. */
const CODE_LINES = 4;

/** So many runs stand side by side; more of them below one another, a line of code each. */
const MOST_COLUMNS = 4;

export interface Fact {
  readonly name: string;
  /** One a run, in their order. */
  readonly values: readonly string[];
}

/** What can be told of runs from their records, the telling things first; facts that no run has are left out. */
export function factsOf(infos: readonly RunInfo[], trans: TranslationBundle): Fact[] {
  const rows: readonly (readonly [name: string, value: (info: RunInfo) => string | number | undefined])[] = [
    [trans.__("Activation"), (info) => names(info, ({ activation }) => activation?.name)],
    [trans.__("Normalisation"), (info) => counted(info, trans)],
    [
      trans.__("Weights at the start"),
      (info) => {
        const scale = firstWeights(info);
        return scale && trans.__("n · Var = %1", scale);
      },
    ],
    [trans.__("Layers"), (info) => info.layers.length],
    [trans.__("Parameters"), (info) => info.parameters && formatCount(info.parameters)],
    [trans.__("Optimizer"), (info) => info.optimizer?.kind],
    [trans.__("Learning rate"), (info) => info.optimizer?.learningRate],
    [trans.__("Momentum"), (info) => info.optimizer?.momentum],
    [trans.__("Weight decay"), (info) => info.optimizer?.weightDecay],
    [trans.__("Batch size"), (info) => info.batchSize],
    // of several seeds the first one's would be told
    [trans.__("Seed"), ({ seed, race }) => (race?.repeat === undefined ? seed : undefined)],
    [trans.__("Data"), (info) => info.dataset],
    [trans.__("Device"), (info) => deviceName(info.device)],
  ];
  return rows.flatMap(([name, value]) => {
    const values = infos.map((info) => value(info));
    if (values.every((one) => one === undefined)) return [];
    return [{ name, values: values.map((one) => (one === undefined ? "–" : String(one))) }];
  });
}

export function differs({ values }: Fact): boolean {
  return values.some((value) => value !== values[0]);
}

/** The table of what differs, with one line about what does not. */
export function differencesTable(
  infos: readonly RunInfo[],
  entries: readonly string[],
  trans: TranslationBundle,
): HTMLElement {
  const facts = factsOf(infos, trans);
  const different = facts.filter(differs);
  const same = facts.filter((fact) => !differs(fact));
  const many = infos.length > MOST_COLUMNS;
  const names = entries.map((name, lane) => element("th", "", laneDash(lane), name));
  const rows: HTMLTableCellElement[][] = [[element("td", ""), ...names]];
  for (const { name, values } of different) {
    rows.push([element("th", "gb-Quiet", name), ...values.map((value) => element("td", "", value))]);
  }
  const code = codeCells(infos, many ? 1 : CODE_LINES);
  if (code) rows.push([element("th", "gb-Quiet", trans.__("Only in its code")), ...code]);
  const table = tableOf(many ? transposed(rows) : rows);
  const rest = same.map(({ name, values }) => `${name} ${values[0]}`).join(" · ");
  const folded = element(
    "details",
    "gb-Differences-same",
    element("summary", "", trans.__("The same: %1 settings", same.length)),
    rest,
  );
  const none = element("p", "gb-Quiet", trans.__("Nothing that is recorded of them differs."));
  return element(
    "div",
    "",
    different.length > 0 || code ? table : none,
    ...(same.length > 0 ? [folded] : []),
  );
}

/** A table whose first row and first column are heads. */
function tableOf(rows: readonly (readonly HTMLTableCellElement[])[]): HTMLElement {
  for (const [i, cells] of rows.entries())
    for (const cell of cells) if (cell.tagName === "TH") cell.scope = i === 0 ? "col" : "row";
  return element("table", "gb-Differences-table", ...rows.map((cells) => element("tr", "", ...cells)));
}

function transposed<T>(rows: readonly (readonly T[])[]): T[][] {
  return rows[0]!.map((_, i) => rows.map((row) => row[i]!));
}

/** For each run the first lines of its cells that the first one's do not have, so many at most; for the first, those that the
 *  second's do not. */
function codeCells(infos: readonly RunInfo[], most: number): HTMLTableCellElement[] | undefined {
  const lines = infos.map((info, lane) => linesOnlyIn(info, infos[lane === 0 ? 1 : 0]!)[0]);
  if (lines.every((own) => own.length === 0)) return undefined;
  return lines.map((own) => {
    const cell = element("td", "gb-Differences-code", own.slice(0, most).join("\n"));
    cell.title = own.join("\n");
    return cell;
  });
}

function names(info: RunInfo, value: (layer: RunInfo["layers"][number]) => string | undefined): string {
  return [...new Set(info.layers.flatMap((layer) => value(layer) ?? []))].join(", ") || "–";
}

function counted({ layers }: RunInfo, trans: TranslationBundle): string {
  const kinds = layers.flatMap(({ normalisation }) => normalisation?.kind ?? []);
  const each = [...new Set(kinds)].map((kind) => `${kind} × ${kinds.filter((one) => one === kind).length}`);
  return each.join(", ") || trans.__("none");
}
