// Generates the function of a matrix product: the blocking loops around the micro-kernels of the library, in the way that
// `product.ts` has planned it.

import type { MatmulKernel, MatrixOperand, PlanBuffer } from "../ir.js";
import { pushBuffer } from "./addressing.js";
import type { FunctionBuilder, ModuleBuilder } from "./encoder.js";
import { I32, OP } from "./instructions.js";
import {
  COPY_PARAMETERS,
  GATHER_PARAMETERS,
  KERNEL_PARAMETERS,
  kernelName,
  type TileShape,
} from "./microkernel.js";
import { type Layout, type Packing, type ProductPlan, planProduct, rowPanels } from "./product.js";

/** The name under which plan modules import the library. */
export const LIBRARY = "library";

/** Memory that all kernels of a plan share one after another: a buffer in the arena behind the plan's own. */
export interface Scratch {
  /** Offset in the arena of a range of so many bytes, apart from the ranges this kernel has taken before. */
  take(bytes: number): number;
}

export interface MatmulTarget {
  readonly buffers: readonly PlanBuffer[];
  readonly shape: TileShape;
  readonly module: ModuleBuilder;
  readonly scratch: Scratch;
  /** Address of a row of zeros, as long as a tile. */
  readonly zeros: number;
}

type Push = () => void;

/** Appends the product, written to `result` (strides of the batch dimensions, then rows and columns). */
export function emitMatmul(
  f: FunctionBuilder,
  kernel: MatmulKernel,
  result: MatrixOperand,
  target: MatmulTarget,
): string {
  const layout = ({ view }: MatrixOperand): Layout => {
    const [row, column] = view.strides.slice(-2) as [number, number];
    return { row, column };
  };
  const [a, b] = [kernel.a, kernel.b];
  const plan = planProduct(kernel.m, kernel.n, kernel.k, layout(a), layout(b), layout(result), target.shape);
  const [left, right] = plan.turned ? [b, a] : [a, b];
  const pointers = [left, right, result].map((operand) => {
    const pointer = f.local(I32);
    pushBuffer(f, target.buffers[operand.buffer]!, operand.view.offset * 4);
    f.set(pointer);
    return { pointer, strides: operand.view.strides };
  });
  const emitter = new ProductEmitter(
    f,
    plan,
    target,
    pointers.map(({ pointer }) => pointer),
  );
  const overBatch = (d: number): void => {
    if (d === kernel.batch.length) {
      emitter.emit();
      return;
    }
    f.repeat(kernel.batch[d]!, () => {
      overBatch(d + 1);
      for (const { pointer, strides } of pointers) f.advance(pointer, strides[d]! * 4);
    });
    // Back to the start of this dimension for the next round of the one outside.
    for (const { pointer, strides } of pointers) f.advance(pointer, -strides[d]! * 4 * kernel.batch[d]!);
  };
  overBatch(0);
  const way = (name: string, packing: Packing): string =>
    `${name} ${packing === "none" ? "direct" : packing}`;
  return [
    plan.turned ? "turned" : "straight",
    way(`left (${plan.leftOrder})`, plan.leftPacking),
    way("right", plan.rightPacking),
    `k ${plan.kBlocks} x ${plan.kBlock}`,
  ].join(", ");
}

class ProductEmitter {
  readonly #f: FunctionBuilder;
  readonly #p: ProductPlan;
  readonly #target: MatmulTarget;
  readonly #left: number;
  readonly #right: number;
  readonly #result: number;
  readonly #k: number;
  readonly #isFirst: number;
  /** Pointers to the current block of k in the operands. */
  readonly #leftK: number;
  readonly #rightK: number;
  readonly #packedLeft: number;
  readonly #packedRight: number;
  readonly #tile: number;
  readonly #product: number;

  constructor(f: FunctionBuilder, plan: ProductPlan, target: MatmulTarget, pointers: readonly number[]) {
    this.#f = f;
    this.#p = plan;
    this.#target = target;
    [this.#left, this.#right, this.#result] = pointers as [number, number, number];
    [this.#k, this.#isFirst, this.#leftK, this.#rightK] = [0, 1, 2, 3].map(() => f.local(I32)) as [
      number,
      number,
      number,
      number,
    ];
    const { rows, columns } = target.shape;
    const panels = Math.ceil(plan.columns / columns);
    const scratch = (bytes: number): number => {
      const local = f.local(I32);
      const offset = target.scratch.take(bytes);
      f.atStart(() => {
        pushBuffer(f, { kind: "arena", offset, bytes }, 0);
        f.set(local);
      });
      return local;
    };
    this.#tile = plan.columns % columns === 0 ? -1 : scratch(rows * columns * 4);
    this.#packedRight = plan.rightPacking === "none" ? -1 : scratch(panels * columns * plan.kBlock * 4);
    this.#packedLeft = plan.leftPacking === "none" ? -1 : scratch(plan.rowBlock * plan.kBlock * 4);
    this.#product = plan.result.column === 1 ? -1 : scratch(plan.rows * plan.columns * 4);
  }

  emit(): void {
    const f = this.#f;
    const { kBlocks, kBlock, k } = this.#p;
    this.#assign(this.#leftK, this.#get(this.#left));
    this.#assign(this.#rightK, this.#get(this.#right));
    this.#assign(this.#isFirst, this.#constant(1));
    const left = f.local(I32);
    this.#assign(left, this.#constant(k));
    f.repeat(kBlocks, () => {
      this.#assign(this.#k, () => {
        f.i32(kBlock);
        f.get(left);
        f.i32(kBlock);
        f.get(left);
        f.op(OP.i32_lt_s);
        f.op(OP.select);
      });
      this.#block();
      f.advance(left, -kBlock);
      f.advance(this.#leftK, this.#p.left.column * kBlock * 4);
      f.advance(this.#rightK, this.#p.right.row * kBlock * 4);
      this.#assign(this.#isFirst, this.#constant(0));
    });
    if (this.#product >= 0) this.#unpackProduct();
  }

  /** All products of one block of k. */
  #block(): void {
    const f = this.#f;
    const { rows, rowBlock, left } = this.#p;
    if (this.#packedRight >= 0) this.#packRight();
    const from = this.#copy(this.#leftK);
    const to = this.#copy(this.#product >= 0 ? this.#product : this.#result);
    const full = Math.floor(rows / rowBlock);
    const part = (size: number): void => {
      if (this.#packedLeft >= 0) this.#packLeft(from, size);
      this.#panels(from, to, size);
      f.advance(from, left.row * size * 4);
      f.advance(to, this.#resultStep * size);
    };
    if (full > 0) f.repeat(full, () => part(rowBlock));
    if (rows % rowBlock > 0) part(rows % rowBlock);
  }

  get #resultStep(): number {
    return 4 * (this.#product >= 0 ? this.#p.columns : this.#p.result.row);
  }

  #packRight(): void {
    const f = this.#f;
    const { columns, right, rightPacking } = this.#p;
    const tile = this.#target.shape.columns;
    const from = this.#copy(this.#rightK);
    const to = this.#copy(this.#packedRight);
    const panel = (width: number): void => {
      this.#pack(rightPacking, from, { row: right.row, column: right.column }, to, tile, width);
      f.advance(from, right.column * width * 4);
      this.#add(to, () => this.#timesK(tile * 4));
    };
    if (columns >= tile) f.repeat(Math.floor(columns / tile), () => panel(tile));
    if (columns % tile > 0) panel(columns % tile);
  }

  #packLeft(source: number, rows: number): void {
    const f = this.#f;
    const { left, leftPacking } = this.#p;
    const from = this.#copy(source);
    const to = this.#copy(this.#packedLeft);
    for (const { size, count } of rowPanels(rows, this.#target.shape.rows)) {
      f.repeat(count, () => {
        this.#pack(leftPacking, from, { row: left.column, column: left.row }, to, size, size);
        f.advance(from, left.row * size * 4);
        this.#add(to, () => this.#timesK(size * 4));
      });
    }
  }

  /** Writes [k][width] (rows `pitch` floats apart) from a source whose rows are the ks. */
  #pack(packing: Packing, from: number, source: Layout, to: number, pitch: number, width: number): void {
    const [start, end, k] = [this.#get(from), this.#get(to), this.#get(this.#k)];
    const bytes = (floats: number): Push => this.#constant(4 * floats);
    if (packing === "copy") {
      this.#call("copyRows", start, bytes(source.row), end, bytes(pitch), k, this.#constant(width));
    } else if (packing === "transpose") {
      this.#call("transpose", start, bytes(source.column), end, bytes(pitch), this.#constant(width), k);
    } else {
      const steps = [bytes(source.row), bytes(source.column)] as const;
      this.#call("gather", start, ...steps, end, bytes(pitch), k, this.#constant(width));
    }
  }

  /** `rows` rows of the left operand at `from` times all of the right one, to `to`. */
  #panels(from: number, to: number, rows: number): void {
    const f = this.#f;
    const { columns, right } = this.#p;
    const tile = this.#target.shape.columns;
    const packed = this.#packedRight >= 0;
    const panel = this.#copy(packed ? this.#packedRight : this.#rightK);
    const target = this.#copy(to);
    const column = (width: number): void => {
      this.#tiles(from, panel, target, rows, width);
      if (packed) this.#add(panel, () => this.#timesK(tile * 4));
      else f.advance(panel, right.column * tile * 4);
      f.advance(target, tile * 4);
    };
    if (columns >= tile) f.repeat(Math.floor(columns / tile), () => column(tile));
    if (columns % tile > 0) column(columns % tile);
  }

  /** One column of tiles. */
  #tiles(source: number, panel: number, target: number, rows: number, width: number): void {
    const f = this.#f;
    const { left, leftOrder, right } = this.#p;
    const { rows: most, columns: tile } = this.#target.shape;
    const packedLeft = this.#packedLeft >= 0;
    const from = this.#copy(packedLeft ? this.#packedLeft : source);
    const to = this.#copy(target);
    const rightStep = 4 * (this.#packedRight >= 0 ? tile : right.row);
    for (const { size, count } of rowPanels(rows, most)) {
      const leftStep = 4 * (packedLeft ? size : leftOrder === "rows" ? left.row : left.column);
      const operands = [
        this.#get(from),
        this.#constant(leftStep),
        this.#get(panel),
        this.#constant(rightStep),
      ];
      f.repeat(count, () => {
        this.#tile_(kernelName(leftOrder, size), operands, to, size, width);
        if (packedLeft) this.#add(from, () => this.#timesK(size * 4));
        else f.advance(from, left.row * size * 4);
        f.advance(to, this.#resultStep * size);
      });
    }
  }

  #tile_(kernel: string, operands: readonly Push[], to: number, rows: number, width: number): void {
    const f = this.#f;
    const whole = this.#target.shape.columns;
    const step = this.#constant(this.#resultStep);
    if (width === whole) {
      const start = this.#startOr(this.#get(to));
      const startStep = this.#startStepOr(this.#resultStep);
      this.#call(kernel, ...operands, start, startStep, this.#get(to), step, this.#get(this.#k));
      return;
    }
    // The last columns go through a tile of their own, because the kernel writes whole tiles.
    const tile = this.#get(this.#tile);
    const pitch = this.#constant(whole * 4);
    const [count, columns] = [this.#constant(rows), this.#constant(width)];
    if (this.#p.kBlocks > 1) {
      f.get(this.#isFirst);
      f.op(OP.i32_eqz);
      f.if(() => this.#call("copyRows", this.#get(to), step, tile, pitch, count, columns));
    }
    const start = this.#startOr(tile);
    this.#call(kernel, ...operands, start, this.#startStepOr(whole * 4), tile, pitch, this.#get(this.#k));
    this.#call("copyRows", tile, pitch, this.#get(to), step, count, columns);
  }

  /** The first block of k starts from zeros, the others from what is there. */
  #startOr(result: Push): Push {
    return () => this.#ifFirst(this.#constant(this.#target.zeros), result);
  }

  #startStepOr(step: number): Push {
    return () => this.#ifFirst(this.#constant(0), this.#constant(step));
  }

  #ifFirst(first: Push, later: Push): void {
    first();
    if (this.#p.kBlocks === 1) return;
    later();
    this.#f.get(this.#isFirst);
    this.#f.op(OP.select);
  }

  /** The product was computed with rows and columns in the other order than the result has them. */
  #unpackProduct(): void {
    const { rows, columns, result } = this.#p;
    const [from, to] = [this.#get(this.#product), this.#get(this.#result)];
    const pitch = this.#constant(columns * 4);
    const extents = [this.#constant(rows), this.#constant(columns)] as const;
    this.#call("transpose", from, pitch, to, this.#constant(result.column * 4), ...extents);
  }

  #call(name: string, ...operands: readonly Push[]): void {
    const parameters =
      name === "gather" ? GATHER_PARAMETERS : operands.length === 6 ? COPY_PARAMETERS : KERNEL_PARAMETERS;
    for (const push of operands) push();
    this.#f.call(this.#target.module.import(LIBRARY, name, parameters));
  }

  #timesK(by: number): void {
    this.#f.get(this.#k);
    this.#f.i32(by);
    this.#f.op(OP.i32_mul);
  }

  #add(local: number, push: Push): void {
    this.#f.get(local);
    push();
    this.#f.op(OP.i32_add);
    this.#f.set(local);
  }

  #assign(local: number, push: Push): void {
    push();
    this.#f.set(local);
  }

  #copy(local: number): number {
    const copy = this.#f.local(I32);
    this.#assign(copy, this.#get(local));
    return copy;
  }

  #get(local: number): Push {
    return () => this.#f.get(local);
  }

  #constant(value: number): Push {
    return () => this.#f.i32(value);
  }
}
