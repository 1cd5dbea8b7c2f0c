// What the routine "summary" adds up over a tensor. Devices may bring their own.

/** Of all elements: the sum of their distances from `origin` and of the squares of these, the least and the greatest element, and
 *  how many are zero. Where an element is not finite, `squares` is not, and the rest means nothing. */
export type Sums = (
  data: Float32Array,
  origin: number,
) => { sum: number; squares: number; min: number; max: number; zeros: number };

export const plainSums: Sums = (data, origin) => {
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
};
