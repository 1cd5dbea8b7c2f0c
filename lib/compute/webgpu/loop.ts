// Loop nests in WGSL. A workgroup computes some outer points, each with some of its invocations ("lanes"), which share the
// points of a row and then join what they have in workgroup memory.

import { computeType, type DType } from "../../graph/dtype.js";
import { elements } from "../../graph/shape.js";
import {
  type Accumulator,
  expressionsOf,
  type LoopKernel,
  outputsOf,
  type Pass,
  type ReduceOp,
} from "../ir.js";
import type { Access } from "./access.js";
import { withFewDimensions } from "./dimensions.js";
import { isPartial, literal, type Names, Scope } from "./expressions.js";
import { BINARY, CAST, WGSL_TYPE } from "./operations.js";
import { accessInFours, FourScope } from "./quads.js";
import type { Slots } from "./shader.js";

/** Invocations of a workgroup where each is alone. */
const ALONE = 64;
/** The most that work together, and bytes of workgroup memory for a reduction of each: what every implementation has, 16 KiB,
 *  must do for all of them. */
const TOGETHER = 256;
const SHARED_BYTES = 16 * 1024;
const BYTES_A_REDUCTION = 16;

/** Rows shorter than this are not shared. */
const SHARED_ROW = 32;
/** Points of a row that each of its lanes has at least; fewer where less than so many invocations would be at work. */
const POINTS_A_LANE = 16;
const FEWEST_POINTS_A_LANE = 4;
const MANY_INVOCATIONS = 16_384;
/** Lanes of a row whose points lie apart while those of neighbouring outer points are adjacent, and how many outer points are
 *  enough to do without them. */
const APART_LANES = 16;
const MANY_POINTS = MANY_INVOCATIONS;

/** What so many lanes have is joined by one of them in a round: in pairs there would be thrice as many barriers. */
const JOINED_AT_ONCE = 8;

/** How a loop nest is spread over workgroups. */
export interface Layout {
  readonly kernel: LoopKernel;
  /** Outer points, and points of a row. */
  readonly points: number;
  readonly row: number;
  /** Invocations for an outer point: a power of two. */
  readonly lanes: number;
  /** Whether neighbouring invocations have neighbouring points of a row, rather than neighbouring outer points. */
  readonly along: boolean;
  /** How the heap is to be seen where an invocation takes four neighbouring points of a row at once, and stores whole vectors. */
  readonly fours?: Access | undefined;
}

/** Whether neighbours in a row are what lies side by side in memory, more often than neighbouring outer points. */
function runsAlongRows(kernel: LoopKernel): boolean {
  const lastOuter = kernel.outer.length - 1;
  const lastReduced = kernel.outer.length + kernel.reduce.length - 1;
  let votes = 0;
  for (const expr of expressionsOf(kernel)) {
    if (expr.kind !== "load" || expr.view.strides.length <= lastReduced) continue;
    if (Math.abs(expr.view.strides[lastReduced]!) === 1) votes++;
    if (lastOuter >= 0 && Math.abs(expr.view.strides[lastOuter]!) === 1) votes--;
  }
  return votes >= 0;
}

/** How loops are laid out in one launch: all with workgroups of the same size. */
export function layOut(loops: readonly LoopKernel[]): { layouts: Layout[]; size: number; access: Access } {
  const reductions = Math.max(
    1,
    ...loops.flatMap(({ passes }) => passes.map(({ accumulators }) => accumulators.length)),
  );
  const most = 2 ** Math.floor(Math.log2(SHARED_BYTES / BYTES_A_REDUCTION / reductions));
  const together = Math.min(TOGETHER, most);
  const found = loops.map((loop) => layoutOf(loop, together));
  // a shader sees the heap in one way
  const inFours = found.every(({ fours }) => fours !== undefined);
  const layouts = inFours ? found : found.map((layout) => ({ ...layout, fours: undefined }));
  const access = inFours
    ? (Math.min(...found.map(({ fours }) => fours as number)) as Access)
    : loops.some(storesParts)
      ? "atomic"
      : 1;
  return { layouts, size: layouts.some(({ lanes }) => lanes > 1) ? together : ALONE, access };
}

/** How the heap is seen by a kernel that stores nothing but points of its rows, in fours. */
function rowsInFours({ outer, reduce, passes, outputs }: LoopKernel): Access | undefined {
  const stored = passes.flatMap((pass) => pass.outputs);
  return outputs.length > 0 || reduce.length === 0 ? undefined : accessInFours(stored, [...outer, ...reduce]);
}

/** How many invocations share each of so many rows. */
function lanesAlong(row: number, points: number): number {
  const wanted = Math.max(
    row / POINTS_A_LANE,
    Math.min(row / FEWEST_POINTS_A_LANE, MANY_INVOCATIONS / points),
  );
  return 2 ** Math.floor(Math.log2(wanted));
}

function layoutOf(loop: LoopKernel, together: number): Layout {
  const kernel = withFewDimensions(loop);
  const points = elements(kernel.outer);
  const row = kernel.passes.length === 0 ? 1 : elements(kernel.reduce);
  const along = runsAlongRows(kernel);
  let lanes = 1;
  if (row >= SHARED_ROW) {
    if (along) lanes = lanesAlong(row, points);
    else if (points < MANY_POINTS) lanes = APART_LANES;
  }
  const fours = along && lanes > 1 ? rowsInFours(kernel) : undefined;
  return { kernel, points, row, lanes: Math.min(lanes, together), along, fours };
}

export const groupsFor = ({ points, lanes }: Layout, size: number): number =>
  Math.ceil(points / (size / lanes));

/** Whether the kernel stores parts of words. */
const storesParts = (kernel: LoopKernel): boolean =>
  outputsOf(kernel).some(({ value }) => isPartial(value.dtype));

/** In words: how it is spread. */
export function describeLayout({ lanes, points, row, fours }: Layout): string {
  if (lanes === 1) return row > 1 ? `${points} invocations, a row each` : `${points} invocations`;
  return `${lanes} invocations a row${fours === undefined ? "" : ", in vectors"}`;
}

/** Arrays in workgroup memory by name, and their element type. */
export type SharedArrays = Map<string, string>;

const STEP = { sum: "add", prod: "mul", max: "max", min: "min" } as const;

/** What the reductions start with; nothing is better than the first element of argmax and argmin. */
function start(op: ReduceOp, dtype: DType): string {
  const type = computeType(dtype);
  if (op === "sum" || op === "argmax" || op === "argmin") return literal(0, dtype);
  if (op === "prod") return literal(1, dtype);
  if (type === "float32") return op === "max" ? "(-inf())" : "inf()";
  if (type === "int32") return op === "max" ? literal(-(2 ** 31), "int32") : literal(2 ** 31 - 1, "int32");
  return literal(op === "min" ? 1 : 0, "bool");
}

/** One running reduction: its variables, and how they take in more. */
class Running {
  readonly #accumulator: Accumulator;
  readonly #type: "float32" | "int32" | "bool";
  readonly #value: string;
  /** Of argmax and argmin: where the best value is; -1 before there is one. */
  readonly #place: string | undefined;

  constructor(accumulator: Accumulator, names: Names) {
    this.#accumulator = accumulator;
    const { op, value } = accumulator;
    const picks = op === "argmax" || op === "argmin";
    const type = computeType(value.dtype);
    this.#type = picks && type === "bool" ? "int32" : type;
    this.#value = names.next("a");
    this.#place = picks ? names.next("at") : undefined;
  }

  declare(): string[] {
    const { op, value } = this.#accumulator;
    const begin = this.#place === undefined ? start(op, value.dtype) : literal(0, this.#type);
    const lines = [`var ${this.#value}: ${WGSL_TYPE[this.#type]} = ${begin};`];
    return this.#place === undefined ? lines : [...lines, `var ${this.#place}: i32 = -1i;`];
  }

  /** Takes in element number `flat` of the row. */
  add(x: string, flat: string): string {
    const { op, value } = this.#accumulator;
    if (this.#place === undefined) return this.#joined(x);
    const given = CAST[computeType(value.dtype)][this.#type](x);
    const better = this.#better(op, given, this.#value);
    return `if ((${this.#place} < 0i) | ${better}) { ${this.#value} = ${given}; ${this.#place} = i32(${flat}); }`;
  }

  /** Puts the variables into workgroup memory. */
  share(index: number, at: string, arrays: SharedArrays): string[] {
    const name = this.#array(index, arrays);
    const lines = [`${name}[${at}] = ${this.#value};`];
    if (this.#place === undefined) return lines;
    arrays.set(`place${index}`, "i32");
    return [...lines, `place${index}[${at}] = ${this.#place};`];
  }

  /** Takes in what another lane has put there. */
  join(index: number, other: string, arrays: SharedArrays): string[] {
    const theirs = `${this.#array(index, arrays)}[${other}]`;
    if (this.#place === undefined) return [this.#joined(theirs)];
    const { op } = this.#accumulator;
    const place = `place${index}[${other}]`;
    const tie = `(!${this.#better(op, this.#value, theirs)} & (${place} < ${this.#place}))`;
    const wins = `(${this.#place} < 0i) | ${this.#better(op, theirs, this.#value)} | ${tie}`;
    return [`if ((${place} >= 0i) & (${wins})) { ${this.#value} = ${theirs}; ${this.#place} = ${place}; }`];
  }

  /** Takes over what is there. */
  fetch(index: number, at: string, arrays: SharedArrays): string {
    return this.#place === undefined
      ? `${this.#value} = ${this.#array(index, arrays)}[${at}];`
      : `${this.#place} = place${index}[${at}];`;
  }

  /** WGSL of the result. */
  result(): string {
    const { dtype } = this.#accumulator;
    const type = computeType(dtype);
    if (this.#place !== undefined) return CAST.int32[type](`max(${this.#place}, 0i)`);
    const value = CAST[this.#type][type](this.#value);
    if (dtype === "float16") return `rounded_to_half(${value})`;
    return dtype === "uint8" ? `(${value} & 255i)` : value;
  }

  #array(index: number, arrays: SharedArrays): string {
    const name = `${this.#type}_${index}`;
    arrays.set(name, WGSL_TYPE[this.#type]);
    return name;
  }

  #joined(x: string): string {
    const op = STEP[this.#accumulator.op as keyof typeof STEP];
    return `${this.#value} = ${BINARY[this.#type][op]!(this.#value, x)};`;
  }

  /** NaN is better than everything. */
  #better(op: ReduceOp, x: string, than: string): string {
    const beats = `${x} ${op === "argmax" ? ">" : "<"} ${than}`;
    return this.#type === "float32" ? `((${beats}) | (isnan(${x}) & !isnan(${than})))` : `(${beats})`;
  }
}

/** Statements that compute the points of workgroup `group` (WGSL of type u32) as invocation `local` of `size`. */
export function emitLoop(
  layout: Layout,
  size: number,
  slots: Slots,
  names: Names,
  arrays: SharedArrays,
): string[] {
  return new LoopWriter(layout, size, slots, names, arrays).write();
}

class LoopWriter {
  readonly #layout: Layout;
  /** Outer points of a workgroup. */
  readonly #together: number;
  readonly #slots: Slots;
  readonly #names: Names;
  readonly #arrays: SharedArrays;
  readonly #outer: readonly string[];
  readonly #results: string[] = [];

  constructor(layout: Layout, size: number, slots: Slots, names: Names, arrays: SharedArrays) {
    this.#layout = layout;
    this.#together = size / layout.lanes;
    this.#slots = slots;
    this.#names = names;
    this.#arrays = arrays;
    this.#outer = layout.kernel.outer.map(() => names.next("i"));
  }

  write(): string[] {
    const { kernel, points, lanes, along } = this.#layout;
    const [lane, point] = along
      ? [`local % ${lanes}u`, `local / ${lanes}u`]
      : [`local / ${this.#together}u`, `local % ${this.#together}u`];
    const lines = [
      `let lane = ${lane};`,
      `let point = ${point};`,
      `let q = group * ${this.#together}u + point;`,
      `let inside = q < ${points}u;`,
      ...indicesOf("q", kernel.outer, this.#outer),
    ];
    for (const pass of kernel.passes) lines.push(...this.#pass(pass));
    if (kernel.outputs.length > 0) {
      const scope = this.#scope(this.#outer);
      scope.store(kernel.outputs);
      // they may be updates in place of what other lanes still read in the last pass
      if (lanes > 1 && kernel.passes.at(-1)?.accumulators.length === 0) lines.push("workgroupBarrier();");
      lines.push(...block(lanes > 1 ? "if (inside && lane == 0u)" : "if (inside)", scope.take()));
    }
    return lines;
  }

  #pass(pass: Pass): string[] {
    const { kernel, row, lanes, fours } = this.#layout;
    const running = pass.accumulators.map((one) => new Running(one, this.#names));
    const reduced = kernel.reduce.map(() => this.#names.next("i"));
    const indices = [...this.#outer, ...reduced];
    const body =
      fours === undefined ? this.#point(pass, running, indices, reduced) : this.#four(pass, running, indices);
    const each = fours === undefined ? 1 : 4;
    const first = each === 1 ? "lane" : `lane * ${each}u`;
    const loop =
      lanes > 1
        ? block(`for (var r = ${first}; r < ${row}u; r += ${lanes * each}u)`, [
            ...indicesOf("r", kernel.reduce, reduced),
            ...body,
          ])
        : nested(kernel.reduce, reduced, body);
    const lines = [...running.flatMap((one) => one.declare()), ...block("if (inside)", loop)];
    if (lanes > 1 && running.length > 0) lines.push(...this.#join(running));
    for (const one of running) {
      const name = this.#names.next("result");
      lines.push(`let ${name} = ${one.result()};`);
      this.#results.push(name);
    }
    return lines;
  }

  /** What a pass does at one point of a row. */
  #point(
    { accumulators, outputs }: Pass,
    running: readonly Running[],
    indices: readonly string[],
    reduced: readonly string[],
  ): string[] {
    const { kernel, lanes } = this.#layout;
    const scope = this.#scope(indices);
    const flat = lanes > 1 ? "r" : flatIndex(kernel.reduce, reduced);
    const lines = accumulators.flatMap(({ value }, i) => {
      const x = scope.value(value);
      return [...scope.take(), running[i]!.add(x, flat)];
    });
    scope.store(outputs);
    return [...lines, ...scope.take()];
  }

  /** What it does at four neighbours. */
  #four({ accumulators, outputs }: Pass, running: readonly Running[], indices: readonly string[]): string[] {
    const scope = new FourScope(this.#slots, this.#names, indices, () => this.#results);
    const lines = accumulators.flatMap(({ value }, i) => {
      const four = scope.values(value);
      return [...scope.take(), ...four.map((x, point) => running[i]!.add(x, `(r + ${point}u)`))];
    });
    scope.store(outputs);
    return [...lines, ...scope.take()];
  }

  /** All lanes of a point get what they have together. */
  #join(running: readonly Running[]): string[] {
    const { lanes } = this.#layout;
    const at = `lane * ${this.#together}u + point`;
    const each = (of: (one: Running, index: number) => string | string[]): string[] => running.flatMap(of);
    const share = each((one, i) => one.share(i, at, this.#arrays));
    const rounds: string[] = [];
    for (let width = lanes; width > 1; ) {
      const step = Math.ceil(width / JOINED_AT_ONCE);
      const others = `for (var other = lane + ${step}u; other < ${width}u; other += ${step}u)`;
      const join = each((one, i) => one.join(i, `other * ${this.#together}u + point`, this.#arrays));
      rounds.push(
        ...block(`if (lane < ${step}u)`, [...block(others, join), ...share]),
        "workgroupBarrier();",
      );
      width = step;
    }
    return [
      ...share,
      "workgroupBarrier();",
      ...rounds,
      ...each((one, i) => one.fetch(i, "point", this.#arrays)),
      "workgroupBarrier();",
    ];
  }

  #scope(indices: readonly string[]): Scope {
    return new Scope(this.#slots, this.#names, indices, this.#results);
  }
}

export const block = (head: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`${head} {`, ...lines.map((line) => `  ${line}`), "}"];

/** Statements that name the indices of point number `flat`. */
export function indicesOf(flat: string, extents: readonly number[], names: readonly string[]): string[] {
  return extents.map((extent, d) => {
    const inner = elements(extents.slice(d + 1));
    const whole = inner === 1 ? flat : `(${flat} / ${inner}u)`;
    return `let ${names[d]} = ${d === 0 ? whole : `${whole} % ${extent}u`};`;
  });
}

function flatIndex(extents: readonly number[], names: readonly string[]): string {
  const terms = extents.map((_, d) => `${names[d]} * ${elements(extents.slice(d + 1))}u`);
  return terms.length === 0 ? "0u" : `(${terms.join(" + ")})`;
}

function nested(extents: readonly number[], names: readonly string[], body: readonly string[]): string[] {
  return extents.reduceRight<string[]>(
    (inner, extent, d) => block(`for (var ${names[d]} = 0u; ${names[d]} < ${extent}u; ${names[d]}++)`, inner),
    [...body],
  );
}
