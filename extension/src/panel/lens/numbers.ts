// How the Layer lens writes its numbers.

import { formatCount, formatValue } from "../../charts/format.js";
import type { Measure } from "../../charts/health.js";

/** A measure of health: shares in percent, spreads with two or three digits, counts as they are. */
export function written(measure: Measure, value: number): string {
  if (Number.isNaN(value)) return "–";
  if (measure === "broken") return formatCount(value);
  return measure === "std" ? brief(value) : percent(value);
}

/** 0.583 -> "58%"; what is not nothing is not called 0%. */
export function percent(share: number): string {
  if (Number.isNaN(share)) return "–";
  if (share > 0 && share < 0.005) return "<1%";
  if (share < 1 && share >= 0.995) return ">99%";
  return `${Math.round(100 * share)}%`;
}

/** Two digits after the point, or a power of ten where that would hide the number. */
export function brief(value: number): string {
  const size = Math.abs(value);
  if (size >= 0.01 && size < 100) return `${value < 0 ? "−" : ""}${size.toFixed(2)}`;
  return formatValue(value);
}
