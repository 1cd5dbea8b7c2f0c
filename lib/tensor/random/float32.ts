// Natural logarithm, sine and cosine in float32 arithmetic, rounding as PyTorch's vectorised CPU kernels do, so that normal
// samples come out the same to the last bit. Polynomials and constants: S. L. Moshier, Cephes (logf, sinf, cosf).

const f = Math.fround;

/** a * b + c rounded once, as a fused multiply-add instruction does: the double product of two floats is exact. */
const fma = (a: number, b: number, c: number): number => f(a * b + c);

const bits = new Int32Array(1);
const float = new Float32Array(bits.buffer);

const SQRT_HALF = f(Math.SQRT1_2);
const LN2_LOW = f(-2.1219444e-4);
const LN2_HIGH = f(0.693359375);
/** ln(1 + x) = x - x^2 / 2 + x^3 P(x): the coefficients of P, highest power first. */
const LOG: readonly number[] = [
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
  2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
].map(f);

/** ln(x) for a normal positive float32 `x`. */
export function log(x: number): number {
  float[0] = x;
  let exponent = (bits[0]! >> 23) - 126;
  bits[0] = (bits[0]! & 0x007fffff) | 0x3f000000;
  let m = float[0]!; // x = m * 2^exponent with m in [0.5, 1)
  if (m < SQRT_HALF) {
    exponent -= 1;
    m = f(f(m - 1) + m);
  } else {
    m = f(m - 1);
  }
  const square = f(m * m);
  let p = LOG[0]!;
  for (let i = 1; i < LOG.length; i++) p = fma(p, m, LOG[i]!);
  p = fma(f(p * m), square, f(exponent * LN2_LOW));
  p = fma(-0.5, square, p);
  return fma(exponent, LN2_HIGH, f(m + p));
}

const FOUR_OVER_PI = f(4 / Math.PI);
/** pi / 4 in three parts, so that multiples of it can be taken away without loss. */
const PI_4: readonly number[] = [-0.78515625, -2.4187564849853516e-4, -3.774894977445941e-8].map(f);
const SIN: readonly number[] = [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1].map(f);
const COS: readonly number[] = [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2].map(f);

/** Both of a float32 angle in [0, 2 pi], in radians: `[sine, cosine]`. */
export function sineAndCosine(angle: number): [number, number] {
  const octant = (Math.trunc(f(angle * FOUR_OVER_PI)) + 1) & ~1;
  let x = angle;
  for (const part of PI_4) x = fma(octant, part, x);
  const square = f(x * x);
  let c = fma(fma(COS[0]!, square, COS[1]!), square, COS[2]!);
  c = f(fma(f(c * square), square, -0.5 * square) + 1);
  let s = fma(fma(SIN[0]!, square, SIN[1]!), square, SIN[2]!);
  s = fma(f(s * square), x, x);
  const quarter = octant >> 1; // how many right angles the angle was turned by
  const sine = quarter & 1 ? c : s;
  const cosine = quarter & 1 ? s : c;
  return [quarter & 2 ? -sine : sine, (quarter + 1) & 2 ? -cosine : cosine];
}
