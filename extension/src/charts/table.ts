// A chart as a table, for who reads or hears better than he sees: its named lines at a few places of the axis.

import type * as Plotly from "plotly.js";
import type { Figure } from "./chart.js";
import { formatTick, formatValue } from "./format.js";

/** Rows at most: a table that long is still read. */
const ROWS = 24;

interface Series {
  readonly name: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
}

export function tableOf({ data, layout }: Figure): HTMLTableElement {
  const series = data.flatMap(named);
  const places = [...new Set(series.flatMap(({ x }) => x))].sort((a, b) => a - b);
  const shown = places.length <= ROWS ? places : evenly(places);
  const title = layout.xaxis?.title;
  const table = document.createElement("table");
  table.className = "gb-ChartTable";
  const head = ["", ...series.map(({ name }) => name)];
  head[0] = (typeof title === "string" ? title : title?.text) ?? "";
  table.createTHead().append(line("th", "col", head));
  const body = table.createTBody();
  for (const place of shown) {
    const values = series.map((one) => formatValue(valueAt(one, place)));
    const row = line("td", undefined, values);
    const label = document.createElement("th");
    label.scope = "row";
    label.textContent = formatTick(Number(place.toPrecision(4)));
    row.prepend(label);
    body.append(row);
  }
  return table;
}

/** Places as far apart as the rows allow, the first and the last among them. */
function evenly(places: readonly number[]): number[] {
  const [first, last] = [places[0]!, places.at(-1)!];
  const wanted = Array.from({ length: ROWS }, (_, row) => first + (row * (last - first)) / (ROWS - 1));
  return [...new Set(wanted.map((target) => places.findLast((place) => place <= target) ?? first))];
}

function named(trace: Plotly.Data): Series[] {
  const { name, x, y } = trace as { name?: string; x?: number[]; y?: number[] };
  return name && x && y && x.length > 0 ? [{ name, x, y }] : [];
}

/** The last value at or before a place. */
function valueAt({ x, y }: Series, place: number): number {
  const index = x.findLastIndex((at) => at <= place);
  return y[index] ?? Number.NaN;
}

function line(cell: "th" | "td", scope: string | undefined, texts: readonly string[]): HTMLTableRowElement {
  const row = document.createElement("tr");
  for (const text of texts) {
    const node = document.createElement(cell);
    if (scope) node.scope = scope;
    node.textContent = text;
    row.append(node);
  }
  return row;
}
