// Axes that stay put: linear ones start at 0, logarithmic ones show whole decades, and both only ever widen.

export interface Ticks {
  readonly range: readonly [number, number];
  readonly values: readonly number[];
}

/** Remembers how far each axis has reached. */
export class AxisMemory {
  readonly #ranges = new Map<string, readonly [number, number]>();

  /** The range that holds both what was asked for before under `key` and `[low, high]`. */
  widen(key: string, low: number, high: number): readonly [number, number] {
    const known = this.#ranges.get(key) ?? [low, high];
    const range = [Math.min(known[0], low), Math.max(known[1], high)] as const;
    this.#ranges.set(key, range);
    return range;
  }
}

/**
 * A linear axis from 0 that holds `max` with at most `count` intervals of 1, 2, 2.5 or 5 times a power of ten.
 * With `whole` its ticks are integers.
 */
export function linearTicks(max: number, count: number, whole = false): Ticks {
  const safe = max > 0 && Number.isFinite(max) ? max : 1;
  const power = 10 ** Math.floor(Math.log10(safe / count));
  const steps = [1, 2, 2.5, 5, 10, 20].map((factor) => factor * power);
  const fits = (step: number): boolean =>
    Math.ceil(safe / step - 1e-9) <= count && (!whole || Number.isInteger(step));
  const step = steps.find(fits) ?? Math.ceil(safe / count);
  const intervals = Math.ceil(safe / step - 1e-9);
  return {
    range: [0, intervals * step],
    values: Array.from({ length: intervals + 1 }, (_, index) => index * step),
  };
}

/** A power of ten stays one after a trip through float32. */
const ROUNDING = 1e-6;

/** Exponents of the whole decades that hold all positive finite values, at least `span` decades ending no lower. */
export function decades(
  values: Iterable<number>,
  span: number,
  fallback: readonly [number, number],
): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (!(value > 0) || !Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [...fallback];
  const top = Math.ceil(Math.log10(high) - ROUNDING);
  const bottom = Math.min(Math.floor(Math.log10(low) + ROUNDING), top - 1);
  const missing = Math.max(0, span - (top - bottom));
  return [bottom - Math.ceil(missing / 2), top + Math.floor(missing / 2)];
}

/** Exponents to label between two decades: every one, second, third ... so that at most `count` remain; 0 is one. */
export function decadeTicks(low: number, high: number, count: number): number[] {
  const stride =
    [1, 2, 3, 4, 5, 6, 10, 12, 15].find((step) => Math.floor((high - low) / step) + 1 <= count) ?? 20;
  const first = Math.ceil(low / stride) * stride;
  return Array.from(
    { length: Math.floor((high - first) / stride) + 1 },
    (_, index) => first + index * stride || 0,
  );
}
