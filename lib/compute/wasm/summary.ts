// The routine "summary" as generated code: pieces of all its tensors are chunks that the team claims side by side, and the leader
// joins what they found. What this cannot do, the interpreter's routine does (lib/compute/reference/routines/summary.ts).

import { histogramStride, lowestCode, type PartOf, partsFrom, VALUES } from "../../graph/ops/summary.js";
import { elements } from "../../graph/shape.js";
import type { Kernel, RoutineKernel, RoutineOperand } from "../ir.js";
import { pushBuffer, type Range } from "./addressing.js";
import { BINS_BYTES } from "./bins.js";
import { type Cut, cutInto } from "./cut.js";
import { FunctionBuilder } from "./encoder.js";
import { OP } from "./instructions.js";
import type { MatmulTarget, Stage } from "./matmul.js";
import { addTask, type Task, together } from "./parts.js";
import { MOST_ROWS, RECORD_BYTES, STATISTICS, STATISTICS_LIBRARY, type Statistic } from "./statistics.js";
import { CHUNK, CHUNK_PARAMETERS } from "./team.js";

/** Elements of a piece, and the most pieces of a tensor. */
const PIECE_ELEMENTS = 16_384;
const MOST_PIECES = 1_024;
/** Nanoseconds to add up an element, and to count one in a histogram. */
const [ADDED, COUNTED] = [0.2, 1.5];

/** How a plan computes a summary. */
export interface NativeSummary {
  readonly stages: readonly Stage[];
  /** The word that is not 0 after them where something is not finite, or its square is not: the interpreter's routine then has to do
   *  it all over. */
  readonly failed: Range;
}

/** Whether it is a routine for which a plan may call the library of statistics. */
export const isSummary = (kernel: Kernel): kernel is RoutineKernel =>
  kernel.kind === "routine" && kernel.name === "summary";

/** How a plan computes a routine; undefined where that is no summary, or one with something that there is no code for. */
export function nativeSummary(kernel: RoutineKernel, target: MatmulTarget): NativeSummary | undefined {
  if (!isSummary(kernel)) return undefined;
  const parts = partsFrom(kernel.attributes, kernel.inputs);
  return parts.every(isKnown) ? new SummaryWriter(kernel, target).write(parts) : undefined;
}

type Part = PartOf<RoutineOperand>;

function isKnown({ kind, inputs }: Part): boolean {
  if (kind === "drift" || inputs.some(({ shape }) => elements(shape) === 0)) return false;
  return kind !== "units" || inputs[0]!.shape[0]! <= MOST_ROWS;
}

/** Pushes an argument of a call. */
type Argument = (f: FunctionBuilder) => void;

const integer =
  (value: number): Argument =>
  (f) =>
    f.i32(value);
const float =
  (value: number): Argument =>
  (f) =>
    f.f32(value);
const double =
  (value: number): Argument =>
  (f) =>
    f.f64(value);
const place =
  (range: Range, offset = 0): Argument =>
  (f) =>
    pushBuffer(f, range, offset);

/** `address`, and so many bytes further on from chunk to chunk. */
const stepped =
  (address: Argument, bytes: number): Argument =>
  (f) => {
    address(f);
    f.get(CHUNK);
    f.i32(bytes);
    f.op(OP.i32_mul);
    f.op(OP.i32_add);
  };

/** How many points a chunk has. */
const points =
  ({ size, chunks, last }: Cut): Argument =>
  (f) => {
    f.i32(last);
    f.i32(size);
    f.get(CHUNK);
    f.i32(chunks - 1);
    f.op(OP.i32_eq);
    f.op(OP.select);
  };

/** So many points, each of which stands for so many elements, in pieces. */
function cut(extent: number, each: number, unit: number): Cut {
  const pieces = Math.min(MOST_PIECES, Math.ceil((extent * each) / PIECE_ELEMENTS));
  return cutInto(pieces, extent, unit) ?? { size: extent, chunks: 1, last: extent };
}

/** Records of pieces, one behind the other. */
interface Records {
  readonly first: Argument;
  readonly count: Argument;
}

class SummaryWriter {
  readonly #target: MatmulTarget;
  readonly #out: Range;
  readonly #failed: Range;
  /** Bins of the histogram that a thread is at. */
  readonly #bins: Range;
  readonly #tasks: Task[] = [];
  /** What the leader does in the end. */
  readonly #join = new FunctionBuilder(CHUNK_PARAMETERS);

  constructor(kernel: RoutineKernel, target: MatmulTarget) {
    this.#target = target;
    this.#out = target.buffers[kernel.outputs[0]!.buffer]!;
    this.#failed = target.shared(4);
    this.#bins = target.local(BINS_BYTES);
  }

  write(parts: readonly Part[]): NativeSummary {
    const join = this.#join;
    place(this.#failed)(join);
    join.i32(0);
    for (const part of parts) this.#writers[part.kind](part);
    join.memory(OP.i32_store, 0);
    const stages = [
      { ...together(this.#tasks), how: "pieces of tensors" },
      { code: join, chunks: 1, time: 0, how: "joined" },
    ].map((part): Stage => ({ parts: [part], steps: 1 }));
    return { stages, failed: this.#failed };
  }

  readonly #writers: { readonly [kind in Part["kind"]]: (part: Part) => void } = {
    moments: (part) => this.#moments(part),
    values: (part) => {
      this.#moments(part);
      this.#histogram(part);
    },
    squares: ({ inputs, word }) => {
      const { first, count } = this.#sums(inputs, integer(this.#target.zeros));
      this.#call(this.#join, "joinSquares", first, count, this.#result(word));
    },
    beyond: ({ inputs: [x], word, low, high }) => this.#beyond(x!, word, [low!, high!]),
    units: ({ inputs: [x], word, option }) => this.#units(x!, word, option),
    drift: () => {
      throw new Error("there is no code for a drift");
    },
  };

  #moments({ inputs, word }: Part): void {
    const origin = this.#tensor(inputs[0]!);
    const { first, count } = this.#sums(inputs, origin);
    const all = double(inputs.reduce((sum, { shape }) => sum + elements(shape), 0));
    this.#call(this.#join, "joinMoments", first, count, origin, all, this.#result(word));
    this.#join.op(OP.i32_or);
  }

  /** Records of sums over all elements, of their distances from `origin`. */
  #sums(inputs: readonly RoutineOperand[], origin: Argument): Records {
    const cuts = inputs.map(({ shape }) => cut(elements(shape), 1, 4));
    const records = this.#records(cuts.reduce((sum, { chunks }) => sum + chunks, 0));
    let before = 0;
    inputs.forEach((input, i) => {
      const pieces = cuts[i]!;
      const address = stepped(this.#tensor(input), 4 * pieces.size);
      const record = stepped(place(records.range, before * RECORD_BYTES), RECORD_BYTES);
      this.#task(ADDED * elements(input.shape), pieces.chunks, (f) =>
        this.#call(f, "whole", address, points(pieces), origin, record),
      );
      before += pieces.chunks;
    });
    return records;
  }

  #histogram({ inputs, word, option: exponent }: Part): void {
    const stride = histogramStride(inputs.reduce((sum, { shape }) => sum + elements(shape), 0));
    const counted = inputs.map(({ shape }) => Math.ceil(elements(shape) / stride));
    this.#task(COUNTED * counted.reduce((sum, count) => sum + count, 0), 1, (f) => {
      const bins = place(this.#bins);
      fill(f, bins, BINS_BYTES);
      inputs.forEach((input, i) => {
        const every = [integer(counted[i]!), integer(4 * stride)];
        this.#call(f, "bins", this.#tensor(input), ...every, integer(lowestCode(exponent)), bins);
      });
      this.#call(f, "joinBins", bins, this.#result(word + VALUES.length));
    });
  }

  #beyond(x: RoutineOperand, word: number, [low, high]: readonly [number, number]): void {
    const size = elements(x.shape);
    const pieces = cut(size, 1, 4);
    const records = this.#records(pieces.chunks);
    const address = stepped(this.#tensor(x), 4 * pieces.size);
    this.#task(ADDED * size, pieces.chunks, (f) => {
      const record = stepped(records.first, RECORD_BYTES);
      this.#call(f, "outside", address, points(pieces), float(low), float(high), record);
    });
    this.#call(this.#join, "joinOutside", records.first, records.count, double(size), this.#result(word));
  }

  #units(x: RoutineOperand, word: number, axis: number): void {
    const [rows, ...rest] = x.shape as [number, ...number[]];
    const width = elements(rest);
    const pieces = cut(width, rows, 4);
    const records = this.#records(pieces.chunks);
    const positive = place(this.#target.shared(4 * width));
    const step = 4 * pieces.size;
    this.#task(ADDED * rows * width, pieces.chunks, (f) => {
      const columns = [stepped(this.#tensor(x), step), integer(rows), integer(4 * width), points(pieces)];
      this.#call(f, "columns", ...columns, stepped(positive, step), stepped(records.first, RECORD_BYTES));
    });
    const units = x.shape[axis] ?? 1;
    fill(this.#join, this.#result(word + 1), 4 * Math.ceil(units / 32));
    const inner = elements(x.shape.slice(axis + 1));
    const shape = [width / (units * inner), units, inner].map(integer);
    const results = [positive, ...shape, this.#result(word)];
    this.#call(this.#join, "joinColumns", records.first, records.count, double(width), ...results);
    this.#join.op(OP.i32_or);
  }

  #tensor({ buffer }: RoutineOperand): Argument {
    return place(this.#target.buffers[buffer]!);
  }

  #result(word: number): Argument {
    return place(this.#out, 4 * word);
  }

  #records(count: number): Records & { readonly range: Range } {
    const range = this.#target.shared(count * RECORD_BYTES);
    return { range, first: place(range), count: integer(count) };
  }

  /** Work of so many nanoseconds for the team. Small pieces of work are done several at once. */
  #task(time: number, chunks: number, write: (f: FunctionBuilder) => void): void {
    const f = new FunctionBuilder(CHUNK_PARAMETERS);
    write(f);
    addTask(this.#tasks, { functions: [this.#target.module.add(f)], chunks, time }, this.#target.grain);
  }

  #call(f: FunctionBuilder, name: Statistic, ...args: readonly Argument[]): void {
    for (const argument of args) argument(f);
    const { parameters, results } = STATISTICS[name];
    f.call(this.#target.module.import(STATISTICS_LIBRARY, name, parameters, results));
  }
}

/** Fills bytes with zeros. */
function fill(f: FunctionBuilder, address: Argument, bytes: number): void {
  address(f);
  f.i32(0);
  f.i32(bytes);
  f.op(OP.memory_fill);
}
