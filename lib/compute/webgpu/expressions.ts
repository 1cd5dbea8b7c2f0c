// Scalar expressions as WGSL statements: one `let` for each node, in order, so that what is shared is computed once and no
// constant expression is evaluated by the WGSL compiler, which refuses overflows.

import { computeType, type DType, ROUND } from "../../graph/dtype.js";
import { type BinaryOp, type Expr, inOrder, type View } from "../../graph/expr.js";
import type { Output } from "../ir.js";
import { BINARY, CAST, resultType, UNARY, WGSL_TYPE } from "./operations.js";
import type { Slots } from "./shader.js";

/** Elements of a type in a word of 4 bytes, as a shift. */
const PER_WORD: Readonly<Record<DType, number>> = { float32: 0, int32: 0, float16: 1, bool: 2, uint8: 2 };

/** Loads an element from an address, in elements. */
export const LOAD: Readonly<Record<DType, (address: string) => string>> = {
  float32: (a) => `bitcast<f32>(word(${a}))`,
  int32: (a) => `bitcast<i32>(word(${a}))`,
  float16: (a) => `from_half(half_at(${a}))`,
  bool: (a) => `(byte_at(${a}) != 0u)`,
  uint8: (a) => `i32(byte_at(${a}))`,
};

const STORE: Readonly<Record<DType, (address: string, value: string) => string>> = {
  float32: (a, x) => `put_word(${a}, bitcast<u32>(${x}));`,
  int32: (a, x) => `put_word(${a}, bitcast<u32>(${x}));`,
  float16: (a, x) => `put_half(${a}, to_half(${x}));`,
  bool: (a, x) => `put_byte(${a}, select(0u, 1u, ${x}));`,
  uint8: (a, x) => `put_byte(${a}, bitcast<u32>(${x}));`,
};

/** Whether storing this type changes a part of a word. */
export const isPartial = (dtype: DType): boolean => PER_WORD[dtype] > 0;

/** A number as WGSL of the type that `dtype` is computed in. */
export function literal(value: number, dtype: DType): string {
  const type = computeType(dtype);
  if (type === "bool") return value === 0 ? "false" : "true";
  if (type === "int32") {
    const whole = value | 0;
    return whole === -(2 ** 31) ? "bitcast<i32>(0x80000000u)" : `${whole}i`;
  }
  const float = Math.fround(value);
  if (Number.isNaN(float)) return "nan()";
  // not a constant: compilers take x + 1 - 1 for x, and 0 * x for 0, also where x is infinite
  const bits = new Uint32Array(new Float32Array([float]).buffer)[0]!;
  return `bitcast<f32>(0x${bits.toString(16)}u | zero())`;
}

/** What an expression of a type becomes when it is stored and read again. */
function rounded(text: string, dtype: DType): string {
  if (dtype === "float16") return `rounded_to_half(${text})`;
  return dtype === "uint8" ? `(${text} & 255i)` : text;
}

/** An operand of `op`, called `name`. Compilers take (a - b) + b for a, as WGSL allows: not where they cannot know the difference. */
function unfolded(op: BinaryOp, x: Expr, name: string): string {
  const isDifference = x.kind === "binary" && x.op === "sub" && computeType(x.dtype) === "float32";
  return op === "add" && isDifference ? `bitcast<f32>(bitcast<u32>(${name}) | zero())` : name;
}

/** Names of variables are unique in a shader. */
export class Names {
  #count = 0;
  next(prefix: string): string {
    return `${prefix}_${this.#count++}`;
  }
}

/** Evaluates expressions at one point: where the indices of the loops have these names and accumulators these values. */
export class Scope {
  readonly #slots: Slots;
  readonly #names: Names;
  readonly #indices: readonly string[];
  readonly #accumulators: readonly string[];
  readonly #known = new Map<Expr, string>();
  readonly #lines: string[] = [];

  /** `indices`: WGSL of type u32 for each loop dimension. */
  constructor(slots: Slots, names: Names, indices: readonly string[], accumulators: readonly string[]) {
    this.#slots = slots;
    this.#names = names;
    this.#indices = indices;
    this.#accumulators = accumulators;
  }

  /** The statements so far; the scope goes on without them. */
  take(): string[] {
    return this.#lines.splice(0);
  }

  /** Has `expr` computed already: `text` is its value. */
  know(expr: Expr, text: string): void {
    this.#known.set(expr, text);
  }

  /** A name for the value. */
  value(root: Expr): string {
    for (const expr of inOrder([root])) {
      if (this.#known.has(expr)) continue;
      this.#known.set(expr, this.#evaluate(expr));
    }
    return this.#known.get(root)!;
  }

  /** Evaluates all outputs, then stores them. */
  store(outputs: readonly Output[]): void {
    const values = outputs.map(({ value }) => this.value(value));
    outputs.forEach(({ buffer, view, value: { dtype } }, i) => {
      this.#lines.push(STORE[dtype](this.address(buffer, dtype, view), values[i]!));
    });
  }

  #evaluate(expr: Expr): string {
    const { dtype } = expr;
    if (expr.kind === "load" && expr.guard !== undefined) return this.#guarded(expr, this.#name(expr.guard));
    if (expr.kind === "check") return this.#check(expr, this.#name(expr.x));
    return this.#let(dtype, this.#text(expr));
  }

  #name(expr: Expr): string {
    return this.#known.get(expr)!;
  }

  #let(dtype: DType, text: string): string {
    const name = this.#names.next("v");
    this.#lines.push(`let ${name}: ${WGSL_TYPE[computeType(dtype)]} = ${text};`);
    return name;
  }

  #text(expr: Exclude<Expr, { kind: "check" }>): string {
    const { dtype } = expr;
    const type = computeType(dtype);
    switch (expr.kind) {
      case "load":
        return LOAD[dtype](this.address(expr.buffer, dtype, expr.view));
      case "gather": {
        const far = ` + u32(${this.#name(expr.index)}) * ${unsigned(expr.stride)}`;
        return LOAD[dtype](this.address(expr.buffer, dtype, expr.view) + far);
      }
      case "index":
        return CAST.int32[type](`i32(${this.#indices[expr.dim]})`);
      case "const":
        return literal(ROUND[dtype](expr.value), dtype);
      case "arg":
        return this.#argument(expr.index, dtype);
      case "unary": {
        const operand = computeType(expr.x.dtype);
        const text = UNARY[operand][expr.op]?.(this.#name(expr.x));
        if (text === undefined) throw new TypeError(`${expr.op} is not defined for ${expr.x.dtype}`);
        return rounded(CAST[resultType(expr.op, operand)][type](text), dtype);
      }
      case "binary": {
        const operand = computeType(expr.a.dtype);
        const [a, b] = [expr.a, expr.b].map((x) => unfolded(expr.op, x, this.#name(x)));
        const text = BINARY[operand][expr.op]?.(a!, b!);
        if (text === undefined) throw new TypeError(`${expr.op} is not defined for ${expr.a.dtype}`);
        return rounded(CAST[resultType(expr.op, operand)][type](text), dtype);
      }
      case "where":
        return `select(${this.#name(expr.b)}, ${this.#name(expr.a)}, ${this.#name(expr.condition)})`;
      case "cast":
        return rounded(CAST[computeType(expr.x.dtype)][type](this.#name(expr.x)), dtype);
      case "accumulator":
        return this.#accumulators[expr.index]!;
    }
  }

  #argument(index: number, dtype: DType): string {
    const type = computeType(dtype);
    const as = type === "float32" ? "float32" : "int32";
    const bits = this.#slots.read({ kind: "argument", index, as });
    return rounded(CAST[as][type](`bitcast<${WGSL_TYPE[as]}>(${bits})`), dtype);
  }

  #guarded(expr: Extract<Expr, { kind: "load" }>, guard: string): string {
    const name = this.#names.next("v");
    const { dtype, buffer, view } = expr;
    const type = WGSL_TYPE[computeType(dtype)];
    const load = LOAD[dtype](this.address(buffer, dtype, view));
    // the 0 is written out: without, a loop keeps the last round's value on some implementations
    this.#lines.push(`var ${name}: ${type} = ${literal(0, dtype)};`, `if (${guard}) { ${name} = ${load}; }`);
    return name;
  }

  #check({ bound, fault }: Extract<Expr, { kind: "check" }>, x: string): string {
    const bad = this.#names.next("bad");
    this.#lines.push(
      `let ${bad} = (${x} < 0i) | (${x} >= ${literal(bound, "int32")});`,
      `if (${bad}) { report(${fault + 1}u, ${x}); }`,
    );
    return this.#let("int32", `select(${x}, 0i, ${bad})`);
  }

  /** In elements from the begin of the heap. */
  address(buffer: number, dtype: DType, view: View): string {
    const base = this.#slots.read({ kind: "base", buffer });
    const first = PER_WORD[dtype] === 0 ? base : `(${base} << ${PER_WORD[dtype]}u)`;
    return `${first}${offsetText(view, this.#indices)}`;
  }
}

const unsigned = (value: number): string => `${value >>> 0}u`;

/** " + offset + index * stride ...", in wrapping arithmetic, so that strides may be negative. */
export function offsetText({ offset, strides }: View, indices: readonly string[]): string {
  const terms = strides.flatMap((stride, d) => {
    if (stride === 0) return [];
    return stride === 1 ? [indices[d]!] : [`${indices[d]} * ${unsigned(stride)}`];
  });
  if (offset !== 0) terms.unshift(unsigned(offset));
  return terms.map((term) => ` + ${term}`).join("");
}
