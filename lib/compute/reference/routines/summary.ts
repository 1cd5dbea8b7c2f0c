// Statistics of many tensors in one pass over each: see lib/graph/ops/summary.ts for what they are and how they are laid out.
// Sums run in double precision, over distances from the first element, so that the std of almost equal numbers is exact.

import {
  PART_NUMBERS,
  SUMMARY_KINDS,
  type SummaryKind,
  summaryWords,
  VALUE_BINS,
  VALUES,
} from "../../../graph/ops/summary.js";
import { elements } from "../../../graph/shape.js";
import type { Routine, RoutineTensor } from "./index.js";
import { plainSums, type Sums } from "./sums.js";

/** Of larger inputs the histogram takes every k-th element, about this many: a share is then within 2 % of the whole one. */
const HISTOGRAM_ELEMENTS = 4096;

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
  readonly sums: Sums;
}
type Summarize = (inputs: readonly Numbers[], out: Float32Array, options: Options) => void;

export const summary: Routine = (inputs, output, { parts, limits }, sums) => {
  const numbers = parts as readonly number[];
  const bounds = limits as readonly number[];
  const all = inputs.map(numbersOf);
  const out = new Float32Array(output.data.buffer, output.data.byteOffset, output.data.length);
  let [input, word, limit] = [0, 0, 0];
  for (let at = 0; at < numbers.length; at += PART_NUMBERS) {
    const kind = SUMMARY_KINDS[numbers[at]!]!;
    const [count, option] = [numbers[at + 1]!, numbers[at + 2]!];
    const own = all.slice(input, input + count);
    const words = summaryWords(kind, own[0]?.shape ?? [], option);
    const options = { option, low: bounds[limit]!, high: bounds[limit + 1]!, sums };
    SUMMARIZE[kind](own, out.subarray(word, word + words), options);
    if (kind === "beyond") limit += 2;
    input += count;
    word += words;
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
  values(inputs, out, { option: exponent, sums }) {
    out.set(moments(inputs, sums));
    const { buffer, byteOffset } = bitsUnder(out.subarray(VALUES.length));
    histogram(inputs, exponent, new Uint8Array(buffer, byteOffset, VALUE_BINS));
  },
  moments(inputs, out, { sums }) {
    out.set(moments(inputs, sums));
  },
  units([x], out, { option: axis, sums }) {
    const [batch = 0] = x!.shape;
    const width = batch === 0 ? 0 : x!.data.length / batch;
    const positive = new Uint8Array(width);
    out[0] = sums.columns(x!.data, batch, positive) / width;
    active(positive, x!.shape, axis, bitsUnder(out.subarray(1)));
  },
  beyond([x], out, { low, high, sums }) {
    out[0] = sums.outside(x!.data, low, high) / x!.data.length;
  },
  drift([x, mean, variance], out) {
    out.set(drift(x!, mean!.data, variance!.data));
  },
  squares(inputs, out, { sums }) {
    out[0] = inputs.reduce((total, { data }) => total + sums.whole(data, 0).squares, 0);
  },
};

/** VALUES of all inputs together. */
function moments(inputs: readonly Numbers[], sums: Sums): number[] {
  const first = inputs.find(({ data }) => data.length > 0)?.data[0] ?? 0;
  const origin = Number.isFinite(first) ? first : 0;
  let [count, sum, squares, zeros, nans, infinities] = [0, 0, 0, 0, 0, 0];
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { data } of inputs) {
    let finite = data;
    let part = sums.whole(data, origin);
    if (!Number.isFinite(part.squares)) {
      finite = data.filter(Number.isFinite);
      const unknown = data.filter(Number.isNaN).length;
      nans += unknown;
      infinities += data.length - finite.length - unknown;
      // in double precision, which squares of float32 fit in
      part = plainSums.whole(finite, origin);
    }
    count += finite.length;
    sum += part.sum;
    squares += part.squares;
    zeros += part.zeros;
    min = Math.min(min, part.min);
    max = Math.max(max, part.max);
  }
  const share = zeros / (count + nans + infinities);
  if (count === 0) return [...new Array<number>(5).fill(Number.NaN), share, nans, infinities];
  const mean = sum / count;
  const std = Math.sqrt(Math.max(0, squares / count - mean * mean));
  // from distances to the numbers themselves
  const norm = Math.sqrt(count) * Math.hypot(std, mean + origin);
  return [mean + origin, std, norm, min, max, share, nans, infinities];
}

/** By sign, exponent and first bit of the mantissa: what is not finite comes last, NaN behind infinity. */
const CODES = 1024;
const HALF_CODES = CODES / 2;
const NAN = HALF_CODES - 1;

/** Fills bytes with square roots of shares, in steps of 1/255. Bins have edges at 0, ±2^k and ±1.5 * 2^k from k = `exponent` on;
 *  the outermost go on to infinity. Zeros are in the first bin of the positive half; NaN in none. */
function histogram(inputs: readonly Numbers[], exponent: number, bytes: Uint8Array): void {
  const counts = new Int32Array(VALUE_BINS + 1);
  const binOf = binsOf(exponent);
  const size = inputs.reduce((sum, { bits }) => sum + bits.length, 0);
  const stride = oddAbove(size / HISTOGRAM_ELEMENTS);
  for (const { bits } of inputs)
    for (let i = 0; i < bits.length; i += stride) counts[binOf[bits[i]! >>> 22]!]!++;
  const binned = counts.subarray(0, VALUE_BINS);
  const total = binned.reduce((sum, count) => sum + count, 0);
  for (let bin = 0; bin < VALUE_BINS; bin++) {
    bytes[bin] = total === 0 ? 0 : Math.round(255 * Math.sqrt(binned[bin]! / total));
  }
}

const tables = new Map<number, Uint8Array>();

/** The bin of each code; NaN has one behind the others. */
function binsOf(exponent: number): Uint8Array {
  const known = tables.get(exponent);
  if (known !== undefined) return known;
  const half = VALUE_BINS / 2;
  const table = Uint8Array.from({ length: CODES }, (_, code) => {
    const size = code & NAN;
    if (size === NAN) return VALUE_BINS;
    const bin = Math.min(Math.max(size - 2 * (exponent + 127) + 1, 0), half - 1);
    // a negative zero is a zero
    return code < HALF_CODES || size === 0 ? half + bin : half - 1 - bin;
  });
  tables.set(exponent, table);
  return table;
}

/** An odd stride, so that rows of even length are not met in the same places. */
const oddAbove = (least: number): number => (least <= 1 ? 1 : 2 * Math.floor(least / 2) + 1);

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
