// What the routine "summary" adds up over a tensor. Devices may bring their own.

export interface Sums {
  /** Of all elements: the sum of their distances from `origin` and of the squares of these, the least and the greatest element, and
   *  how many are zero. Where an element is not finite, `squares` is not, and the rest means nothing. */
  whole(
    data: Float32Array,
    origin: number,
  ): { sum: number; squares: number; min: number; max: number; zeros: number };
  /** How many elements are <= low or >= high. */
  outside(data: Float32Array, low: number, high: number): number;
  /** Of a matrix of so many rows: the std of each column, added up over the columns. `positive` gets a 1 at each column with an
   *  element > 0. */
  columns(data: Float32Array, rows: number, positive: Uint8Array): number;
}

export const plainSums: Sums = {
  whole(data, origin) {
    let [sum, squares, zeros] = [0, 0, 0];
    let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = 0; i < data.length; i++) {
      const value = data[i]!;
      const distance = value - origin;
      sum += distance;
      squares += distance * distance;
      if (value < min) min = value;
      if (value > max) max = value;
      if (value === 0) zeros++;
    }
    return { sum, squares, min, max, zeros };
  },
  outside(data, low, high) {
    let count = 0;
    for (let i = 0; i < data.length; i++) if (data[i]! <= low || data[i]! >= high) count++;
    return count;
  },
  columns: (data, rows, positive) => columnsFrom(0, data, rows, positive),
};

/** The same of the columns from `start` on. Distances from the first row, so that the std of almost equal numbers is exact. */
export function columnsFrom(start: number, data: Float32Array, rows: number, positive: Uint8Array): number {
  const width = data.length / rows;
  let total = 0;
  for (let column = start; column < width; column++) {
    const origin = data[column]!;
    let [sum, squares] = [0, 0];
    for (let at = column; at < data.length; at += width) {
      const value = data[at]!;
      const distance = value - origin;
      sum += distance;
      squares += distance * distance;
      if (value > 0) positive[column] = 1;
    }
    const mean = sum / rows;
    total += Math.sqrt(Math.max(0, squares / rows - mean * mean));
  }
  return total;
}
