// What JSX in a cell makes where there is no React: HTML.

import { html, Markup } from "./markup.js";

/** A tag's name, `""` for a fragment, or a function from properties (with `children`) to what it shows. */
export type Component = string | ((properties: never) => unknown);

/** An element. Texts and attributes are escaped; `null`, `undefined`, `true` and `false` show nothing.
 *  @example jsx("b", { title: "x" }, "a < b").source // -> '<b title="x">a &lt; b</b>' */
export function jsx(
  tag: Component,
  properties: Record<string, unknown> | null,
  ...children: readonly unknown[]
): Markup {
  if (typeof tag === "function") return shown(tag({ ...properties, children } as never));
  const inside = shown(children).source;
  if (tag === "") return new Markup("html", inside);
  const attributes = Object.entries(properties ?? {}).map(([name, value]) => attribute(name, value));
  const start = `<${tag}${attributes.join("")}>`;
  return new Markup("html", VOID.has(tag) ? start : `${start}${inside}</${tag}>`);
}

/** Elements without an end. */
const VOID: ReadonlySet<string> = new Set([
  "area",
  "base",
  "br",
  "col",
  "embed",
  "hr",
  "img",
  "input",
  "link",
  "wbr",
]);

/** React's, of no meaning in HTML. */
const HIDDEN: ReadonlySet<string> = new Set(["key", "ref", "children"]);

const RENAMED: Readonly<Record<string, string>> = { className: "class", htmlFor: "for" };

function shown(value: unknown): Markup {
  const visible = (part: unknown): unknown =>
    Array.isArray(part) ? part.map(visible) : part == null || typeof part === "boolean" ? "" : part;
  return html`${visible(value)}`;
}

function attribute(name: string, value: unknown): string {
  if (HIDDEN.has(name) || value == null || value === false || typeof value === "function") return "";
  const written = RENAMED[name] ?? name;
  if (value === true) return ` ${written}`;
  return html` ${written}="${name === "style" && typeof value === "object" ? css(value) : value}"`.source;
}

function css(style: object): string {
  const dashed = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return Object.entries(style)
    .map(([name, value]) => `${dashed(name)}: ${value}`)
    .join("; ");
}
