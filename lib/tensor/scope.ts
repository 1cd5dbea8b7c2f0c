// Scopes that change how operations are recorded: without gradients, and inside a module's forward pass.

import { isGradEnabled, withGradMode } from "../graph/node.js";
import { refuse } from "./arguments.js";
import { session } from "./session.js";
import type { Tensor } from "./tensor.js";

export { isGradEnabled };

/** Runs `body` without recording for backward(). Survives `await` in an async body.
 *  @example gb.noGrad(() => model(x)).requiresGrad // -> false */
export function noGrad<T>(body: () => T): T {
  if (typeof body !== "function") refuse(body, noGrad, "a function, as in noGrad(() => model(x))");
  return withGradMode(false, body);
}

/** Runs `body` with recording for backward(), also inside `noGrad`.
 *  @example gb.noGrad(() => tensor.enableGrad(() => model(x))).requiresGrad // -> true */
export function enableGrad<T>(body: () => T): T {
  return withGradMode(true, body);
}

let depth = 0;

/** Library code that puts its result together from tensors: only the result is in the hands of user code, so that what it was
 *  made of need not be kept. */
export function asOne(body: () => Tensor): Tensor {
  const result = insideModule(body);
  if (!isInsideModule()) session().escape(result.storage);
  return result;
}

/** Runs a module's forward pass: tensors made inside belong to the module, not to user code, until one is returned. */
export function insideModule<T>(body: () => T): T {
  depth++;
  try {
    return body();
  } finally {
    depth--;
  }
}

/** Runs user code in the middle of a forward pass (a hook): tensors made there belong to it. */
export function outsideModule<T>(body: () => T): T {
  const before = depth;
  depth = 0;
  try {
    return body();
  } finally {
    depth = before;
  }
}

/** True while a module's forward pass runs. */
export function isInsideModule(): boolean {
  return depth > 0;
}
