// `display(value)`: shows a value in the middle of a cell, and can replace what it has shown.

import { randomUUID } from "node:crypto";
import type { Json, MimeBundle } from "../protocol/messages.js";
import { output } from "./connection.js";
import { mimeBundle, present } from "./present.js";

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

export interface Display {
  (value: unknown, options?: DisplayOptions): DisplayHandle;
  html(source: string): DisplayHandle;
  markdown(source: string): DisplayHandle;
  latex(source: string): DisplayHandle;
  svg(source: string): DisplayHandle;
  /** Shows a long text in the front end's pager, beside the notebook, when the cell has ended. */
  page(text: string): void;
  /** Empties the cell's output; with `wait`, when the next output comes. */
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

const showAs =
  (type: string) =>
  (source: string): DisplayHandle =>
    show({ [type]: source, "text/plain": source }, { raw: true });

export const display: Display = Object.assign(show, {
  html: showAs("text/html"),
  markdown: showAs("text/markdown"),
  latex: showAs("text/latex"),
  svg: showAs("image/svg+xml"),
  page: (text: string): void => output().say({ type: "page", text }),
  clear: ({ wait = false }: { wait?: boolean } = {}): void => output().say({ type: "clear", wait }),
});
