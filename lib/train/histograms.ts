// Histograms of a watched run: their bins, and how counts are packed into bytes. One file for the library, which fills them,
// the kernel, which keeps them, and the browser, which draws them; it imports nothing.

/** What a layer has histograms of, in their order in a block: what enters its activation (the input sum, normalised where the
 *  layer does that), its output, the gradient of the loss with respect to the input sum, and its own parameters. */
export const QUANTITIES = ["input", "output", "gradient", "weight"] as const;
export type Quantity = (typeof QUANTITIES)[number];

/** Whether a value from outside names a quantity. */
export function isQuantity(value: unknown): value is Quantity {
  return (QUANTITIES as readonly unknown[]).includes(value);
}

export const BINS = 64;

/** The innermost positive edge of each quantity, as a power of two. */
const FIRST_EXPONENT: Readonly<Record<Quantity, number>> = {
  input: -10,
  output: -10,
  gradient: -24,
  weight: -12,
};

/** The power of two at which a quantity's innermost bins end. */
export function firstExponent(quantity: Quantity): number {
  return FIRST_EXPONENT[quantity];
}

/** The edges of the bins, ascending: a symmetric logarithmic scale with edges at 2^k and 1.5 * 2^k. A bin holds its edge
 *  nearer to zero and not the other one; the two outermost bins hold everything beyond, infinities too. Zeros are in bin 32.
 *
 *  Inputs and outputs are resolved from 0.001 to 48, weights from 0.0002 to 12, gradients from 6e-8 to 0.003.
 *
 *  @example histogramEdges("output").slice(32, 36) // -> Float64Array(4) [ 0, 0.0009765625, 0.00146484375, 0.001953125 ] */
export function histogramEdges(quantity: Quantity): Float64Array {
  const half = BINS / 2;
  const first = FIRST_EXPONENT[quantity];
  const edge = (i: number): number => (i === 0 ? 0 : 2 ** (first + ((i - 1) >> 1)) * (i % 2 === 0 ? 1.5 : 1));
  return Float64Array.from({ length: BINS + 1 }, (_, i) => (i < half ? -edge(half - i) : edge(i - half)));
}

/** Bytes in one sample's block: BINS for each quantity of each layer. */
export function histogramBlock(layers: number): number {
  return layers * QUANTITIES.length * BINS;
}

/** Where the bytes of one layer's quantity begin in a block. */
export function histogramOffset(layer: number, quantity: Quantity): number {
  return (layer * QUANTITIES.length + QUANTITIES.indexOf(quantity)) * BINS;
}

/** A bin's share of all values as a byte: the square root, in steps of 1/255, so that thin tails stay visible. */
export function shareToByte(share: number): number {
  return Math.round(255 * Math.sqrt(share));
}

/** The share (0 to 1) that a byte stands for; within 0.4 % of all values. All bytes 0: not measured. */
export function byteToShare(byte: number): number {
  return (byte / 255) ** 2;
}
