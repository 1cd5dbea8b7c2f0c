// Where the walk of one example through the network is: a card for each layer, forward, then backward, and in each layer the
// unit that is looked at.

import type { MicroscopeData, MicroscopeLayer, Slice } from "gradbook/train/microscope-data";

/** One example with its numbers. */
export interface Specimen {
  readonly data: MicroscopeData;
  readonly numbers: Float32Array;
}

export type Direction = "forward" | "backward";

export class Walk {
  readonly specimen: Specimen;
  readonly #units = new Map<number, number>();
  #card = 0;

  constructor(specimen: Specimen) {
    this.specimen = specimen;
  }

  get layers(): readonly MicroscopeLayer[] {
    return this.specimen.data.layers;
  }

  get cards(): number {
    return 2 * this.layers.length;
  }

  get card(): number {
    return this.#card;
  }

  /** Goes to a card, or as near as there is one. */
  go(card: number): void {
    this.#card = Math.min(Math.max(card, 0), this.cards - 1);
  }

  /** Goes to a layer's card in a direction. */
  visit(layer: number, direction: Direction): void {
    this.go(direction === "forward" ? layer : this.cards - 1 - layer);
  }

  get direction(): Direction {
    return this.#card < this.layers.length ? "forward" : "backward";
  }

  /** Index of the layer that the card is about. */
  get layer(): number {
    return this.direction === "forward" ? this.#card : this.cards - 1 - this.#card;
  }

  /** Whether the walk has shown a layer's activation, or its gradient. */
  reached(layer: number, direction: Direction): boolean {
    if (direction === "forward") return this.direction === "backward" || layer <= this.layer;
    return this.direction === "backward" && layer >= this.layer;
  }

  /** The unit that is looked at in a layer: the chosen one, or the one with the largest activation. */
  unit(layer: number): number {
    const chosen = this.#units.get(layer);
    if (chosen !== undefined) return chosen;
    const { activation, shape } = this.layers[layer]!;
    const values = this.values(activation);
    let largest = 0;
    for (let i = 1; i < values.length; i++) if (values[i]! > values[largest]!) largest = i;
    return Math.floor(largest / perUnit(shape));
  }

  choose(layer: number, unit: number): void {
    this.#units.set(layer, unit);
  }

  values({ at, length }: Slice): Float32Array {
    return this.specimen.numbers.subarray(at, at + length);
  }

  /** The same place in the walk of another example, or of the same one a step later. */
  continued(specimen: Specimen): Walk {
    const walk = new Walk(specimen);
    walk.go(this.#card);
    for (const [layer, unit] of this.#units) walk.choose(layer, unit);
    return walk;
  }
}

/** Values of one unit: one, or a map of a convolution's channel. */
export function perUnit([, ...inner]: readonly number[]): number {
  return inner.reduce((product, size) => product * size, 1);
}

/** The numbers of a message: its buffer may start at any byte. */
export function floats(buffer: DataView): Float32Array {
  const values = new Float32Array(buffer.byteLength / 4);
  for (let i = 0; i < values.length; i++) values[i] = buffer.getFloat32(4 * i, true);
  return values;
}
