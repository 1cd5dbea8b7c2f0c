// Values as Python writes them.

import { formatNumber } from "../../module/format.js";
import { snakeCase } from "../../tensor/python-names.js";
import { Tensor } from "../../tensor/tensor.js";

/** Arguments by their camelCase names. */
export type Arguments = Readonly<Record<string, unknown>>;

/** None, True, 0.1, "text", (1, 2), torch.tensor([...]). */
export function literal(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") {
    return Number.isFinite(value)
      ? formatNumber(value)
      : `float("${String(value).replace("Infinity", "inf").toLowerCase()}")`;
  }
  if (typeof value === "string") return JSON.stringify(value);
  if (value instanceof Tensor) return `torch.tensor(${JSON.stringify(value.toArray())})`;
  if (Array.isArray(value)) {
    const items = value.map(literal);
    return `(${items.join(", ")}${items.length === 1 ? "," : ""})`;
  }
  throw new TypeError(`toPyTorch: ${typeof value} cannot be written in Python`);
}

/** `Name(positional, key=value)`: of `rest`, those that are not as in `defaults`. */
export function call(
  name: string,
  positional: readonly unknown[],
  rest: Arguments,
  defaults: Arguments,
): string {
  const changed = Object.entries(rest).filter(([key, value]) => literal(value) !== literal(defaults[key]));
  const keywords = changed.map(([key, value]) => `${snakeCase(key)}=${literal(value)}`);
  return `${name}(${[...positional.map(literal), ...keywords].join(", ")})`;
}

/** Every line moved to the right by so many levels. */
export function indented(text: string, levels = 1): string {
  return text.replace(/^(?=.)/gm, "    ".repeat(levels));
}
