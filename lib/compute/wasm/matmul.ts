// The parts in which a matrix product kernel is computed: in which chunks, over which batches, with what packed before, and
// what its outputs ask for beside the product, computed chunk by chunk while that is in the cache.

import { elements } from "../../graph/shape.js";
import type { LoopKernel, MatmulKernel, MatrixOperand } from "../ir.js";
import { pushBuffer } from "./addressing.js";
import type { ProductKind } from "./blas.js";
import { addProduct, ifLastChunk, pushIfLastChunk } from "./chunk-code.js";
import { COUNTABLE, type Cut, chunksFor, cutInto } from "./cut.js";
import { BlasEmitter, type BlasRates, blasKind, blasTime, cutForBlas, lieAlongDepth } from "./emit-blas.js";
import { ProductEmitter } from "./emit-product.js";
import { TurnedEmitter } from "./emit-turned.js";
import { FunctionBuilder } from "./encoder.js";
import { I32, OP } from "./instructions.js";
import type { Target } from "./loop.js";
import { asLoop, epilogueOf, inHalves, isBetterInHalves, placeInOutput } from "./lower.js";
import { epiloguePart, loopParts, type Part } from "./parts.js";
import {
  cutProduct,
  type Layout,
  type Packing,
  type ProductCut,
  type ProductPlan,
  planProduct,
  productTime,
  rightPackingTime,
} from "./product.js";
import {
  type ProductPointers,
  type ProductTarget,
  packedBytes,
  type SteppedScratch,
  steppedScratch,
} from "./product-target.js";
import { CHUNK, STEP } from "./team.js";

export interface MatmulTarget extends Target, ProductTarget {
  /** The kinds of products that go to the system's BLAS, and how fast it is. */
  readonly blas: BlasRates;
}

/** Parts that are run one after another, all of them so many times; `STEP` counts. */
export interface Stage {
  readonly parts: readonly Part[];
  readonly steps: number;
}

const once = (parts: readonly Part[]): Stage => ({ parts, steps: 1 });

/** The stages of a matrix product; `number`: its place in the plan. */
export function matmulStages(kernel: MatmulKernel, number: number, target: MatmulTarget): Stage[] {
  const loop = asLoop(kernel);
  if (loop !== undefined) return [once(loopParts(loop, number, target))];
  if (kernel.batch.includes(0)) return [];
  if (isBetterInHalves(kernel)) {
    const buffer = target.buffers.push(target.shared(8 * kernel.m * kernel.n)) - 1;
    const { halves, sum } = inHalves(kernel, buffer);
    return [...new ProductStages(halves, number, target).stages(), once(loopParts(sum, number, target))];
  }
  return new ProductStages(kernel, number, target).stages();
}

/** What computes a product, or rows or columns of it. */
type Emitter = Pick<ProductEmitter, "takeScratch" | "emit">;

/** How a product is divided. */
type Division =
  /** Chunks are some of the matrices along one batch dimension, or all of them. */
  | { readonly kind: "batch"; readonly dimension: number; readonly cut: Cut | undefined }
  /** Chunks are rows or columns of one matrix. Those of several matrices are claimed side by side, unless all chunks of a matrix
   *  use the same packed operand: then matrices are steps. */
  | { readonly kind: "matrix"; readonly cut: ProductCut };

class ProductStages {
  readonly #kernel: MatmulKernel;
  readonly #number: number;
  readonly #target: MatmulTarget;
  #plan: ProductPlan;
  readonly #division: Division;
  /** The kind of product it is for the system's BLAS; undefined: our own micro-kernels compute it. */
  readonly #blas: ProductKind | undefined;
  /** Whether every thread packs the right operand for itself, before its first chunk. */
  readonly #packsOnce: boolean;
  /** Else, where it is packed for all chunks: scratch memory for that. */
  readonly #stepped: SteppedScratch | undefined;
  readonly #result: MatrixOperand;
  /** The result is in a buffer that holds no more than one chunk. */
  readonly #local: boolean;

  constructor(kernel: MatmulKernel, number: number, target: MatmulTarget) {
    const { batch, m, n, k, a, b } = kernel;
    this.#kernel = kernel;
    this.#number = number;
    this.#target = target;
    const own = placeInOutput(kernel, target.buffers);
    const result = own === undefined ? { row: n, column: 1 } : layoutOf(own);
    const plan = planProduct(m, n, k, layoutOf(a), layoutOf(b), result, target.shape);
    this.#plan = plan;
    this.#blas = blasKind(plan, target.blas);
    this.#division = divide(batch, plan, target, this.#blas);
    const division = this.#division;
    const sharesRight =
      this.#blas === undefined &&
      division.kind === "matrix" &&
      division.cut.axis === "rows" &&
      plan.rightPacking !== "none";
    this.#packsOnce = sharesRight && plan.kBlocks === 1 && packedBytes(plan, target) <= PACKED_BY_EACH;
    this.#stepped = sharesRight && !this.#packsOnce ? steppedScratch(plan, target) : undefined;
    this.#local = own === undefined && this.#steps === 1 && this.#matrices === 1;
    this.#result = own ?? this.#scratchResult();
    const { row, column } = layoutOf(this.#result);
    this.#plan = { ...plan, result: plan.turned ? { row: column, column: row } : { row, column } };
  }

  /** Steps of the first stage: matrices, and blocks of k of each where the right operand is packed for all chunks. */
  get #steps(): number {
    if (this.#division.kind === "batch") return 1;
    const blocks = this.#stepped === undefined ? 1 : this.#plan.kBlocks;
    return this.#sideBySide ? blocks : this.#matrices * blocks;
  }

  get #chunks(): number {
    return (this.#division.cut?.chunks ?? 1) * (this.#sideBySide ? this.#matrices : 1);
  }

  /** Whether the chunks of all matrices are one part. */
  get #sideBySide(): boolean {
    const chunks = (this.#division.cut?.chunks ?? 1) * this.#matrices;
    return !this.#packsOnce && this.#stepped === undefined && chunks <= COUNTABLE;
  }

  get #matrices(): number {
    return this.#division.kind === "batch" ? 1 : elements(this.#kernel.batch);
  }

  /** The dimension of the kernel that is cut. */
  get #cutDimension(): number {
    const division = this.#division;
    if (division.kind === "batch") return division.dimension;
    const alongM = (division.cut.axis === "rows") !== this.#plan.turned;
    return this.#kernel.batch.length + (alongM ? 0 : 1);
  }

  #scratchResult(): MatrixOperand {
    const { batch, m, n } = this.#kernel;
    const { cut } = this.#division;
    const extents = [...batch, m, n];
    if (this.#local && cut !== undefined) extents[this.#cutDimension] = Math.max(cut.size, cut.last);
    const strides = extents.map((_, d) => elements(extents.slice(d + 1)));
    const bytes = 4 * elements(extents);
    const range = this.#local ? this.#target.local(bytes) : this.#target.shared(bytes);
    return { buffer: this.#target.buffers.push(range) - 1, view: { offset: 0, strides } };
  }

  stages(): Stage[] {
    const product = this.#product();
    const first: Stage = {
      parts: this.#stepped === undefined ? [product] : [this.#packing(), product],
      steps: this.#steps,
    };
    const epilogue = epilogueOf(this.#kernel, this.#result);
    if (epilogue === undefined) return [first];
    if (this.#matrices > 1) return [first, once(loopParts(epilogue, this.#number, this.#target))];
    return [{ ...first, parts: [...first.parts.slice(0, -1), this.#withEpilogue(product, epilogue)] }];
  }

  #withEpilogue(product: Part, epilogue: LoopKernel): Part {
    const { code: f } = product;
    const local = this.#local ? this.#result.buffer : -1;
    const after = epiloguePart(
      epilogue,
      this.#number,
      this.#target,
      this.#cutDimension,
      this.#division.cut,
      local,
    );
    const index = this.#target.module.add(after.code);
    const call = (): void => {
      for (let parameter = 0; parameter < f.params.length; parameter++) f.get(parameter);
      f.call(index);
    };
    if (this.#steps === 1) call();
    else {
      f.get(STEP);
      f.i32(this.#steps - 1);
      f.op(OP.i32_eq);
      f.if(call);
    }
    return { ...product, time: product.time + after.time, how: `${product.how}; then ${after.how}` };
  }

  #product(): Part {
    const f = new FunctionBuilder(this.#target.parameters);
    const emitter = this.#emitter(f);
    if (this.#division.kind === "batch") this.#overBatch(f, emitter, this.#division);
    else this.#overChunk(f, emitter, this.#division.cut);
    return { code: f, chunks: this.#chunks, time: this.#time, how: this.#how(), alone: this.#packsOnce };
  }

  /** Of a step; see `Part`. */
  get #time(): number {
    const product = this.#blas === undefined ? productTime(this.#plan) : blasTime(this.#plan);
    return (product * elements(this.#kernel.batch)) / this.#steps;
  }

  #emitter(f: FunctionBuilder): Emitter {
    const [plan, target] = [this.#plan, this.#target];
    if (this.#blas === undefined) return new ProductEmitter(f, plan, target, this.#stepped, this.#packsOnce);
    if (this.#turns) return new TurnedEmitter(f, plan, target);
    return new BlasEmitter(f, plan, this.#blas, target.module);
  }

  /** Whether operands that lie along the depth become such of outer products. */
  get #turns(): boolean {
    return this.#blas === "outer" && lieAlongDepth(this.#plan);
  }

  /** Locals that point to the first matrices, and the strides of each over the batch. */
  #pointers(f: FunctionBuilder): { pointers: ProductPointers; batch: [number, readonly number[]][] } {
    const { a, b } = this.#kernel;
    const operands = [...(this.#plan.turned ? [b, a] : [a, b]), this.#result];
    const batch = operands.map(({ buffer, view }): [number, readonly number[]] => {
      const pointer = f.local(I32);
      pushBuffer(f, this.#target.buffers[buffer]!, view.offset * 4);
      f.set(pointer);
      return [pointer, view.strides];
    });
    const [left, right, result] = batch.map(([pointer]) => pointer) as [number, number, number];
    return { pointers: { left, right, result }, batch };
  }

  #overBatch(
    f: FunctionBuilder,
    emitter: Emitter,
    { dimension, cut }: Extract<Division, { kind: "batch" }>,
  ): void {
    const { pointers, batch } = this.#pointers(f);
    const { rows, columns } = this.#plan;
    emitter.takeScratch(rows, columns);
    const extents = this.#kernel.batch;
    const round = (d: number): void => {
      over(d + 1);
      for (const [pointer, strides] of batch) f.advance(pointer, strides[d]! * 4);
    };
    const over = (d: number): void => {
      if (d === extents.length) {
        emitter.emit(pointers, rows, columns, -1);
        return;
      }
      const before = batch.map(([pointer]) => f.copy(pointer));
      if (d !== dimension || cut === undefined) f.repeat(extents[d]!, () => round(d));
      else {
        batch.forEach(([pointer, strides]) => {
          if (!this.#isLocal(pointer, pointers)) addProduct(f, pointer, CHUNK, strides[d]! * cut.size * 4);
        });
        const count = f.local(I32);
        pushIfLastChunk(f, cut, cut.last, cut.size);
        f.set(count);
        f.repeatLocal(count, () => round(d));
      }
      // Back to the start of this dimension for the next round of the one outside.
      batch.forEach(([pointer], i) => {
        f.get(before[i]!);
        f.set(pointer);
      });
    };
    over(0);
  }

  #isLocal(pointer: number, { result }: ProductPointers): boolean {
    return this.#local && pointer === result;
  }

  /** To the matrices of this step, or of this chunk, which from here on counts within its matrix. */
  #toMatrix(f: FunctionBuilder, batch: readonly [number, readonly number[]][]): void {
    if (this.#matrices === 1) return;
    const [count, each] = this.#sideBySide
      ? [CHUNK, this.#division.cut!.chunks]
      : [STEP, this.#steps / this.#matrices];
    const [matrix, index] = [f.local(I32), f.local(I32)];
    const divided = (local: number, op: number, by: number, to: number): void => {
      f.get(local);
      f.i32(by);
      f.op(op);
      f.set(to);
    };
    divided(count, OP.i32_div_s, each, matrix);
    if (count === CHUNK) divided(CHUNK, OP.i32_rem_s, each, CHUNK);
    const extents = this.#kernel.batch;
    extents.forEach((extent, d) => {
      divided(matrix, OP.i32_div_s, elements(extents.slice(d + 1)), index);
      divided(index, OP.i32_rem_s, extent, index);
      for (const [pointer, strides] of batch) addProduct(f, pointer, index, strides[d]! * 4);
    });
  }

  #overChunk(f: FunctionBuilder, emitter: Emitter, cut: ProductCut): void {
    const { pointers, batch } = this.#pointers(f);
    const { rows, columns, left, right, result } = this.#plan;
    const byRows = cut.axis === "rows";
    const most = Math.max(cut.size, cut.last);
    emitter.takeScratch(byRows ? most : rows, byRows ? columns : most);
    this.#toMatrix(f, batch);
    const first = f.local(I32);
    f.i32(0);
    f.set(first);
    addProduct(f, first, CHUNK, cut.size);
    if (byRows) addProduct(f, pointers.left, first, left.row * 4);
    else addProduct(f, pointers.right, first, right.column * 4);
    if (!this.#local) addProduct(f, pointers.result, first, (byRows ? result.row : result.column) * 4);
    ifLastChunk(f, cut, (size) =>
      emitter.emit(pointers, byRows ? size : rows, byRows ? columns : size, first),
    );
  }

  /** The part that packs one block of k of the right operand, for all chunks of the product. */
  #packing(): Part {
    const f = new FunctionBuilder(this.#target.parameters);
    const { columns, kBlocks, right } = this.#plan;
    const emitter = new ProductEmitter(f, this.#plan, this.#target, this.#stepped);
    const { pointers, batch } = this.#pointers(f);
    this.#toMatrix(f, batch);
    const time = rightPackingTime(this.#plan) / kBlocks;
    const wanted = chunksFor(time, this.#target.grain / 2);
    const cut = cutInto(wanted, columns, this.#target.shape.columns);
    const first = f.local(I32);
    f.i32(0);
    f.set(first);
    if (cut === undefined) emitter.emitPacking(pointers.right, columns, first);
    else {
      addProduct(f, first, CHUNK, cut.size);
      addProduct(f, pointers.right, first, right.column * 4);
      ifLastChunk(f, cut, (size) => emitter.emitPacking(pointers.right, size, first));
    }
    const chunks = cut?.chunks ?? 1;
    return { code: f, chunks, time, how: `packing${chunks > 1 ? ` in ${chunks} chunks` : ""}` };
  }

  #how(): string {
    const { turned, leftOrder, leftPacking, rightPacking, kBlocks, kBlock } = this.#plan;
    const way = (name: string, packing: Packing): string =>
      `${name} ${packing === "none" ? "direct" : packing}`;
    const { kind, cut } = this.#division;
    const own = [
      turned ? "turned" : "straight",
      way(`left (${leftOrder})`, leftPacking),
      way("right", rightPacking),
      `k ${kBlocks} x ${kBlock}`,
    ];
    return [
      ...(this.#blas !== undefined ? [`BLAS (${this.#blas}${this.#turns ? ", turned" : ""})`] : own),
      ...(cut === undefined ? [] : [`${cut.chunks} chunks of ${kind === "batch" ? "matrices" : cut.axis}`]),
    ].join(", ");
  }
}

/** Up to so many bytes of a packed operand it is cheaper for every thread to pack them than to fetch them from the cache of
 *  another core, and to wait until that is done. */
const PACKED_BY_EACH = 256 * 1024;

function layoutOf({ view }: MatrixOperand): Layout {
  const [row, column] = view.strides.slice(-2) as [number, number];
  return { row, column };
}

function divide(
  batch: readonly number[],
  plan: ProductPlan,
  { shape, grain }: MatmulTarget,
  blas: ProductKind | undefined,
): Division {
  const matrices = elements(batch);
  const wanted = chunksFor(productTime(plan) * matrices, grain);
  const dimension = batch.indexOf(Math.max(...batch));
  if (matrices > 1 && batch[dimension]! >= Math.min(wanted, ENOUGH_MATRICES)) {
    return { kind: "batch", dimension, cut: cutInto(wanted, batch[dimension]!, 1) };
  }
  const cut =
    blas === undefined
      ? cutProduct(plan, chunksFor(productTime(plan), grain), shape)
      : cutForBlas(plan, blas, grain);
  return cut === undefined ? { kind: "batch", dimension, cut } : { kind: "matrix", cut };
}

/** With so many matrices in a batch each is computed as a whole. */
const ENOUGH_MATRICES = 8;
