// How numbers print among a module's options.

/** As Python prints a float: 0.1, 1e-05, 1e+16. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (value === 0 || !Number.isFinite(value) || (size >= 1e-4 && size < 1e16)) return String(value);
  return value
    .toExponential()
    .replace(/e([+-])(\d)$/, (_, sign: string, digit: string) => `e${sign}0${digit}`);
}
