// The one output of this thread, for the functions that cells call.

import type { Output } from "./output.js";

let connected: Output | undefined;

/** Set once, when the kernel starts. */
export function connect(output: Output): void {
  connected = output;
}

export function output(): Output {
  if (connected === undefined)
    throw new Error("There is no notebook here: this function works in cells only.");
  return connected;
}
