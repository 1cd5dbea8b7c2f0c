// Statistics of many tensors as one value: what is recorded of the layers of a watched network. One routine for all of it,
// because hundreds of small reductions would cost more to record and to plan than they cost to compute.

import { defineOp, type Node, type Op, record } from "../node.js";
import { elements } from "../shape.js";
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
export const VALUE_BINS = 64;

/** Words of 32 bits that a part's result takes. */
export function summaryWords(kind: SummaryKind, shape: readonly number[], axis: number): number {
  if (kind === "values") return VALUES.length + VALUE_BINS / 4;
  if (kind === "moments") return VALUES.length;
  if (kind === "units") return 1 + Math.ceil((shape[axis] ?? 1) / 32);
  return kind === "drift" ? 2 : 1;
}

/** Numbers a part takes in the attribute `parts`: its kind, how many inputs it has, and its exponent or axis. */
export const PART_NUMBERS = 3;

const optionOf = (part: SummaryPart): number =>
  part.kind === "values" ? part.exponent : part.kind === "units" ? part.axis : 0;

/** Words of a part's result. */
export function wordsOf(part: SummaryPart): number {
  return summaryWords(part.kind, part.inputs[0]?.shape ?? [], optionOf(part));
}

const SUMMARY: Op = defineOp({
  name: "summary",
  infer: (inputs, { parts }) => {
    const numbers = parts as readonly number[];
    let [words, input] = [0, 0];
    for (let at = 0; at < numbers.length; at += PART_NUMBERS) {
      words += summaryWords(SUMMARY_KINDS[numbers[at]!]!, inputs[input]?.shape ?? [], numbers[at + 2]!);
      input += numbers[at + 1]!;
    }
    return { shape: [words], dtype: "int32" };
  },
  lowering: { kind: "routine", name: "summary" },
});

/** The results of all parts, one after the other, as words (floats by their bits), int32. */
export function summary(parts: readonly SummaryPart[]): Node {
  const numbers: number[] = [];
  const limits: number[] = [];
  for (const part of parts) {
    numbers.push(SUMMARY_KINDS.indexOf(part.kind), part.inputs.length, optionOf(part));
    if (part.kind === "beyond") limits.push(part.low, part.high);
  }
  const inputs = parts.flatMap((part): readonly Node[] => part.inputs);
  return record(SUMMARY, inputs.map(stored), { parts: numbers, limits });
}

/** Routines look at float32 in memory. */
function stored(x: Node): Node {
  if (x.dtype !== "float32") return cast(x, "float32");
  return x.scalar === undefined || elements(x.shape) !== 1 ? x : identity(x);
}
