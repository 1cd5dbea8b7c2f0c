// How a tensor looks in a notebook: a line that says what it is, and its values as they print.

import { formatShape } from "../graph/shape.js";
import type { TensorBase } from "./base.js";
import { escapeHtml, quietHtml } from "./html.js";
import { session } from "./session.js";

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
