// The normal distribution function and its inverse, in float64 on the host.

/** Beyond this, erf is 1 to the last digit of float64. */
const LIMIT = 6;

/** The error function by its series with positive terms, 2/√π e^(-x²) Σ 2ⁿ x^(2n+1) / (2n+1)!! (Abramowitz and Stegun 7.1.6). */
function erf(x: number): number {
  if (Math.abs(x) >= LIMIT) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** P(z < x) for a standard normal z. */
export function normalCdf(x: number): number {
  return (1 + erf(x * Math.SQRT1_2)) / 2;
}

/** The x with erf(x) = y, for y from -1 to 1: Winitzki's approximation, made exact by Halley's steps. */
export function inverseErf(y: number): number {
  if (Math.abs(y) >= 1) return y * Number.POSITIVE_INFINITY;
  const log = Math.log1p(-y * y);
  const half = 2 / (Math.PI * 0.147) + log / 2;
  let x = Math.sign(y) * Math.sqrt(Math.sqrt(half * half - log / 0.147) - half);
  for (let step = 0; step < 3; step++) {
    const newton = (erf(x) - y) / ((2 / Math.sqrt(Math.PI)) * Math.exp(-x * x));
    x -= newton / (1 + x * newton);
  }
  return x;
}
