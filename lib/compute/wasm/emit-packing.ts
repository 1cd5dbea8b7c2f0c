// Generates the code that brings operands of a matrix product into the order in which the micro-kernels read them: panels, one
// after another, of k rows as wide as a tile for the right operand and as a tile is high for the left one.

import { type Layout, type Packing, rowPanels } from "./product.js";
import type { ProductWriter, Push } from "./product-writer.js";

export class PackingEmitter {
  readonly #w: ProductWriter;

  constructor(writer: ProductWriter) {
    this.#w = writer;
  }

  /** Packs `columns` columns of the right operand at `source`, of `across` that a pass over the panels goes through. */
  panels(source: number, target: number, columns: number, across: number): void {
    const { f } = this.#w;
    const { right, rightPacking } = this.#w.plan;
    const tile = this.#w.target.shape.columns;
    const from = f.copy(source);
    const to = f.copy(target);
    const panel = (width: number): void => {
      this.#pack(rightPacking, from, { row: right.row, column: right.column }, to, tile, width);
      f.advance(from, right.column * width * 4);
      this.#w.add(to, () => this.#w.timesK(tile * 4));
    };
    if (columns >= tile) f.repeat(Math.floor(columns / tile), () => panel(tile));
    const rest = columns % tile;
    if (rest === 0) return;
    if (this.#w.inTile(across)) panel(rest);
    else {
      f.advance(from, right.column * (rest - tile) * 4);
      panel(tile);
    }
  }

  /** Packs `rows` rows of the left operand at `source`. */
  left(source: number, target: number, rows: number): void {
    const { f } = this.#w;
    const { left, leftPacking } = this.#w.plan;
    const from = f.copy(source);
    const to = f.copy(target);
    for (const { size, count } of rowPanels(rows, this.#w.target.shape.rows)) {
      f.repeat(count, () => {
        this.#pack(leftPacking, from, { row: left.column, column: left.row }, to, size, size);
        f.advance(from, left.row * size * 4);
        this.#w.add(to, () => this.#w.timesK(size * 4));
      });
    }
  }

  /** Writes [k][width] (rows `pitch` floats apart) from a source whose rows are the ks. */
  #pack(packing: Packing, from: number, source: Layout, to: number, pitch: number, width: number): void {
    const [start, end, k] = [this.#w.get(from), this.#w.get(to), this.#w.get(this.#w.k)];
    const bytes = (floats: number): Push => this.#w.constant(4 * floats);
    if (packing === "copy") {
      this.#w.call("copyRows", start, bytes(source.row), end, bytes(pitch), k, this.#w.constant(width));
    } else if (packing === "transpose") {
      this.#w.call("transpose", start, bytes(source.column), end, bytes(pitch), this.#w.constant(width), k);
    } else {
      const steps = [bytes(source.row), bytes(source.column)] as const;
      this.#w.call("gather", start, ...steps, end, bytes(pitch), k, this.#w.constant(width));
    }
  }
}
