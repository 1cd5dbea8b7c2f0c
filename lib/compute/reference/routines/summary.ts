// Statistics of many tensors in one pass over each: see lib/graph/ops/summary.ts for what they are and how they are laid out.
// Sums run in double precision, over distances from the first element, so that the std of almost equal numbers is exact.

import {
  histogramStride,
  lowestCode,
  partsFrom,
  type SummaryKind,
  VALUE_BINS,
  VALUES,
} from "../../../graph/ops/summary.js";
import { elements } from "../../../graph/shape.js";
import type { Routine, RoutineTensor } from "./index.js";

/** A tensor as numbers and, over the same memory, as bits. */
interface Numbers {
  readonly data: Float32Array;
  readonly bits: Uint32Array;
  readonly shape: readonly number[];
}

interface Options {
  /** Exponent or axis. */
  readonly option: number;
  readonly low: number;
  readonly high: number;
}
type Summarize = (inputs: readonly Numbers[], out: Float32Array, options: Options) => void;

export const summary: Routine = (inputs, output, attributes) => {
  const out = new Float32Array(output.data.buffer, output.data.byteOffset, output.data.length);
  for (const part of partsFrom(attributes, inputs.map(numbersOf))) {
    const { kind, option, low = Number.NaN, high = Number.NaN, word, words } = part;
    SUMMARIZE[kind](part.inputs, out.subarray(word, word + words), { option, low, high });
  }
};

function numbersOf({ data, shape }: RoutineTensor): Numbers {
  const { buffer, byteOffset, length } = data;
  return {
    data: new Float32Array(buffer, byteOffset, length),
    bits: new Uint32Array(buffer, byteOffset, length),
    shape,
  };
}

const bitsUnder = (out: Float32Array): Uint32Array => new Uint32Array(out.buffer, out.byteOffset, out.length);

const SUMMARIZE: { readonly [kind in SummaryKind]: Summarize } = {
  values(inputs, out, { option: exponent }) {
    out.set(moments(inputs));
    const { buffer, byteOffset } = bitsUnder(out.subarray(VALUES.length));
    histogram(inputs, exponent, new Uint8Array(buffer, byteOffset, VALUE_BINS));
  },
  moments(inputs, out) {
    out.set(moments(inputs));
  },
  units([x], out, { option: axis }) {
    const [batch = 0] = x!.shape;
    const width = batch === 0 ? 0 : x!.data.length / batch;
    const positive = new Uint8Array(width);
    out[0] = columns(x!.data, batch, positive) / width;
    active(positive, x!.shape, axis, bitsUnder(out.subarray(1)));
  },
  beyond([x], out, { low, high }) {
    out[0] =
      x!.data.reduce((count, value) => count + (value <= low || value >= high ? 1 : 0), 0) / x!.data.length;
  },
  drift([x, mean, variance], out) {
    out.set(drift(x!, mean!.data, variance!.data));
  },
  squares(inputs, out) {
    out[0] = inputs.reduce((total, { data }) => data.reduce((sum, value) => sum + value * value, total), 0);
  },
};

/** Of the finite elements: how many there are, the sum of their distances from `origin` and of the squares of these, the least and
 *  the greatest, and how many are zero; and how many others there are. */
function sums(data: Float32Array, origin: number) {
  let [count, sum, squares, zeros, nans, infinities] = [0, 0, 0, 0, 0, 0];
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of data) {
    if (!Number.isFinite(value)) {
      if (Number.isNaN(value)) nans++;
      else infinities++;
      continue;
    }
    const distance = value - origin;
    count++;
    sum += distance;
    squares += distance * distance;
    if (value < min) min = value;
    if (value > max) max = value;
    if (value === 0) zeros++;
  }
  return { count, sum, squares, min, max, zeros, nans, infinities };
}

/** Of a matrix of so many rows: the std of each column, added up over the columns. `positive` gets a 1 at each column with an
 *  element > 0. Distances from the first row, so that the std of almost equal numbers is exact. */
function columns(data: Float32Array, rows: number, positive: Uint8Array): number {
  const width = data.length / rows;
  let total = 0;
  for (let column = 0; column < width; column++) {
    const origin = data[column]!;
    let [sum, squares] = [0, 0];
    for (let at = column; at < data.length; at += width) {
      const value = data[at]!;
      const distance = value - origin;
      sum += distance;
      squares += distance * distance;
      if (value > 0) positive[column] = 1;
    }
    const mean = sum / rows;
    total += Math.sqrt(Math.max(0, squares / rows - mean * mean));
  }
  return total;
}

/** VALUES of all inputs together. */
function moments(inputs: readonly Numbers[]): number[] {
  const first = inputs.find(({ data }) => data.length > 0)?.data[0] ?? 0;
  const origin = Number.isFinite(first) ? first : 0;
  const found = inputs.map(({ data }) => sums(data, origin));
  const total = (of: "count" | "sum" | "squares" | "zeros" | "nans" | "infinities"): number =>
    found.reduce((all, one) => all + one[of], 0);
  const [count, nans, infinities] = [total("count"), total("nans"), total("infinities")];
  const share = total("zeros") / (count + nans + infinities);
  if (count === 0) return [...new Array<number>(5).fill(Number.NaN), share, nans, infinities];
  const mean = total("sum") / count;
  const std = Math.sqrt(Math.max(0, total("squares") / count - mean * mean));
  // from distances to the numbers themselves
  const norm = Math.sqrt(count) * Math.hypot(std, mean + origin);
  const min = Math.min(...found.map((one) => one.min));
  const max = Math.max(...found.map((one) => one.max));
  return [mean + origin, std, norm, min, max, share, nans, infinities];
}

/** Numbers by sign, exponent and first bit of the mantissa: what is not finite comes last, NaN behind infinity. */
const [CODE_SHIFT, CODES, NAN] = [22, 512, 511] as const;

/** Fills bytes with square roots of shares. */
function histogram(inputs: readonly Numbers[], exponent: number, bytes: Uint8Array): void {
  const counts = new Int32Array(VALUE_BINS);
  const half = VALUE_BINS / 2;
  const stride = histogramStride(inputs.reduce((sum, { bits }) => sum + bits.length, 0));
  let total = 0;
  for (const { bits } of inputs) {
    for (let i = 0; i < bits.length; i += stride) {
      const code = bits[i]! >>> CODE_SHIFT;
      const size = code % CODES;
      if (size === NAN) continue;
      const bin = Math.min(Math.max(size - lowestCode(exponent), 0), half - 1);
      // a negative zero is a zero
      counts[code < CODES || size === 0 ? half + bin : half - 1 - bin]!++;
      total++;
    }
  }
  counts.forEach((count, bin) => {
    bytes[bin] = total === 0 ? 0 : Math.round(255 * Math.sqrt(count / total));
  });
}

/** Sets a bit for each index of an axis at which anything is positive, in an element of any example. */
function active(positive: Uint8Array, shape: readonly number[], axis: number, bits: Uint32Array): void {
  const units = shape[axis] ?? 1;
  const inner = elements(shape.slice(axis + 1));
  bits.fill(0);
  positive.forEach((any, at) => {
    const unit = Math.floor(at / inner) % units;
    if (any === 1) bits[unit >> 5]! |= 1 << (unit & 31);
  });
}

function drift(x: Numbers, means: ArrayLike<number>, variances: ArrayLike<number>): [number, number] {
  const [batch = 0, channels = 0] = x.shape;
  const inner = elements(x.shape.slice(2));
  const count = batch * inner;
  let [gap, logarithm] = [0, 0];
  for (let channel = 0; channel < channels; channel++) {
    const origin = x.data[channel * inner]!;
    let [sum, squares] = [0, 0];
    for (let n = 0; n < batch; n++) {
      for (let i = 0, at = (n * channels + channel) * inner; i < inner; i++, at++) {
        const distance = x.data[at]! - origin;
        sum += distance;
        squares += distance * distance;
      }
    }
    const mean = sum / count;
    const variance = Math.max(0, squares - sum * mean) / (count - 1);
    gap += Math.abs(means[channel]! - (mean + origin)) / Math.sqrt(variance);
    logarithm += Math.log(variances[channel]! / variance);
  }
  return [gap / channels, Math.exp(logarithm / channels)];
}
