// Generates the code of a matrix product: the blocking loops around the micro-kernels of the library, in the way that
// `product.ts` has planned it. What is computed around the product, and in which chunks, is decided in `matmul.ts`.

import { pushBuffer, type Range } from "./addressing.js";
import type { FunctionBuilder } from "./encoder.js";
import { I32, OP } from "./instructions.js";
import { COPY_PARAMETERS, GATHER_PARAMETERS, KERNEL_PARAMETERS, kernelName } from "./microkernel.js";
import { type Layout, type Packing, type ProductPlan, rowPanels } from "./product.js";
import { LIBRARY, type ProductPointers, type ProductTarget, type SteppedScratch } from "./product-target.js";
import { STEP } from "./team.js";

type Push = () => void;

export class ProductEmitter {
  readonly #f: FunctionBuilder;
  readonly #p: ProductPlan;
  readonly #target: ProductTarget;
  readonly #stepped: SteppedScratch | undefined;
  readonly #packsOnce: boolean;
  readonly #k: number;
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

  /** `packsOnce`: all chunks of a part use the same right operand. `stepped`: the step of the run says which block of k is worked on, and the right operand of it is packed before. */
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
    [this.#k, this.#isFirst, this.#leftK, this.#rightK] = [0, 1, 2, 3].map(() => f.local(I32)) as [
      number,
      number,
      number,
      number,
    ];
  }

  /** Computes `rows` x `columns` of the product: the pointers say where they begin. `firstRow` (a local): how many rows of the
   *  whole product come before; only needed for a product in steps. */
  emit(pointers: ProductPointers, rows: number, columns: number, firstRow: number): void {
    const f = this.#f;
    const { kBlocks, kBlock, k, left, right } = this.#p;
    this.#result = pointers.result;
    this.#product = this.#productFrom(firstRow);
    this.#assign(this.#leftK, this.#get(pointers.left));
    this.#assign(this.#rightK, this.#get(pointers.right));
    if (this.#stepped !== undefined) {
      this.#toBlockOfStep();
      this.#rows(rows, columns);
      if (this.#product < 0) return;
      this.#ifLastStep(() => this.#unpackProduct(rows, columns));
      return;
    }
    this.#assign(this.#isFirst, this.#constant(1));
    const remaining = f.local(I32);
    this.#assign(remaining, this.#constant(k));
    f.repeat(kBlocks, () => {
      this.#smaller(kBlock, remaining);
      if (this.#packedRight >= 0) this.#packRight(columns);
      this.#rows(rows, columns);
      f.advance(remaining, -kBlock);
      f.advance(this.#leftK, left.column * kBlock * 4);
      f.advance(this.#rightK, right.row * kBlock * 4);
      this.#assign(this.#isFirst, this.#constant(0));
    });
    if (this.#product >= 0) this.#unpackProduct(rows, columns);
  }

  /** Packs `columns` columns of the right operand for the block of k of this step. `firstColumn` (a local) come before. */
  emitPacking(right: number, columns: number, firstColumn: number): void {
    const f = this.#f;
    this.#assign(this.#rightK, this.#get(right));
    this.#toBlockOfStep();
    const to = this.#address(this.#stepped!.right);
    // Panels lie one after another, each k rows of a tile's width.
    this.#add(to, () => {
      f.get(firstColumn);
      this.#timesK(4);
      f.op(OP.i32_mul);
    });
    this.#packPanels(this.#rightK, to, columns);
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
      this.#assign(this.#k, this.#constant(k));
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
    this.#assign(block, () => this.#pushBlockOfStep());
    this.#assign(this.#isFirst, () => {
      f.get(block);
      f.op(OP.i32_eqz);
    });
    const remaining = f.local(I32);
    this.#assign(remaining, () => {
      f.i32(k);
      times(kBlock)();
      f.op(OP.i32_sub);
    });
    this.#smaller(kBlock, remaining);
    this.#add(this.#leftK, times(left.column * kBlock * 4));
    this.#add(this.#rightK, times(right.row * kBlock * 4));
  }

  /** k becomes `most`, or what remains if that is less. */
  #smaller(most: number, remaining: number): void {
    const f = this.#f;
    this.#assign(this.#k, () => {
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
    const local = (bytes: number): number => this.#address(this.#target.local(bytes));
    const panels = Math.ceil(columns / shape.columns);
    if (columns % shape.columns !== 0) this.#tile = local(shape.rows * shape.columns * 4);
    if (leftPacking !== "none") this.#packedLeft = local(Math.min(rowBlock, rows) * kBlock * 4);
    if (this.#stepped !== undefined) this.#packedRight = this.#address(this.#stepped.right);
    else if (rightPacking !== "none") this.#packedRight = local(panels * shape.columns * kBlock * 4);
    if (this.#stepped?.product !== undefined) this.#allProduct = this.#address(this.#stepped.product);
    else if (result.column !== 1) this.#allProduct = local(rows * columns * 4);
  }

  /** Where the product is computed that is brought into the result's order afterwards; -1: in the result itself. */
  #productFrom(firstRow: number): number {
    if (this.#stepped?.product === undefined) return this.#allProduct;
    const product = this.#f.copy(this.#allProduct);
    this.#add(product, () => {
      this.#f.get(firstRow);
      this.#f.i32(4 * this.#p.columns);
      this.#f.op(OP.i32_mul);
    });
    return product;
  }

  #address(range: Range): number {
    const address = this.#f.local(I32);
    pushBuffer(this.#f, range, 0);
    this.#f.set(address);
    return address;
  }

  /** Whether the last columns go through a tile of their own. Elsewhere the last tile begins earlier, and its first columns
   *  are computed twice: that would add up a second time what later blocks of k add. */
  #inTile(columns: number): boolean {
    const tile = this.#target.shape.columns;
    return columns % tile !== 0 && (columns < tile || this.#p.kBlocks > 1);
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
      if (this.#packedLeft >= 0) this.#packLeft(from, size);
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
    const pack = (): void => this.#packPanels(this.#rightK, this.#packedRight, columns);
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

  #packPanels(source: number, target: number, columns: number): void {
    const f = this.#f;
    const { right, rightPacking } = this.#p;
    const tile = this.#target.shape.columns;
    const from = this.#f.copy(source);
    const to = this.#f.copy(target);
    const panel = (width: number): void => {
      this.#pack(rightPacking, from, { row: right.row, column: right.column }, to, tile, width);
      f.advance(from, right.column * width * 4);
      this.#add(to, () => this.#timesK(tile * 4));
    };
    if (columns >= tile) f.repeat(Math.floor(columns / tile), () => panel(tile));
    const rest = columns % tile;
    if (rest === 0) return;
    if (this.#inTile(this.#stepped === undefined ? columns : this.#p.columns)) panel(rest);
    else {
      f.advance(from, right.column * (rest - tile) * 4);
      panel(tile);
    }
  }

  #packLeft(source: number, rows: number): void {
    const f = this.#f;
    const { left, leftPacking } = this.#p;
    const from = this.#f.copy(source);
    const to = this.#f.copy(this.#packedLeft);
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
      if (packed) this.#add(panel, () => this.#timesK(tile * 4));
      else f.advance(panel, right.column * tile * 4);
      f.advance(target, tile * 4);
    };
    if (columns >= tile) f.repeat(Math.floor(columns / tile), () => column(tile));
    const rest = columns % tile;
    if (rest === 0) return;
    if (this.#inTile(columns)) column(rest);
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
        this.#get(from),
        this.#constant(leftStep),
        this.#get(panel),
        this.#constant(rightStep),
      ];
      f.repeat(count, () => {
        this.#tileProduct(kernelName(leftOrder, size), operands, to, size, width, resultStep);
        if (packedLeft) this.#add(from, () => this.#timesK(size * 4));
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
    const step = this.#constant(resultStep);
    if (width === whole) {
      const start = this.#startOr(this.#get(to));
      const startStep = this.#startStepOr(resultStep);
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
  #unpackProduct(rows: number, columns: number): void {
    const { result } = this.#p;
    const [from, to] = [this.#get(this.#product), this.#get(this.#result)];
    const pitch = this.#constant(this.#resultStep(columns));
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

  #get(local: number): Push {
    return () => this.#f.get(local);
  }

  #constant(value: number): Push {
    return () => this.#f.i32(value);
  }
}
