// JSX in cells. The converter reads cells as .ts, where `<div>` is a type assertion; so elements become calls before it sees them,
// on the same lines: of the function that a comment `@jsx h` names, of React where the notebook has it, else of the kernel's own,
// which makes HTML.

import type ts from "@tslab/typescript-for-tslab";
import { OWN_JSX } from "../preloaded.js";
import { typescript } from "./typescript.js";

interface Factory {
  readonly element: string;
  readonly fragment: string;
}

/** The cell without JSX; undefined if there is none. `hasReact`: an earlier cell has declared `React`. */
export function withoutJsx(source: string, hasReact: boolean): string | undefined {
  if (!/<\/|\/>/.test(source) || errorsIn(parse(source, "cell.ts")) === 0) return undefined;
  const file = parse(source, "cell.tsx");
  if (errorsIn(file) > 0) return undefined;
  const text = new Elements(file, factoryFor(source, hasReact)).textOf(file);
  return text === source ? undefined : text;
}

function parse(source: string, name: string): ts.SourceFile {
  return typescript.createSourceFile(name, source, typescript.ScriptTarget.Latest, true);
}

function errorsIn(file: ts.SourceFile): number {
  return (file as ts.SourceFile & { parseDiagnostics: readonly unknown[] }).parseDiagnostics.length;
}

function factoryFor(source: string, hasReact: boolean): Factory {
  const named = /@jsx\s+([\w$.]+)/.exec(source)?.[1];
  const fragment = /@jsxFrag\s+([\w$.]+)/.exec(source)?.[1];
  if (named !== undefined) return { element: named, fragment: fragment ?? "null" };
  const react = hasReact || /\bimport\b[^;\n]*\bReact\b/.test(source);
  return react
    ? { element: "React.createElement", fragment: "React.Fragment" }
    : { element: OWN_JSX, fragment: '""' };
}

class Elements {
  readonly #file: ts.SourceFile;
  readonly #factory: Factory;

  constructor(file: ts.SourceFile, factory: Factory) {
    this.#file = file;
    this.#factory = factory;
  }

  /** The node's text with calls in the place of elements. */
  textOf(node: ts.Node): string {
    const start = typescript.isSourceFile(node) ? 0 : node.getStart(this.#file);
    let text = "";
    let at = start;
    const visit = (child: ts.Node): void => {
      if (!isElement(child)) {
        typescript.forEachChild(child, visit);
        return;
      }
      text += this.#source(at, child.getStart(this.#file)) + this.#call(child);
      at = child.end;
    };
    visit(node);
    return text + this.#source(at, node.end);
  }

  #source(start: number, end: number): string {
    return this.#file.text.slice(start, end);
  }

  #call(node: Element): string {
    const parts = [this.#tag(node), this.#properties(node)];
    if (!typescript.isJsxSelfClosingElement(node))
      parts.push(...node.children.map((child) => this.#child(child)));
    const given = parts.filter((part) => part !== "").join(", ");
    // what comes after stays on its line
    const lines = (text: string): number => text.split("\n").length;
    const missing = lines(node.getText(this.#file)) - lines(given);
    return `${this.#factory.element}(${given}${"\n".repeat(Math.max(0, missing))})`;
  }

  #tag(node: Element): string {
    if (typescript.isJsxFragment(node)) return this.#factory.fragment;
    const { tagName } = typescript.isJsxElement(node) ? node.openingElement : node;
    const name = tagName.getText(this.#file);
    return /^[a-z][\w-]*$/.test(name) ? JSON.stringify(name) : name;
  }

  #properties(node: Element): string {
    if (typescript.isJsxFragment(node)) return "null";
    const { attributes } = typescript.isJsxElement(node) ? node.openingElement : node;
    const all = attributes.properties.map((property) => {
      if (typescript.isJsxSpreadAttribute(property)) return `...${this.textOf(property.expression)}`;
      const { initializer } = property;
      const value =
        initializer === undefined
          ? "true"
          : typescript.isStringLiteral(initializer)
            ? JSON.stringify(decoded(initializer.text))
            : this.#child(initializer);
      return `${JSON.stringify(property.name.getText(this.#file))}: ${value}`;
    });
    return all.length === 0 ? "null" : `{ ${all.join(", ")} }`;
  }

  #child(node: ts.JsxChild | ts.JsxAttributeValue): string {
    if (typescript.isJsxText(node)) return jsxText(node.text);
    if (!typescript.isJsxExpression(node)) return isElement(node) ? this.#call(node) : this.textOf(node);
    if (node.expression === undefined) return "";
    return `${node.dotDotDotToken === undefined ? "" : "..."}${this.textOf(node.expression)}`;
  }
}

type Element = ts.JsxElement | ts.JsxSelfClosingElement | ts.JsxFragment;

function isElement(node: ts.Node): node is Element {
  return (
    typescript.isJsxElement(node) ||
    typescript.isJsxSelfClosingElement(node) ||
    typescript.isJsxFragment(node)
  );
}

/** Lines are trimmed at the line breaks and joined by spaces; "" if nothing is left. */
function jsxText(text: string): string {
  const lines = text.split("\n");
  const kept = lines
    .map((line, i) => (i > 0 ? line.trimStart() : line))
    .map((line, i) => (i < lines.length - 1 ? line.trimEnd() : line))
    .filter((line) => line !== "");
  return kept.length === 0 ? "" : JSON.stringify(decoded(kept.join(" ")));
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\u00a0",
  middot: "\u00b7",
  times: "\u00d7",
  hellip: "\u2026",
};

const LAST_CODE_POINT = 0x10ffff;

/** The text with its entities as characters; unknown ones stay. */
function decoded(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal, hexadecimal, name) => {
    if (name !== undefined) return Object.hasOwn(ENTITIES, name) ? ENTITIES[name]! : whole;
    const code = decimal === undefined ? Number.parseInt(hexadecimal, 16) : Number(decimal);
    return code <= LAST_CODE_POINT ? String.fromCodePoint(code) : whole;
  });
}
