// Which values an optimizer's options may have.

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
