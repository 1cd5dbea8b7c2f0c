// Arguments that TypeScript would refuse are refused at run time, too: in a notebook errors of types are warnings, and the cell runs.

import type { Node } from "../graph/node.js";

/** Who was called: its name, or a function of that name. */
type Called = string | { readonly name: string };

/** The node of what must be a tensor. */
export function tensorNode(given: { readonly node: Node }, called: Called, wanted = "a tensor"): Node {
  return (given as { readonly node: Node } | null | undefined)?.node ?? refuse(given, called, wanted);
}

/** Throws what is wrong with `given`. */
export function refuse(given: unknown, called: Called, wanted: string): never {
  const name = typeof called === "string" ? called : called.name;
  throw new TypeError(`${name}: needs ${wanted}, got ${described(given)}${remedy(given, wanted)}`);
}

/** Refuses what is not a whole number; `wanted` says what for. */
export function checkWhole(given: unknown, called: Called, wanted: string): void {
  if (!Number.isInteger(given)) refuse(given, called, wanted);
}

/** Refuses sizes that are not whole numbers from `least` on; they are given by their names. */
export function checkSizes(called: string, sizes: Readonly<Record<string, unknown>>, least = 1): void {
  for (const [name, size] of Object.entries(sizes)) {
    if (Number.isInteger(size) && (size as number) >= least) continue;
    throw new RangeError(`${called}: ${name} must be a whole number >= ${least}, got ${described(size)}`);
  }
}

/** Refuses what is not an object of options. */
export function checkOptions(given: unknown, called: Called, example: string): void {
  if (typeof given !== "object" || given === null || Array.isArray(given) || "node" in given)
    refuse(given, called, `options such as ${example}`);
}

/** Refuses options with names that are neither among `known` nor, untold, in `alsoKnown`: nobody would read them, and a misspelled
 *  one would do nothing. */
export function checkNames<O extends object>(
  called: Called,
  given: O,
  known: readonly (keyof O & string)[],
  alsoKnown?: ReadonlySet<string>,
): void {
  checkOptions(given, called, `{ ${known[0]}: ... }`);
  for (const name of Object.keys(given)) {
    if ((known as readonly string[]).includes(name) || alsoKnown?.has(name)) continue;
    const who = typeof called === "string" ? called : called.name;
    throw new TypeError(`${who}: has no option ${JSON.stringify(name)}; it has ${known.join(", ")}`);
  }
}

/** What was given, for an error: a number itself, "an object", "nothing". */
export function described(given: unknown): string {
  if (given === undefined) return "nothing";
  if (given === null || typeof given === "number") return String(given);
  if (typeof given === "string") return JSON.stringify(given);
  if (Array.isArray(given) || ArrayBuffer.isView(given)) return "an array";
  if (typeof given === "object") return "node" in given ? "a tensor" : "an object";
  return `a ${typeof given}`;
}

function remedy(given: unknown, wanted: string): string {
  const isArray = Array.isArray(given) || ArrayBuffer.isView(given);
  return isArray && wanted.includes("tensor") ? "; write tensor(...)" : "";
}
