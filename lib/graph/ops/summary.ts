// Statistics of many tensors as one value: what is recorded of the layers of a watched network. One routine for all of it,
// because hundreds of small reductions would cost more to record and to plan than they cost to compute.

import { defineOp, type Node, type Op, record } from "../node.js";
import { elements } from "../shape.js";
import type { Attributes } from "../spec.js";
import { cast, identity } from "./elementwise.js";

/** What a part finds out about its inputs. */
export const SUMMARY_KINDS = ["values", "moments", "units", "beyond", "drift", "squares"] as const;
export type SummaryKind = (typeof SUMMARY_KINDS)[number];

export type SummaryPart =
  /** Of all elements of the inputs together: VALUES, then a histogram of VALUE_BINS bytes. */
  | { readonly kind: "values"; readonly inputs: readonly Node[]; readonly exponent: number }
  /** VALUES alone. */
  | { readonly kind: "moments"; readonly inputs: readonly Node[] }
  /** Of [N, ...]: the std over N of each element, averaged; then a bit for each index of `axis`, set where anything is > 0. */
  | { readonly kind: "units"; readonly inputs: readonly [x: Node]; readonly axis: number }
  /** The share of elements <= low or >= high. */
  | {
      readonly kind: "beyond";
      readonly inputs: readonly [x: Node];
      readonly low: number;
      readonly high: number;
    }
  /** How far moments kept for each index of axis 1 are from those of [N, C, ...]: the mean of |mean - m| / s, and the
   *  geometric mean of variance / s², with s² the unbiased variance. */
  | { readonly kind: "drift"; readonly inputs: readonly [x: Node, mean: Node, variance: Node] }
  /** The sum of the squares of all elements of the inputs. */
  | { readonly kind: "squares"; readonly inputs: readonly Node[] };

/** What "moments" is and "values" starts with, float32 each. Elements that are not finite are counted, and left out of the rest. */
export const VALUES = ["mean", "std", "norm", "min", "max", "zeros", "nans", "infinities"] as const;
/** The bins have edges at 0, ±2^k and ±1.5 * 2^k from k = `exponent` on; the outermost go on to infinity. Zeros are in the first
 *  bin of the positive half; NaN in none. A bin is a byte: the square root of its share, in steps of 1/255. */
export const VALUE_BINS = 64;

/** Of larger inputs a histogram takes every k-th element, about this many: a share is then within 2 % of the whole one. */
const HISTOGRAM_ELEMENTS = 4096;

/** From one element of so many that a histogram takes to the next. Odd, so that rows of even length are not met in the same
 *  places. */
export function histogramStride(size: number): number {
  const least = size / HISTOGRAM_ELEMENTS;
  return least <= 1 ? 1 : 2 * Math.floor(least / 2) + 1;
}

/** Exponent and first bit of the mantissa, as one number, of the numbers in the first bin; the following bins have the following
 *  codes. */
export const lowestCode = (exponent: number): number => 2 * (exponent + 127) - 1;

/** Words of 32 bits that a part's result takes. */
function summaryWords(kind: SummaryKind, shape: readonly number[], axis: number): number {
  if (kind === "values") return VALUES.length + VALUE_BINS / 4;
  if (kind === "moments") return VALUES.length;
  if (kind === "units") return 1 + Math.ceil((shape[axis] ?? 1) / 32);
  return kind === "drift" ? 2 : 1;
}

/** Numbers a part takes in the attribute `parts`: its kind, how many inputs it has, and its exponent or axis. */
const PART_NUMBERS = 3;

/** A part as a device is given it. */
export interface PartOf<T> {
  readonly kind: SummaryKind;
  readonly inputs: readonly T[];
  /** Its exponent or axis. */
  readonly option: number;
  /** Of "beyond". */
  readonly low?: number | undefined;
  readonly high?: number | undefined;
  /** Where its words begin in the result, and how many there are. */
  readonly word: number;
  readonly words: number;
}

/** The parts of a summary with these attributes and inputs. */
export function partsFrom<T extends { readonly shape: readonly number[] }>(
  { parts, limits = [] }: Attributes,
  inputs: readonly T[],
): PartOf<T>[] {
  const numbers = parts as readonly number[];
  const bounds = limits as readonly number[];
  const found: PartOf<T>[] = [];
  let [input, word, limit] = [0, 0, 0];
  for (let at = 0; at < numbers.length; at += PART_NUMBERS) {
    const kind = SUMMARY_KINDS[numbers[at]!]!;
    const [count, option] = [numbers[at + 1]!, numbers[at + 2]!];
    const own = inputs.slice(input, input + count);
    const words = summaryWords(kind, own[0]?.shape ?? [], option);
    const beyond = kind === "beyond" && { low: bounds[limit++], high: bounds[limit++] };
    found.push({ kind, inputs: own, option, ...beyond, word, words });
    input += count;
    word += words;
  }
  return found;
}

const optionOf = (part: SummaryPart): number =>
  part.kind === "values" ? part.exponent : part.kind === "units" ? part.axis : 0;

/** Words of a part's result. */
export function wordsOf(part: SummaryPart): number {
  return summaryWords(part.kind, part.inputs[0]?.shape ?? [], optionOf(part));
}

const SUMMARY: Op = defineOp({
  name: "summary",
  infer: (_, { words }) => ({ shape: [words as number], dtype: "int32" }),
  lowering: { kind: "routine", name: "summary" },
});

/** The results of all parts, one after the other, as words (floats by their bits), int32. */
export function summary(parts: readonly SummaryPart[]): Node {
  const numbers: number[] = [];
  const limits: number[] = [];
  let words = 0;
  for (const part of parts) {
    words += wordsOf(part);
    numbers.push(SUMMARY_KINDS.indexOf(part.kind), part.inputs.length, optionOf(part));
    if (part.kind === "beyond") limits.push(part.low, part.high);
  }
  const inputs = parts.flatMap((part): readonly Node[] => part.inputs);
  return record(SUMMARY, inputs.map(stored), { parts: numbers, limits, words });
}

/** Routines look at float32 in memory. */
function stored(x: Node): Node {
  if (x.dtype !== "float32") return cast(x, "float32");
  return x.scalar === undefined || elements(x.shape) !== 1 ? x : identity(x);
}
