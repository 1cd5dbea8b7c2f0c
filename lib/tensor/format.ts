// How tensors are printed: like PyTorch, so that outputs can be compared with the book's line by line.

import { type DType, isFloat } from "../graph/dtype.js";
import { elements } from "../graph/shape.js";
import type { TensorBase } from "./base.js";
import type { NestedArray } from "./types.js";

/** More elements than this are abbreviated to EDGE at both ends of each axis. */
const SUMMARIZE_ABOVE = 1000;
const EDGE = 3;
const LINE_WIDTH = 80;
const PRECISION = 4;

type Values = ArrayLike<number>;

/** Row-major values as nested arrays. */
export function nested(values: Values, shape: readonly number[], dtype: DType): NestedArray {
  const convert = (value: number): number | boolean => (dtype === "bool" ? value !== 0 : value);
  const build = (dim: number, offset: number, stride: number): NestedArray => {
    if (dim === shape.length) return convert(values[offset]!);
    const step = shape[dim]! === 0 ? 0 : stride / shape[dim]!;
    return Array.from({ length: shape[dim]! }, (_, i) => build(dim + 1, offset + i * step, step));
  };
  return build(0, 0, elements(shape));
}

/** Positions of an axis that are shown; -1 stands for "...". */
function shown(extent: number, summarize: boolean): number[] {
  if (!summarize || extent <= 2 * EDGE) return Array.from({ length: extent }, (_, i) => i);
  const head = Array.from({ length: EDGE }, (_, i) => i);
  return [...head, -1, ...head.map((i) => extent - EDGE + i)];
}

/** Offsets of all elements that are printed. */
function shownOffsets(shape: readonly number[], summarize: boolean): number[] {
  let offsets = [0];
  let stride = elements(shape);
  for (const extent of shape) {
    stride = extent === 0 ? 0 : stride / extent;
    const positions = shown(extent, summarize).filter((i) => i >= 0);
    offsets = offsets.flatMap((offset) => positions.map((i) => offset + i * stride));
  }
  return offsets;
}

/** How the elements of a tensor are printed: all to the same width. */
interface ElementFormat {
  readonly print: (value: number) => string;
  readonly width: number;
}

function elementFormat(values: readonly number[], dtype: DType): ElementFormat {
  const print = plainFormatter(values, dtype);
  // as in PyTorch, zeros and infinities have to fit in where they can
  const counted = isFloat(dtype) ? values.filter((value) => Number.isFinite(value) && value !== 0) : values;
  const width = counted.reduce((most, value) => Math.max(most, print(value).length), 1);
  return { print: (value) => print(value).padStart(width), width };
}

function plainFormatter(values: readonly number[], dtype: DType): (value: number) => string {
  if (dtype === "bool") return (value) => (value === 0 ? "False" : "True");
  if (!isFloat(dtype)) return (value) => String(value);
  const special = (value: number): string | undefined =>
    Number.isNaN(value) ? "nan" : Number.isFinite(value) ? undefined : value > 0 ? "inf" : "-inf";
  const finite = values.filter((value) => Number.isFinite(value) && value !== 0).map(Math.abs);
  const whole = (value: number): string => special(value) ?? `${Object.is(value, -0) ? "-0" : value}.`;
  if (finite.length === 0) return whole;
  const largest = Math.max(...finite);
  const smallest = Math.min(...finite);
  if (
    values.filter(Number.isFinite).every(Number.isInteger) &&
    largest / smallest <= 1000 &&
    largest <= 1e8
  ) {
    return whole;
  }
  const scientific = largest / smallest > 1000 || largest > 1e8 || smallest < 1e-4;
  if (!scientific) return (value) => special(value) ?? halfToEven(value, "toFixed");
  return (value) =>
    special(value) ??
    halfToEven(value, "toExponential").replace(
      /e([+-])(\d+)$/,
      (_, sign: string, digits: string) => `e${sign}${digits.padStart(2, "0")}`,
    );
}

/** A number whose digits end in the middle between two that can be printed; what is kept, and the exponent. */
const HALFWAY = new RegExp(`^(.*\\.\\d{${PRECISION}})50*(e.*)?$`);

/** Python rounds such numbers to the even digit, JavaScript away from zero. */
function halfToEven(value: number, notation: "toFixed" | "toExponential"): string {
  const [, kept, exponent = ""] = HALFWAY.exec(value[notation](60)) ?? [];
  return kept !== undefined && Number(kept.at(-1)) % 2 === 0 ? kept + exponent : value[notation](PRECISION);
}

/** "tensor([[1., 2.],\n        [3., 4.]])" */
export function formatTensor<T extends TensorBase<T>>(tensor: TensorBase<T>): string {
  const { shape, dtype } = tensor;
  const values = tensor.toTypedArray();
  const summarize = values.length > SUMMARIZE_ABOVE;
  const format = elementFormat(
    shownOffsets(shape, summarize).map((offset) => values[offset]!),
    dtype,
  );
  const prefix = "tensor(";
  const body = values.length === 0 ? "[]" : formatAxis(values, shape, 0, 0, prefix.length, format, summarize);
  const suffix: string[] = [];
  if (values.length === 0 && shape.length !== 1)
    suffix.push(`size=(${shape.join(", ")}${shape.length === 1 ? "," : ""})`);
  if (dtype !== "float32" && dtype !== "bool") suffix.push(`dtype=${dtype}`);
  if (values.length === 0 && dtype === "bool") suffix.push("dtype=bool");
  if (tensor.requiresGrad)
    suffix.push(
      tensor.isLeaf ? "requiresGrad=true" : `gradFn=<${tensor.storage.node.tape?.op ?? "unknown"}>`,
    );
  return `${withSuffixes(prefix + body, suffix, prefix.length)})`;
}

/** The text with what is said about the tensor, on new lines where it does not fit any more. */
function withSuffixes(text: string, suffixes: readonly string[], indent: number): string {
  let used = text.length - text.lastIndexOf("\n") + 1;
  return suffixes.reduce((all, suffix) => {
    const fits = used + suffix.length + 2 <= LINE_WIDTH;
    used = (fits ? used + 2 : indent) + suffix.length;
    return `${all},${fits ? " " : `\n${" ".repeat(indent)}`}${suffix}`;
  }, text);
}

function formatAxis(
  values: Values,
  shape: readonly number[],
  dim: number,
  offset: number,
  indent: number,
  format: ElementFormat,
  summarize: boolean,
): string {
  const { print, width } = format;
  if (dim === shape.length) return print(values[offset]!);
  const stride = elements(shape.slice(dim + 1));
  const positions = shown(shape[dim]!, summarize);
  if (dim === shape.length - 1) {
    const items = positions.map((i) => (i < 0 ? " ..." : print(values[offset + i]!)));
    return `[${wrap(items, indent + 1, width + 2)}]`;
  }
  const rows = positions.map((i) =>
    i < 0 ? "..." : formatAxis(values, shape, dim + 1, offset + i * stride, indent + 1, format, summarize),
  );
  const gap = "\n".repeat(shape.length - 1 - dim) + " ".repeat(indent + 1);
  return `[${rows.join(`,${gap}`)}]`;
}

/** Elements in lines of at most LINE_WIDTH characters; `width` counts the comma. */
function wrap(items: readonly string[], indent: number, width: number): string {
  const perLine = Math.max(1, Math.floor((LINE_WIDTH - indent) / width));
  const lines: string[] = [];
  for (let i = 0; i < items.length; i += perLine) lines.push(items.slice(i, i + perLine).join(", "));
  return lines.join(`,\n${" ".repeat(indent)}`);
}
