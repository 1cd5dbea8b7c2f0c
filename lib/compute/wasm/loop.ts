// Generates the function of a loop kernel: the loops around, the vectorised one in pieces of several vectors, one vector
// and the rest of a row, and what is computed and stored inside.

import { children, type Expr, inOrder } from "../../graph/expr.js";
import {
  type Accumulator,
  accumulatorsOf,
  expressionsOf,
  type LoopKernel,
  type Output,
  type Pass,
} from "../ir.js";
import { Pointers, pushBuffer, type Range } from "./addressing.js";
import type { LoopCut } from "./cut.js";
import type { FunctionBuilder } from "./encoder.js";
import { Evaluator, type Surroundings } from "./evaluate.js";
import { I32, OP, type ValueType } from "./instructions.js";
import { COPIES, Lanes } from "./lanes.js";
import { store } from "./memory.js";
import type { ModuleBuilder } from "./module.js";
import type { Access, Nest } from "./nest.js";
import { CHUNK, Fold, makeReduction, type Reduction } from "./reduction.js";
import { CHUNK as CHUNK_NUMBER } from "./team.js";

export interface Target extends Surroundings {
  /** Of every function: those of a chunk, and what `buffers` wants beside. */
  readonly parameters: readonly ValueType[];
  /** Those of the plan; generators add scratch memory. */
  readonly buffers: Range[];
  /** Whether fused multiply-add may be used. */
  readonly relaxed: boolean;
  /** Nanoseconds a chunk takes at least. */
  readonly grain: number;
  /** A new range of memory that this kernel alone uses, for all threads. */
  shared(bytes: number): Range;
  /** `LANES_BYTES` of each thread. */
  readonly lanes: Range;
  readonly module: ModuleBuilder;
}

/** How often a piece of a loop is repeated: in all chunks but the last, and in the last one. */
interface Times {
  readonly full: number;
  readonly last: number;
}

const always = (times: number): Times => ({ full: times, last: times });
const each = ({ full, last }: Times, rule: (times: number) => number): Times => ({
  full: rule(full),
  last: rule(last),
});

/** Steps from chunk to chunk of accesses that do not follow the loop which is cut. */
export type Elsewhere = (access: Access) => number | undefined;

/** Appends one chunk of the kernel to `f`, whose parameters are those of every chunk. Returns what was generated, in words.
 *  `number`: the kernel's place in the plan. */
export function emitLoop(
  f: FunctionBuilder,
  kernel: LoopKernel,
  number: number,
  target: Target,
  nest: Nest,
  cut: LoopCut | undefined,
  elsewhere: Elsewhere,
): string {
  const emitter = new LoopEmitter(f, kernel, number, target, nest, cut, elsewhere);
  emitter.emit();
  return emitter.description;
}

class LoopEmitter {
  readonly #f: FunctionBuilder;
  readonly #kernel: LoopKernel;
  readonly #nest: Nest;
  readonly #cut: LoopCut | undefined;
  readonly #pointers: Pointers;
  readonly #values: Evaluator;
  readonly #relaxed: boolean;
  readonly #laneMemory: Range;
  /** Vectors worked on at once in the long piece of a row. */
  readonly #copies: number;
  /** Loops whose index is needed as a number. */
  readonly #counted: ReadonlySet<number>;
  /** What cannot be computed before the passes begin: it needs what they accumulate or store. */
  readonly #late: ReadonlySet<Expr>;
  /** Those of the current pass. */
  #accumulators: readonly Accumulator[] = [];
  #reductions: Reduction[] = [];

  constructor(
    f: FunctionBuilder,
    kernel: LoopKernel,
    number: number,
    target: Target,
    nest: Nest,
    cut: LoopCut | undefined,
    elsewhere: Elsewhere,
  ) {
    this.#f = f;
    this.#kernel = kernel;
    this.#nest = nest;
    this.#cut = cut;
    this.#relaxed = target.relaxed;
    this.#laneMemory = target.lanes;
    this.#copies = this.#chooseCopies();
    this.#pointers = new Pointers(f, nest.accesses.values(), target.buffers, (access) =>
      cut === undefined ? 0 : (elsewhere(access) ?? access.strides[cut.loop]! * cut.size),
    );
    const lanes = new Lanes(f, 1, 1, target.relaxed);
    this.#late = dependingOn(expressionsOf(kernel), storedBy(kernel.passes));
    const negative = this.#findNegative();
    this.#values = new Evaluator(f, nest, this.#pointers, target, number, lanes, negative);
    this.#counted = this.#findCounted();
  }

  get description(): string {
    const { loops, vector } = this.#nest;
    const shape = loops
      .map(({ extent, reduce }, i) => `${reduce ? "+" : ""}${extent}${i === vector ? "v" : ""}`)
      .join(" ");
    const cut = this.#cut === undefined ? "" : `, ${this.#cut.chunks} chunks`;
    return `loops [${shape}] ${this.#copies} vectors${cut}`;
  }

  #chooseCopies(): number {
    const { vector, loops } = this.#nest;
    const extent = vector < 0 ? 1 : loops[vector]!.extent;
    return Math.max(1, Math.min(COPIES, 2 * Math.floor(extent / 8)));
  }

  #findCounted(): ReadonlySet<number> {
    const counted = new Set<number>();
    const position = accumulatorsOf(this.#kernel).some(({ op }) => op === "argmax" || op === "argmin");
    this.#nest.loops.forEach((loop, i) => {
      if (loop.index !== undefined || (position && this.#nest.position[i] !== 0)) counted.add(i);
    });
    return counted;
  }

  /** What is left of the values of a row without their maximum: never above 0. */
  #findNegative(): ReadonlySet<Expr> {
    const accumulators = accumulatorsOf(this.#kernel);
    const found = expressionsOf(this.#kernel).filter((expr) => {
      if (expr.kind !== "binary" || expr.op !== "sub" || expr.b.kind !== "accumulator") return false;
      const { op, value } = accumulators[expr.b.index]!;
      return op === "max" && value === expr.a && !this.#late.has(value);
    });
    return new Set(found);
  }

  emit(): void {
    this.#open(0);
  }

  /** Emits the parallel loops from number `depth` inwards. */
  #open(depth: number): void {
    this.#hoist(depth - 1);
    if (depth === this.#nest.outer) this.#atPoint();
    else this.#loop(depth, () => this.#open(depth + 1));
  }

  get #isEmptyRow(): boolean {
    return this.#kernel.reduce.includes(0);
  }

  /** Computes what changes in loop `depth` and outside of it only. */
  #hoist(depth: number): void {
    const { passes, outputs } = this.#kernel;
    const roots = this.#isEmptyRow ? [] : passes.flatMap(valuesOf);
    if (depth < this.#nest.outer - 1) roots.push(...outputs.map((output) => output.value));
    for (const expr of inOrder(roots)) {
      if (!this.#late.has(expr) && this.#nest.depth(expr) <= depth) this.#values.value(expr);
    }
  }

  /** All parallel loops are open: pass along the row, then store. */
  #atPoint(): void {
    const { passes, outputs } = this.#kernel;
    this.#values.accumulators = [];
    for (const pass of passes) this.#pass(pass);
    this.#store(outputs);
  }

  #pass(pass: Pass): void {
    const along = this.#nest.vector >= this.#nest.outer;
    const extent = {
      copies: along ? this.#copies : this.#values.lanes.copies,
      memory: along && this.#copies > 1 ? this.#lanes() : undefined,
    };
    this.#accumulators = pass.accumulators;
    this.#reductions = pass.accumulators.map((accumulator) =>
      makeReduction(
        this.#f,
        accumulator,
        extent,
        () => this.#values.affine(this.#nest.position),
        this.#additions(-1) > CHUNK,
      ),
    );
    if (!this.#isEmptyRow) this.#openReduced(this.#nest.outer, pass);
    if (along) for (const reduction of this.#reductions) reduction.join();
    const results = this.#reductions.map((reduction) => reduction.result());
    this.#values.accumulators = [...this.#values.accumulators, ...results];
    this.#values.forget(dependingOn(expressionsOf(this.#kernel), storedBy([pass]), false));
  }

  /** A local with the address of the memory that vectors pass through. */
  #lanes(): number {
    const address = this.#f.local(I32);
    this.#f.atStart(() => {
      pushBuffer(this.#f, this.#laneMemory, 0);
      this.#f.set(address);
    });
    return address;
  }

  #openReduced(depth: number, pass: Pass): void {
    for (const expr of inOrder(valuesOf(pass))) {
      if (this.#nest.depth(expr) < depth) this.#values.value(expr);
    }
    if (depth < this.#nest.loops.length) this.#loop(depth, () => this.#openReduced(depth + 1, pass));
    else {
      this.#accumulate();
      this.#store(pass.outputs);
    }
  }

  #accumulate(): void {
    const l = this.#values.lanes;
    const joined = this.#nest.vector >= this.#nest.outer;
    this.#accumulators.forEach(({ value }, i) => {
      const reduction = this.#reductions[i]!;
      const product = value.kind === "binary" && value.op === "mul" && !(joined && l.width < 4);
      if (product && this.#relaxed && reduction instanceof Fold && reduction.addsProducts) {
        reduction.addProduct(l, this.#values.value(value.a), this.#values.value(value.b));
      } else reduction.add(l, this.#values.value(value), joined && l.width < 4);
    });
  }

  /** All values are computed before the first is stored. */
  #store(outputs: readonly Output[]): void {
    const values = outputs.map((output) => this.#values.value(output.value));
    outputs.forEach((output, i) => {
      const l = this.#values.lanes;
      const place = this.#values.place(output.value, this.#nest.accesses.get(output)!);
      store(l, place, values[i]!, l.copies);
    });
  }

  /** Points of a loop: in all chunks but the last, and in the last one. */
  #extent(depth: number): Times {
    if (depth === this.#cut?.loop) return { full: this.#cut.size, last: this.#cut.last };
    return always(this.#nest.loops[depth]!.extent);
  }

  #loop(depth: number, body: () => void): void {
    const extent = this.#extent(depth);
    if (depth !== this.#nest.vector) {
      this.#pieces(depth, [{ times: extent, points: 1, lanes: this.#values.lanes }], body);
      return;
    }
    const long = 4 * this.#copies;
    const lanes = (copies: number, width: number): Lanes => new Lanes(this.#f, copies, width, this.#relaxed);
    const left = each(extent, (points) => points % long);
    const whole = [
      {
        times: each(extent, (points) => Math.floor(points / long)),
        points: long,
        lanes: lanes(this.#copies, 4),
      },
      { times: each(left, (points) => Math.floor(points / 4)), points: 4, lanes: lanes(1, 4) },
    ];
    const widths = [...new Set([left.full % 4, left.last % 4])].filter((width) => width > 0);
    const ends = widths.map((width) => ({
      times: each(left, (points) => (points % 4 === width ? 1 : 0)),
      points: width,
      lanes: lanes(1, width),
    }));
    this.#pieces(depth, [...whole, ...ends], body);
  }

  /** Additions to one lane in one round of reduced loop `depth`. */
  #additions(depth: number): number {
    const { loops, vector } = this.#nest;
    return loops.reduce((product, { reduce }, i) => {
      if (!reduce || i <= depth) return product;
      const { full, last } = this.#extent(i);
      return product * Math.ceil(Math.max(full, last) / (i === vector ? 4 * this.#copies : 1));
    }, 1);
  }

  #repeat(depth: number, times: Times, round: () => void): void {
    const chunk = Math.max(1, Math.floor(CHUNK / this.#additions(depth)));
    const most = Math.max(times.full, times.last);
    if (!this.#nest.loops[depth]!.reduce || this.#reductions.length === 0 || most <= chunk) {
      this.#rounds(times, round);
      return;
    }
    this.#rounds(
      each(times, (count) => Math.floor(count / chunk)),
      () => {
        this.#f.repeat(chunk, round);
        for (const reduction of this.#reductions) reduction.flush();
      },
    );
    this.#rounds(
      each(times, (count) => count % chunk),
      round,
    );
  }

  /** Repeats `round`; how often, is found out at run time where the last chunk differs. */
  #rounds({ full, last }: Times, round: () => void): void {
    const f = this.#f;
    if (full === last) {
      if (full > 0) f.repeat(full, round);
      return;
    }
    const count = f.local(I32);
    f.i32(last);
    f.i32(full);
    f.get(CHUNK_NUMBER);
    f.i32(this.#cut!.chunks - 1);
    f.op(OP.i32_eq);
    f.op(OP.select);
    f.set(count);
    f.get(count);
    f.if(() => f.repeatLocal(count, round));
  }

  /** One loop in successive pieces, each with its own width of step. */
  #pieces(
    depth: number,
    pieces: readonly { times: Times; points: number; lanes: Lanes }[],
    body: () => void,
  ): void {
    const f = this.#f;
    const moving = this.#pointers.enter(depth);
    const counter = this.#counted.has(depth) ? f.local(I32) : undefined;
    if (counter !== undefined) {
      f.i32(0);
      if (depth === this.#cut?.loop) {
        f.get(CHUNK_NUMBER);
        f.i32(this.#cut.size);
        f.op(OP.i32_mul);
        f.op(OP.i32_add);
      }
      f.set(counter);
      this.#values.counters[depth] = counter;
    }
    const around = this.#values.lanes;
    for (const { times, points, lanes } of pieces) {
      if (times.full === 0 && times.last === 0) continue;
      this.#values.lanes = lanes;
      this.#repeat(depth, times, () => {
        this.#values.scoped(body);
        moving.advance(points);
        if (counter !== undefined) f.advance(counter, points);
      });
    }
    this.#values.lanes = around;
    moving.leave();
  }
}

const valuesOf = ({ accumulators, outputs }: Pass): Expr[] =>
  [...accumulators, ...outputs].map(({ value }) => value);

const storedBy = (passes: readonly Pass[]): ReadonlySet<number> =>
  new Set(passes.flatMap(({ outputs }) => outputs.map(({ buffer }) => buffer)));

/** Those of `order` that load from `buffers`, or (where they count) use accumulators, and whatever is computed from them. */
function dependingOn(
  order: readonly Expr[],
  buffers: ReadonlySet<number>,
  accumulators = true,
): ReadonlySet<Expr> {
  const found = new Set<Expr>();
  for (const expr of order) {
    const own =
      expr.kind === "load" || expr.kind === "gather"
        ? buffers.has(expr.buffer)
        : accumulators && expr.kind === "accumulator";
    if (own || children(expr).some((child) => found.has(child))) found.add(expr);
  }
  return found;
}
