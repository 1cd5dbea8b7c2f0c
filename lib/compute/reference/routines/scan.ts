// Running results along one axis: sums, products, positions of the largest or smallest so far, and log-sum-exp.

import { linesAlong, type Routine } from "./index.js";

/** Element i of each line becomes `next(state, x)` with the state of element i - 1. Sums of floats run in double precision. */
function scan(start: number, next: (state: number, x: number) => number): Routine {
  return ([input], output, { axis }) => {
    const { outer, extent, inner } = linesAlong(output.shape, axis as number);
    const [from, to] = [input!.data, output.data];
    for (let o = 0; o < outer; o++) {
      for (let j = 0; j < inner; j++) {
        let state = start;
        for (let i = 0, at = o * extent * inner + j; i < extent; i++, at += inner) {
          state = next(state, from[at]!);
          to[at] = state;
        }
      }
    }
  };
}

export const cumsum: Routine = scan(0, (sum, x) => sum + x);

const multiply = scan(1, (product, x) => product * x);
const multiplyIntegers = scan(1, Math.imul);
export const cumprod: Routine = (...call) =>
  (call[1].data instanceof Int32Array ? multiplyIntegers : multiply)(...call);

/** log(exp(a) + exp(b)) without overflow. */
export const logcumsumexp: Routine = scan(Number.NEGATIVE_INFINITY, (a, b) => {
  const most = Math.max(a, b);
  return Number.isFinite(most) ? most + Math.log1p(Math.exp(-Math.abs(a - b))) : most;
});

/** Position of the best element so far; the last of equals, and NaN beats everything, as in PyTorch. */
function positions(better: (x: number, best: number) => boolean): Routine {
  return ([input], output, { axis }) => {
    const { outer, extent, inner } = linesAlong(output.shape, axis as number);
    const [from, to] = [input!.data, output.data];
    for (let o = 0; o < outer; o++) {
      for (let j = 0; j < inner; j++) {
        const start = o * extent * inner + j;
        let best = 0;
        for (let i = 0, at = start; i < extent; i++, at += inner) {
          const [x, y] = [from[at]!, from[start + best * inner]!];
          if (Number.isNaN(x) || better(x, y)) best = i;
          to[at] = best;
        }
      }
    }
  };
}

export const cummax: Routine = positions((x, best) => x >= best);
export const cummin: Routine = positions((x, best) => x <= best);
