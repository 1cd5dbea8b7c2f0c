// A growing table of float32 rows.

export class Table {
  readonly width: number;
  #values: Float32Array;
  #count = 0;

  constructor(width: number) {
    this.width = width;
    this.#values = new Float32Array(64 * width);
  }

  /** Number of rows. */
  get count(): number {
    return this.#count;
  }

  /** NaN beyond the end. */
  get(row: number, column: number): number {
    return row < this.#count ? this.#values[row * this.width + column]! : Number.NaN;
  }

  /** Adds whole rows. */
  append(rows: Float32Array): void {
    const added = rows.length / this.width;
    const needed = (this.#count + added) * this.width;
    if (needed > this.#values.length) {
      const larger = new Float32Array(Math.max(needed, 2 * this.#values.length));
      larger.set(this.#values.subarray(0, this.#count * this.width));
      this.#values = larger;
    }
    this.#values.set(rows, this.#count * this.width);
    this.#count += added;
  }

  /** Of two neighbouring rows keeps the one that `worth` values higher, or else the later one; the last row stays. */
  halve(worth: (row: number) => number = () => 0): void {
    const last = this.#count - 1;
    let kept = 0;
    const keep = (row: number): void => {
      this.#values.copyWithin(kept * this.width, row * this.width, (row + 1) * this.width);
      kept++;
    };
    for (let row = 0; row < last; row += 2) keep(worth(row) > worth(row + 1) ? row : row + 1);
    if (last % 2 === 0) keep(last);
    this.#count = kept;
  }
}
