// Four neighbouring points of the last loop dimension, computed by one invocation: their loads and stores are whole vectors, and of
// types shorter than a word, whole words, which need no atomic operations.

import type { DType } from "../../graph/dtype.js";
import { children, type Expr, inOrder, type View } from "../../graph/expr.js";
import type { Output } from "../ir.js";
import { type Access, WORDS_OF_FOUR } from "./access.js";
import { type Names, Scope } from "./expressions.js";
import type { Slots } from "./shader.js";

/** Of four neighbouring elements from an address on, in elements: what loads them, as a vector of what they are computed in. */
export const LOAD_FOUR: Readonly<Record<DType, (address: string) => string>> = {
  float32: (a) => `bitcast<vec4<f32>>(words4(${a}))`,
  int32: (a) => `bitcast<vec4<i32>>(words4(${a}))`,
  float16: (a) => `four_halves(words2((${a}) >> 1u))`,
  bool: (a) => `(four_bytes(word((${a}) >> 2u)) != vec4<u32>())`,
  uint8: (a) => `vec4<i32>(four_bytes(word((${a}) >> 2u)))`,
};

const halves = (a: string, b: string): string => `to_half(${a}) | (to_half(${b}) << 16u)`;
const bytes = (parts: readonly string[]): string =>
  parts.map((part, i) => (i === 0 ? part : `(${part} << ${8 * i}u)`)).join(" | ");

const STORE_FOUR: Readonly<Record<DType, (address: string, x: readonly string[]) => string>> = {
  float32: (a, x) => `put_words4(${a}, bitcast<vec4<u32>>(vec4<f32>(${x.join(", ")})));`,
  int32: (a, x) => `put_words4(${a}, bitcast<vec4<u32>>(vec4<i32>(${x.join(", ")})));`,
  float16: (a, x) => `put_words2((${a}) >> 1u, vec2<u32>(${halves(x[0]!, x[1]!)}, ${halves(x[2]!, x[3]!)}));`,
  bool: (a, x) => `put_word((${a}) >> 2u, ${bytes(x.map((one) => `select(0u, 1u, ${one})`))});`,
  uint8: (a, x) => `put_word((${a}) >> 2u, ${bytes(x.map((one) => `(bitcast<u32>(${one}) & 255u)`))});`,
};

/** Whether four neighbours along dimension `along` lie side by side, from a multiple of four on. Buffers begin at such. */
export function isInFours({ offset, strides }: View, along: number): boolean {
  return offset % 4 === 0 && strides.every((stride, d) => (d === along ? stride === 1 : stride % 4 === 0));
}

/** How the heap is to be seen by a kernel that stores four results at once, along the last of dimensions with these extents;
 *  undefined where they do not lie so. */
export function accessInFours(outputs: readonly Output[], extents: readonly number[]): Access | undefined {
  const last = extents.length - 1;
  if (last < 0 || extents[last]! % 4 !== 0 || outputs.length === 0) return undefined;
  if (!outputs.every(({ view }) => isInFours(view, last))) return undefined;
  return Math.min(...outputs.map(({ value }) => WORDS_OF_FOUR[value.dtype])) as Access;
}

/** Statements that compute `outputs` at the points that `indices` (WGSL, of type u32) name: the last is that of the first of four.
 *  `accumulators`: for each of the four. */
export function storesOfFour(
  outputs: readonly Output[],
  slots: Slots,
  names: Names,
  indices: readonly string[],
  accumulators: (point: number) => readonly string[],
): string[] {
  const scope = new FourScope(slots, names, indices, accumulators);
  scope.store(outputs);
  return scope.take();
}

const POINTS = [0, 1, 2, 3] as const;

/** Evaluates expressions at four neighbouring points: as `Scope` does at one. */
export class FourScope {
  readonly #names: Names;
  readonly #scopes: readonly Scope[];
  readonly #accumulators: (point: number) => readonly string[];
  /** The loop dimension along which the four lie. */
  readonly #along: number;
  readonly #varying = new Map<Expr, boolean>();
  readonly #evaluated = new Set<Expr>();
  readonly #lines: string[] = [];

  /** As for `storesOfFour`. */
  constructor(
    slots: Slots,
    names: Names,
    indices: readonly string[],
    accumulators: (point: number) => readonly string[],
  ) {
    this.#names = names;
    this.#accumulators = accumulators;
    this.#along = indices.length - 1;
    const first = indices[this.#along]!;
    this.#scopes = POINTS.map((point) => {
      const last = point === 0 ? first : `(${first} + ${point}u)`;
      return new Scope(slots, names, [...indices.slice(0, -1), last], accumulators(point));
    });
  }

  /** The statements so far; the scope goes on without them. */
  take(): string[] {
    return this.#lines.splice(0);
  }

  /** Names for the four values. */
  values(root: Expr): readonly string[] {
    for (const expr of inOrder([root])) {
      if (this.#evaluated.has(expr)) continue;
      this.#evaluated.add(expr);
      this.#evaluate(expr);
    }
    return this.#scopes.map((scope) => scope.value(root));
  }

  /** Evaluates all outputs, then stores them. */
  store(outputs: readonly Output[]): void {
    const values = outputs.map(({ value }) => this.values(value));
    outputs.forEach(({ buffer, view, value: { dtype } }, i) => {
      const address = this.#scopes[0]!.address(buffer, dtype, view);
      this.#lines.push(STORE_FOUR[dtype](address, values[i]!));
    });
  }

  #evaluate(expr: Expr): void {
    const [first, ...others] = this.#scopes as [Scope, ...Scope[]];
    if (expr.kind === "load" && expr.guard === undefined && isInFours(expr.view, this.#along)) {
      const name = this.#names.next("four");
      const load = LOAD_FOUR[expr.dtype](first.address(expr.buffer, expr.dtype, expr.view));
      this.#lines.push(`let ${name} = ${load};`);
      this.#scopes.forEach((scope, point) => {
        scope.know(expr, `${name}.${"xyzw"[point]}`);
      });
      return;
    }
    const value = first.value(expr);
    this.#lines.push(...first.take());
    for (const scope of others) {
      if (this.#varies(expr)) scope.value(expr);
      else scope.know(expr, value);
      this.#lines.push(...scope.take());
    }
  }

  /** Whether the four differ. */
  #varies(expr: Expr): boolean {
    let known = this.#varying.get(expr);
    if (known === undefined) {
      known =
        (expr.kind === "accumulator" &&
          POINTS.some(
            (point) => this.#accumulators(point)[expr.index] !== this.#accumulators(0)[expr.index],
          )) ||
        (expr.kind === "index" && expr.dim === this.#along) ||
        ((expr.kind === "load" || expr.kind === "gather") && (expr.view.strides[this.#along] ?? 0) !== 0) ||
        children(expr).some((child) => this.#varies(child));
      this.#varying.set(expr, known);
    }
    return known;
  }
}
