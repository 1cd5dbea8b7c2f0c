// How a value is shown: by its own `Symbol.for("Jupyter.display")` method, a plotly figure as a chart, all else as util.inspect
// prints it.

import { inspect } from "node:util";
import { LIMITS } from "../limits.js";
import type { Json, MimeBundle } from "../protocol/messages.js";

const DISPLAY = Symbol.for("Jupyter.display");

/** A value in all its formats, or undefined for a value that shows nothing. */
export function present(value: unknown): MimeBundle | Promise<MimeBundle | undefined> | undefined {
  if (value === undefined) return undefined;
  const method = displayMethod(value);
  if (method === undefined && isFigure(value)) return figureBundle(value);
  if (method === undefined) return { data: { "text/plain": plainText(value) }, metadata: {} };
  const data: unknown = method.call(value);
  if (data instanceof Promise) return data.then((ready) => withPlainText(ready, value));
  return withPlainText(data, value);
}

/** A value as text, without colours; a text of several lines as it is. */
export function plainText(value: unknown): string {
  if (typeof value === "string" && value.includes("\n")) return value;
  return inspect(value, { colors: false, depth: LIMITS.inspectDepth });
}

/** MIME data as JSON carries it; bytes in base64, numbers in typed arrays as lists. */
export function mimeBundle(data: Json, metadata: Json = {}): MimeBundle {
  const plain = Object.entries(data).map(([type, value]) => [
    type,
    value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value,
  ]);
  const lists = (_: string, value: unknown): unknown =>
    ArrayBuffer.isView(value) && Symbol.iterator in value ? [...(value as Float64Array)] : value;
  return JSON.parse(JSON.stringify({ data: Object.fromEntries(plain), metadata }, lists)) as MimeBundle;
}

const PLOTLY = "application/vnd.plotly.v1+json";

/** What plotly draws: traces, and a layout. */
interface Figure {
  readonly data: readonly { readonly type?: string }[];
  readonly layout: object;
}

function isFigure(value: unknown): value is Figure {
  const isObject = (part: unknown): boolean =>
    typeof part === "object" && part !== null && !Array.isArray(part);
  if (!isObject(value)) return false;
  const { data, layout } = value as Partial<Figure>;
  return Array.isArray(data) && data.every(isObject) && isObject(layout);
}

function figureBundle(figure: Figure): MimeBundle {
  const kinds = [...new Set(figure.data.map(({ type = "scatter" }) => type))];
  const text = `plotly figure${kinds.length === 0 ? "" : `: ${kinds.join(", ")}`}`;
  return mimeBundle({ [PLOTLY]: figure, "text/plain": text });
}

function withPlainText(data: unknown, value: unknown): MimeBundle | undefined {
  if (data === undefined) return undefined;
  if (typeof data !== "object" || data === null) {
    throw new TypeError('A "Jupyter.display" method must return an object of MIME types and their data.');
  }
  return mimeBundle("text/plain" in data ? (data as Json) : { ...data, "text/plain": plainText(value) });
}

function displayMethod(value: unknown): (() => unknown) | undefined {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return undefined;
  const method: unknown = (value as { [DISPLAY]?: unknown })[DISPLAY];
  return typeof method === "function" ? (method as () => unknown) : undefined;
}
