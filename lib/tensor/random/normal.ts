// Normal samples from uniform ones by Box and Muller's transform, in the two ways PyTorch's CPU generator has: whole blocks of
// sixteen in float32, and one by one in float64 with the second value of each pair kept for the next call.

import { log, sineAndCosine } from "./float32.js";

const f = Math.fround;
const TWO_PI = f(2 * Math.PI);

/** Samples in one block: the first eight uniform values give the radii, the last eight the angles. */
export const BLOCK = 16;

/** Turns the sixteen uniform values in [0, 1) at `out[start]` into normal ones, in place. */
export function normalBlock(out: Float32Array, start: number, mean: number, std: number): void {
  for (let i = start; i < start + BLOCK / 2; i++) {
    const radius = f(Math.sqrt(f(-2 * log(f(1 - out[i]!)))));
    const [sine, cosine] = sineAndCosine(f(TWO_PI * out[i + BLOCK / 2]!));
    out[i] = f(radius * cosine) * std + mean;
    out[i + BLOCK / 2] = f(radius * sine) * std + mean;
  }
}

/** Two independent standard normal samples from two uniform values in [0, 1), in float64. */
export function normalPair(u1: number, u2: number): [number, number] {
  const radius = Math.sqrt(-2 * Math.log1p(-u2));
  const angle = 2 * Math.PI * u1;
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}
