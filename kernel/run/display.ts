// `display(value)`: shows a value in the middle of a cell, and can replace what it has shown. Pages, pictures and progress bars
// are made in the folder rich/.

import { randomUUID } from "node:crypto";
import type { Json, MimeBundle } from "../protocol/messages.js";
import { output } from "./connection.js";
import { mimeBundle, present } from "./present.js";
import { type Markup, type MarkupKind, type MarkupTag, tag } from "./rich/markup.js";
import {
  type HeatmapOptions,
  heatmapBundle,
  type ImageOptions,
  imageBundle,
  type Pixels,
} from "./rich/pictures.js";
import { type Counted, counted, lengthOf, Progress, type ProgressOptions } from "./rich/progress.js";

export interface DisplayOptions {
  /** Name of this display, to be given to a later `display` with `update: true`. */
  id?: string;
  /** Replace the display with this id, wherever it is. */
  update?: boolean;
  /** The value is an object of MIME types and their data, to be shown as it is. */
  raw?: boolean;
  metadata?: Record<string, unknown>;
}

export interface DisplayHandle {
  readonly id: string;
  /** Shows another value in the same place. */
  update(value: unknown, options?: { raw?: boolean; metadata?: Record<string, unknown> }): void;
}

/** Shows values, pictures and pages in the middle of a cell. */
export interface Display {
  /** Shows a value as the last line of a cell would.
   *  @example
   *  const shown = display("working");
   *  shown.update("done"); */
  (value: unknown, options?: DisplayOptions): DisplayHandle;
  /** Shows HTML: a text, or a template whose values are escaped.
   *  @example display.html`<b>${"a < b"}</b>`; */
  html: MarkupTag<DisplayHandle>;
  /** Shows Markdown, formulas between dollar signs included; in a template, backslashes stay as they are.
   *  @example display.markdown`loss **${0.5}**, $\sigma = 1$`; */
  markdown: MarkupTag<DisplayHandle>;
  /** Shows a formula; in a template, backslashes stay as they are.
   *  @example display.latex`\sigma^2 = \frac{2}{n}`; */
  latex: MarkupTag<DisplayHandle>;
  /** Shows an SVG drawing.
   *  @example display.svg`<svg viewBox="0 0 2 2" width="40"><circle cx="1" cy="1" r="1"/></svg>`; */
  svg: MarkupTag<DisplayHandle>;
  /** Shows a tensor as an image, or a batch as rows of images: `[N, C, H, W]`, `[C, H, W]`, `[N, H, W]` or `[H, W]`, with one
   *  channel or three.
   *  @example display.image(tensor.rand(8, 1, 28, 28)); */
  image(value: Pixels, options?: ImageOptions): DisplayHandle;
  /** Shows a matrix in colours: from white to blue, or where there are values on both sides of 0, from violet to brown.
   *  @example display.heatmap(tensor.randn(10, 20)); */
  heatmap(value: Pixels, options?: HeatmapOptions): DisplayHandle;
  /** Goes through a list, or anything else that can be gone through, and shows how far it is.
   *  @example for (const epoch of display.progress([1, 2, 3], { label: "epochs" })) console.log(epoch); */
  progress<T>(items: Iterable<T> | AsyncIterable<T>, options?: ProgressOptions): Counted<T>;
  /** A bar for a loop over 0, 1, ... below the total, or one that is moved by hand, by `advance()` or by setting `value`; without
   *  a total it only counts.
   *  @example
   *  for (const step of display.progress(100)) console.log(step);
   *  const bar = display.progress(10);
   *  bar.advance(3); */
  progress(total?: number, options?: ProgressOptions): Progress;
  /** Shows a long text in the front end's pager, beside the notebook, when the cell has ended.
   *  @example display.page("a long text"); */
  page(text: string): void;
  /** Empties the cell's output; with `wait`, when the next output comes.
   *  @example display.clear({ wait: true }); */
  clear(options?: { wait?: boolean }): void;
}

const show = (value: unknown, options: DisplayOptions = {}): DisplayHandle => {
  const id = options.id ?? randomUUID();
  const shown = options.raw === true ? mimeBundle(value as Json, options.metadata) : present(value);
  if (shown instanceof Promise) {
    const failed = (error: unknown): void => output().print("stderr", `display: ${String(error)}\n`);
    shown.then((bundle) => send(bundle, id, options), failed);
  } else {
    send(shown, id, options);
  }
  const update: DisplayHandle["update"] = (next, more = {}) => {
    show(next, { ...more, id, update: true });
  };
  // As the last value of a cell it has been shown already.
  return Object.defineProperty({ id, update }, Symbol.for("Jupyter.display"), { value: () => undefined });
};

const UNDEFINED: MimeBundle = { data: { "text/plain": "undefined" }, metadata: {} };

function send(bundle = UNDEFINED, id: string, { update = false, metadata = {} }: DisplayOptions): void {
  const merged = { data: bundle.data, metadata: { ...bundle.metadata, ...metadata } };
  output().say({ type: "display", bundle: merged, id, update });
}

const showAs = (kind: MarkupKind): MarkupTag<DisplayHandle> => {
  const make = tag(kind) as (...given: unknown[]) => Markup;
  return (...given: unknown[]) => show(make(...given));
};

const showBundle = ({ data, metadata }: MimeBundle): DisplayHandle => show(data, { raw: true, metadata });

function progress(of: unknown, options: ProgressOptions = {}): unknown {
  let handle: DisplayHandle | undefined;
  const shower = (data: Record<string, string>): void => {
    if (handle === undefined) handle = show(data, { raw: true });
    else handle.update(data, { raw: true });
  };
  if (typeof of !== "object" || of === null) return new Progress(of as number | undefined, options, shower);
  return counted(of as Iterable<unknown>, new Progress(lengthOf(of), options, shower));
}

export const display: Display = Object.assign(show, {
  html: showAs("html"),
  markdown: showAs("markdown"),
  latex: showAs("latex"),
  svg: showAs("svg"),
  image: (value: Pixels, options?: ImageOptions) => showBundle(imageBundle(value, options)),
  heatmap: (value: Pixels, options?: HeatmapOptions) => showBundle(heatmapBundle(value, options)),
  progress: progress as Display["progress"],
  page: (text: string): void => output().say({ type: "page", text }),
  clear: ({ wait = false }: { wait?: boolean } = {}): void => output().say({ type: "clear", wait }),
});
