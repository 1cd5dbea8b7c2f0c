// Which options an optimizer may be given, and their values.

import { checkNames } from "../tensor/arguments.js";

export interface Limit {
  readonly holds: (value: number) => boolean;
  readonly wanted: string;
}

/** For each option its limit; for options with several numbers one limit each. */
export type Limits<O> = { readonly [K in keyof O]?: Limit | readonly Limit[] };

export const NOT_NEGATIVE: Limit = { holds: (value) => value >= 0, wanted: "a number >= 0" };
/** A share that an average keeps. */
export const SHARE: Limit = { holds: (value) => value >= 0 && value < 1, wanted: "in [0, 1)" };
export const UP_TO_ONE: Limit = { holds: (value) => value >= 0 && value <= 1, wanted: "in [0, 1]" };

/** Throws where `options` is no object, as a rate alone in PyTorch's place for it. */
export function checkIsObject(optimizer: string, options: unknown): asserts options is object {
  if (typeof options === "object" && options !== null) return;
  const remedy = typeof options === "number" ? `{ lr: ${options} }` : "an object such as { lr: 0.1 }";
  throw new TypeError(`${optimizer}: options have names, and this is ${String(options)}; pass ${remedy}`);
}

/** Throws where `options` is no object of known options. */
export function checkOptions(
  optimizer: string,
  options: unknown,
  known: object,
  alsoKnown?: ReadonlySet<string>,
): void {
  checkIsObject(optimizer, options);
  checkNames(optimizer, options as Record<string, unknown>, Object.keys(known), alsoKnown);
}

/** Throws where an option is out of its limits. */
export function checkLimits<O extends object>(optimizer: string, options: O, limits: Limits<O>): void {
  for (const [name, limit] of Object.entries(limits) as [keyof O & string, Limit | readonly Limit[]][]) {
    const value = options[name];
    const several = "holds" in limit ? undefined : limit;
    (several ?? [limit as Limit]).forEach(({ holds, wanted }, i) => {
      const what = several === undefined ? name : `${name}[${i}]`;
      const one = several === undefined ? value : (value as readonly unknown[] | undefined)?.[i];
      if (typeof one === "number" && holds(one)) return;
      throw new RangeError(`${optimizer}: ${what} must be ${wanted}, got ${String(one)}`);
    });
  }
}
