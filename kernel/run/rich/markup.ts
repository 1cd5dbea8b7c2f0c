// Tagged templates for HTML, SVG, Markdown and LaTeX. What is put into HTML and SVG is escaped, unless it is such a piece itself.

import { escapeHtml } from "gradbook/tensor/html";

const TYPES = {
  html: "text/html",
  svg: "image/svg+xml",
  markdown: "text/markdown",
  latex: "text/latex",
} as const;

export type MarkupKind = keyof typeof TYPES;

/** A piece of a page; a cell that ends with it shows it.
 *  @example html`<b>${1 + 1}</b>`.source // -> '<b>2</b>' */
export class Markup {
  readonly kind: MarkupKind;
  readonly source: string;

  constructor(kind: MarkupKind, source: string) {
    this.kind = kind;
    this.source = source;
  }
  toString(): string {
    return this.source;
  }
}

Object.defineProperty(Markup.prototype, Symbol.for("Jupyter.display"), {
  value(this: Markup): Record<string, string> {
    return { [TYPES[this.kind]]: shown(this), "text/plain": this.source };
  },
});

/** A text, or a template with values. */
export interface MarkupTag<Result> {
  (source: string): Result;
  (strings: TemplateStringsArray, ...values: readonly unknown[]): Result;
}

/** A tag that gives pieces of this kind. */
export function tag(kind: MarkupKind): MarkupTag<Markup> {
  return (source: string | TemplateStringsArray, ...values: readonly unknown[]) =>
    new Markup(kind, typeof source === "string" ? source : filled(kind, source, values));
}

/** HTML, as a tagged template: values are escaped, lists are joined, pieces of HTML and SVG are taken as they are.
 *  @example html`<li>${"a < b"}</li>`.source // -> '<li>a &lt; b</li>' */
export const html: MarkupTag<Markup> = tag("html");
/** SVG, as a tagged template: values are escaped as in HTML.
 *  @example svg`<svg viewBox="0 0 ${2} 2"><circle r="1"/></svg>`.kind // -> 'svg' */
export const svg: MarkupTag<Markup> = tag("svg");
/** Markdown, as a tagged template.
 *  @example markdown`loss: **${0.5}**`.source // -> 'loss: **0.5**' */
export const markdown: MarkupTag<Markup> = tag("markdown");
/** LaTeX, as a tagged template; backslashes stay as they are.
 *  @example latex`\frac{1}{${2}}`.source // -> '\\frac{1}{2}' */
export const latex: MarkupTag<Markup> = tag("latex");

/** Kinds whose values are escaped; the others are meant to be written as text. */
const ESCAPED: ReadonlySet<MarkupKind> = new Set(["html", "svg"]);

function filled(kind: MarkupKind, strings: TemplateStringsArray, values: readonly unknown[]): string {
  const text = (value: unknown): string => {
    if (Array.isArray(value)) return value.map(text).join("");
    const isPiece = value instanceof Markup && ESCAPED.has(value.kind);
    return isPiece || !ESCAPED.has(kind) ? String(value) : escapeHtml(String(value));
  };
  const parts = ESCAPED.has(kind) ? strings : strings.raw;
  return parts.map((part, i) => part + (i < values.length ? text(values[i]) : "")).join("");
}

/** Front ends look for formulas between dollar signs. */
function shown({ kind, source }: Markup): string {
  return kind === "latex" && !/\$|\\begin|\\\(|\\\[/.test(source) ? `$$${source}$$` : source;
}
