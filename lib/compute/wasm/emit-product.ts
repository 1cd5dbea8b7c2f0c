// Generates the code of a matrix product: the blocking loops around the micro-kernels of the library, in the way that
// `product.ts` has planned it. What is computed around the product, and in which chunks, is decided in `matmul.ts`.

import { PackingEmitter } from "./emit-packing.js";
import type { FunctionBuilder } from "./encoder.js";
import { I32, OP } from "./instructions.js";
import { kernelName } from "./microkernel.js";
import { type ProductPlan, rowPanels } from "./product.js";
import type { ProductPointers, ProductTarget, SteppedScratch } from "./product-target.js";
import { ProductWriter, type Push } from "./product-writer.js";
import { STEP } from "./team.js";

export class ProductEmitter {
  readonly #f: FunctionBuilder;
  readonly #p: ProductPlan;
  readonly #target: ProductTarget;
  readonly #stepped: SteppedScratch | undefined;
  readonly #packsOnce: boolean;
  readonly #w: ProductWriter;
  readonly #packing: PackingEmitter;
  readonly #isFirst: number;
  /** Pointers to the current block of k in the operands. */
  readonly #leftK: number;
  readonly #rightK: number;
  #result = -1;
  #packedLeft = -1;
  #packedRight = -1;
  #tile = -1;
  #allProduct = -1;
  #product = -1;

  /** `packsOnce`: all chunks of a part use the same right operand. `stepped`: the step of the run says which block of k is worked
   *  on, and the right operand of it is packed before. */
  constructor(
    f: FunctionBuilder,
    plan: ProductPlan,
    target: ProductTarget,
    stepped: SteppedScratch | undefined,
    packsOnce = false,
  ) {
    this.#f = f;
    this.#p = plan;
    this.#target = target;
    this.#stepped = stepped;
    this.#packsOnce = packsOnce;
    this.#w = new ProductWriter(f, plan, target);
    this.#packing = new PackingEmitter(this.#w);
    this.#isFirst = f.local(I32);
    this.#leftK = f.local(I32);
    this.#rightK = f.local(I32);
  }

  /** Computes `rows` x `columns` of the product: the pointers say where they begin. `firstRow` (a local): how many rows of the
   *  whole product come before; only needed for a product in steps. */
  emit(pointers: ProductPointers, rows: number, columns: number, firstRow: number): void {
    const f = this.#f;
    const { kBlocks, kBlock, k, left, right } = this.#p;
    this.#result = pointers.result;
    this.#product = this.#productFrom(firstRow);
    this.#w.assign(this.#leftK, this.#w.get(pointers.left));
    this.#w.assign(this.#rightK, this.#w.get(pointers.right));
    if (this.#stepped !== undefined) {
      this.#toBlockOfStep();
      this.#rows(rows, columns);
      if (this.#product < 0) return;
      this.#ifLastStep(() => this.#unpackProduct(rows, columns));
      return;
    }
    this.#w.assign(this.#isFirst, this.#w.constant(1));
    const remaining = f.local(I32);
    this.#w.assign(remaining, this.#w.constant(k));
    f.repeat(kBlocks, () => {
      this.#smaller(kBlock, remaining);
      if (this.#packedRight >= 0) this.#packRight(columns);
      this.#rows(rows, columns);
      f.advance(remaining, -kBlock);
      f.advance(this.#leftK, left.column * kBlock * 4);
      f.advance(this.#rightK, right.row * kBlock * 4);
      this.#w.assign(this.#isFirst, this.#w.constant(0));
    });
    if (this.#product >= 0) this.#unpackProduct(rows, columns);
  }

  /** Packs `columns` columns of the right operand for the block of k of this step. `firstColumn` (a local) come before. */
  emitPacking(right: number, columns: number, firstColumn: number): void {
    const f = this.#f;
    this.#w.assign(this.#rightK, this.#w.get(right));
    this.#toBlockOfStep();
    const to = this.#w.address(this.#stepped!.right);
    // Panels lie one after another, each k rows of a tile's width.
    this.#w.add(to, () => {
      f.get(firstColumn);
      this.#w.timesK(4);
      f.op(OP.i32_mul);
    });
    this.#packing.panels(this.#rightK, to, columns, this.#p.columns);
  }

  /** Emits `then` for the step with the last block of k. */
  #ifLastStep(then: () => void): void {
    const f = this.#f;
    const { kBlocks } = this.#p;
    if (kBlocks === 1) {
      then();
      return;
    }
    this.#pushBlockOfStep();
    f.i32(kBlocks - 1);
    f.op(OP.i32_eq);
    f.if(then);
  }

  /** The number of the block of k in this step; the matrices of a batch count above it. */
  #pushBlockOfStep(): void {
    this.#f.get(STEP);
    this.#f.i32(this.#p.kBlocks);
    this.#f.op(OP.i32_rem_s);
  }

  #toBlockOfStep(): void {
    const f = this.#f;
    const { kBlocks, kBlock, k, left, right } = this.#p;
    if (kBlocks === 1) {
      this.#w.assign(this.#w.k, this.#w.constant(k));
      return;
    }
    const block = f.local(I32);
    const times = (by: number): Push => {
      return () => {
        f.get(block);
        f.i32(by);
        f.op(OP.i32_mul);
      };
    };
    this.#w.assign(block, () => this.#pushBlockOfStep());
    this.#w.assign(this.#isFirst, () => {
      f.get(block);
      f.op(OP.i32_eqz);
    });
    const remaining = f.local(I32);
    this.#w.assign(remaining, () => {
      f.i32(k);
      times(kBlock)();
      f.op(OP.i32_sub);
    });
    this.#smaller(kBlock, remaining);
    this.#w.add(this.#leftK, times(left.column * kBlock * 4));
    this.#w.add(this.#rightK, times(right.row * kBlock * 4));
  }

  /** k becomes `most`, or what remains if that is less. */
  #smaller(most: number, remaining: number): void {
    const f = this.#f;
    this.#w.assign(this.#w.k, () => {
      f.i32(most);
      f.get(remaining);
      f.i32(most);
      f.get(remaining);
      f.op(OP.i32_lt_s);
      f.op(OP.select);
    });
  }

  /** Before `emit`: takes what it needs for products of at most so many rows and columns. */
  takeScratch(rows: number, columns: number): void {
    const { leftPacking, rightPacking, rowBlock, kBlock, result } = this.#p;
    const { shape } = this.#target;
    const local = (bytes: number): number => this.#w.address(this.#target.local(bytes));
    const panels = Math.ceil(columns / shape.columns);
    if (columns % shape.columns !== 0) this.#tile = local(shape.rows * shape.columns * 4);
    if (leftPacking !== "none") this.#packedLeft = local(Math.min(rowBlock, rows) * kBlock * 4);
    if (this.#stepped !== undefined) this.#packedRight = this.#w.address(this.#stepped.right);
    else if (rightPacking !== "none") this.#packedRight = local(panels * shape.columns * kBlock * 4);
    if (this.#stepped?.product !== undefined) this.#allProduct = this.#w.address(this.#stepped.product);
    else if (result.column !== 1) this.#allProduct = local(rows * columns * 4);
  }

  /** Where the product is computed that is brought into the result's order afterwards; -1: in the result itself. */
  #productFrom(firstRow: number): number {
    if (this.#stepped?.product === undefined) return this.#allProduct;
    const product = this.#f.copy(this.#allProduct);
    this.#w.add(product, () => {
      this.#f.get(firstRow);
      this.#f.i32(4 * this.#p.columns);
      this.#f.op(OP.i32_mul);
    });
    return product;
  }

  /** All rows for one block of k. */
  #rows(rows: number, columns: number): void {
    const f = this.#f;
    const { rowBlock, left } = this.#p;
    const from = this.#f.copy(this.#leftK);
    const to = this.#f.copy(this.#product >= 0 ? this.#product : this.#result);
    const full = Math.floor(rows / rowBlock);
    const step = this.#resultStep(columns);
    const part = (size: number): void => {
      if (this.#packedLeft >= 0) this.#packing.left(from, this.#packedLeft, size);
      this.#panels(from, to, size, columns);
      f.advance(from, left.row * size * 4);
      f.advance(to, step * size);
    };
    if (full > 0) f.repeat(full, () => part(rowBlock));
    if (rows % rowBlock > 0) part(rows % rowBlock);
  }

  /** Bytes from row to row of what the micro-kernels write. */
  #resultStep(columns: number): number {
    if (this.#product < 0) return 4 * this.#p.result.row;
    return 4 * (this.#stepped === undefined ? columns : this.#p.columns);
  }

  /** Packs the right operand into memory of this thread; only for the first chunk of a part where all chunks use all of it. */
  #packRight(columns: number): void {
    const f = this.#f;
    const pack = (): void => this.#packing.panels(this.#rightK, this.#packedRight, columns, columns);
    if (!this.#packsOnce) {
      pack();
      return;
    }
    const { part, packedFor } = this.#target;
    f.getGlobal(part);
    f.getGlobal(packedFor);
    f.op(OP.i32_ne);
    f.if(() => {
      pack();
      f.getGlobal(part);
      f.setGlobal(packedFor);
    });
  }

  /** `rows` rows of the left operand at `from` times `columns` columns of the right one, to `to`. */
  #panels(from: number, to: number, rows: number, columns: number): void {
    const f = this.#f;
    const { right } = this.#p;
    const tile = this.#target.shape.columns;
    const packed = this.#packedRight >= 0;
    const step = this.#resultStep(columns);
    const panel = this.#f.copy(packed ? this.#packedRight : this.#rightK);
    const target = this.#f.copy(to);
    const column = (width: number): void => {
      this.#tiles(from, panel, target, rows, width, step);
      if (packed) this.#w.add(panel, () => this.#w.timesK(tile * 4));
      else f.advance(panel, right.column * tile * 4);
      f.advance(target, tile * 4);
    };
    if (columns >= tile) f.repeat(Math.floor(columns / tile), () => column(tile));
    const rest = columns % tile;
    if (rest === 0) return;
    if (this.#w.inTile(columns)) column(rest);
    else {
      if (!packed) f.advance(panel, right.column * (rest - tile) * 4);
      f.advance(target, (rest - tile) * 4);
      column(tile);
    }
  }

  /** One column of tiles. */
  #tiles(
    source: number,
    panel: number,
    target: number,
    rows: number,
    width: number,
    resultStep: number,
  ): void {
    const f = this.#f;
    const { left, leftOrder, right } = this.#p;
    const { rows: most, columns: tile } = this.#target.shape;
    const packedLeft = this.#packedLeft >= 0;
    const from = this.#f.copy(packedLeft ? this.#packedLeft : source);
    const to = this.#f.copy(target);
    const rightStep = 4 * (this.#packedRight >= 0 ? tile : right.row);
    for (const { size, count } of rowPanels(rows, most)) {
      const leftStep = 4 * (packedLeft ? size : leftOrder === "rows" ? left.row : left.column);
      const operands = [
        this.#w.get(from),
        this.#w.constant(leftStep),
        this.#w.get(panel),
        this.#w.constant(rightStep),
      ];
      f.repeat(count, () => {
        this.#tileProduct(kernelName(leftOrder, size), operands, to, size, width, resultStep);
        if (packedLeft) this.#w.add(from, () => this.#w.timesK(size * 4));
        else f.advance(from, left.row * size * 4);
        f.advance(to, resultStep * size);
      });
    }
  }

  #tileProduct(
    kernel: string,
    operands: readonly Push[],
    to: number,
    rows: number,
    width: number,
    resultStep: number,
  ): void {
    const f = this.#f;
    const whole = this.#target.shape.columns;
    const step = this.#w.constant(resultStep);
    if (width === whole) {
      const start = this.#startOr(this.#w.get(to));
      const startStep = this.#startStepOr(resultStep);
      this.#w.call(kernel, ...operands, start, startStep, this.#w.get(to), step, this.#w.get(this.#w.k));
      return;
    }
    // The last columns go through a tile of their own, because the kernel writes whole tiles.
    const tile = this.#w.get(this.#tile);
    const pitch = this.#w.constant(whole * 4);
    const [count, columns] = [this.#w.constant(rows), this.#w.constant(width)];
    if (this.#p.kBlocks > 1) {
      f.get(this.#isFirst);
      f.op(OP.i32_eqz);
      f.if(() => this.#w.call("copyRows", this.#w.get(to), step, tile, pitch, count, columns));
    }
    const start = this.#startOr(tile);
    this.#w.call(
      kernel,
      ...operands,
      start,
      this.#startStepOr(whole * 4),
      tile,
      pitch,
      this.#w.get(this.#w.k),
    );
    this.#w.call("copyRows", tile, pitch, this.#w.get(to), step, count, columns);
  }

  /** The first block of k starts from zeros, the others from what is there. */
  #startOr(result: Push): Push {
    return () => this.#ifFirst(this.#w.constant(this.#target.zeros), result);
  }

  #startStepOr(step: number): Push {
    return () => this.#ifFirst(this.#w.constant(0), this.#w.constant(step));
  }

  #ifFirst(first: Push, later: Push): void {
    first();
    if (this.#p.kBlocks === 1) return;
    later();
    this.#f.get(this.#isFirst);
    this.#f.op(OP.select);
  }

  /** The product was computed with rows and columns in the other order than the result has them. */
  #unpackProduct(rows: number, columns: number): void {
    const { result } = this.#p;
    const [from, to] = [this.#w.get(this.#product), this.#w.get(this.#result)];
    const pitch = this.#w.constant(this.#resultStep(columns));
    const extents = [this.#w.constant(rows), this.#w.constant(columns)] as const;
    this.#w.call("transpose", from, pitch, to, this.#w.constant(result.column * 4), ...extents);
  }
}
