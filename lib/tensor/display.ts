// How a tensor looks in a notebook: a line that says what it is, and its values as they print.

import { formatShape } from "../graph/shape.js";
import type { TensorBase } from "./base.js";
import { session } from "./session.js";

/** The text as HTML shows it. */
export function escapeHtml(text: string): string {
  const named: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replace(/[&<>"]/g, (character) => named[character]!);
}

/** Text beside what matters, as HTML. Front ends without JupyterLab's colours take those after the comma. */
export function quietHtml(text: string): string {
  const style =
    "color:var(--jp-ui-font-color2,#666);font-family:var(--jp-ui-font-family,sans-serif);font-size:var(--jp-ui-font-size1,13px)";
  return `<span style="${style}">${escapeHtml(text)}</span>`;
}

/** A tensor in the formats that a notebook shows. */
export function tensorDisplay<T extends TensorBase<T>>(tensor: TensorBase<T>): Record<string, string> {
  const text = tensor.toString();
  const shape = tensor.shape.length === 0 ? "scalar" : formatShape(tensor.shape);
  const about = quietHtml(`${tensor.dtype} ${shape} on ${session().client.device}`);
  return {
    "text/plain": text,
    "text/html": `<div>${about}<pre style="margin:0">${escapeHtml(text)}</pre></div>`,
  };
}
