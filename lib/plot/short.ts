// How numbers read in figures.

/** Three digits: 0.312, 41200; two where they need an exponent: 2.3e-4. */
export function short(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value) || size === 0) return String(value);
  return size >= 1e-3 && size < 1e6 ? String(Number(value.toPrecision(3))) : value.toExponential(1);
}
