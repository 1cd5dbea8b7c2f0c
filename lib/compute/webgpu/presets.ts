// Which tile a product gets: the one that was fastest for products of its class on this adapter with this driver. Each class is
// measured when its first product is compiled, and what was found is kept on disk.

import { elements } from "../../graph/shape.js";
import type { MatmulKernel } from "../ir.js";
import { type PresetFile, readPresets, writePreset } from "./preset-file.js";
import { ALL_TILES, TILES, type Tile, type TileName, tilesOf, usualTile } from "./tiles.js";
import { suitsUnits } from "./unit-product.js";

/** Seconds that a product takes with a tile; undefined where that cannot be found out. */
export type TimeProduct = (kernel: MatmulKernel, tile: Tile) => number | undefined;

/** Extents up to each of these belong together. */
const SIZES = [16, 128, 1024] as const;
const sizeOf = (extent: number): string => String(SIZES.find((size) => extent <= size) ?? "more");

/** What products that are alike have in common. */
export function classOf({ batch, m, n, k, a, b }: MatmulKernel): string {
  const type = a.dtype === "float16" && b.dtype === "float16" ? "float16" : "float32";
  return `${type} ${elements(batch) > 1 ? "many " : ""}${sizeOf(m)} x ${sizeOf(n)} x ${sizeOf(k)}`;
}

/** What is measured for a product: as it is, but no larger than shows how fast it goes, and with nothing besides. */
const LARGEST = 4096;

/** Tiles at most this many times as large as the product, in either direction, are worth measuring. */
const OVERSIZE = 2;

/** `units`: whether the adapter has matrix units. */
export function candidates(kernel: MatmulKernel, units: boolean): Tile[] {
  const { m, n } = kernel;
  const tiles = Object.values(units && suitsUnits(kernel) ? ALL_TILES : TILES);
  const least = Math.min(...tiles.map(({ rows, columns }) => Math.min(rows, columns)));
  const fits = (extent: number, size: number): boolean => extent <= Math.max(OVERSIZE * size, least);
  return tiles.filter(({ rows, columns }) => fits(rows, m) && fits(columns, n));
}

export class Presets {
  readonly #file: PresetFile;
  readonly #time: TimeProduct;
  readonly #known: Map<string, TileName>;
  readonly #units: boolean;
  #measuring = false;

  /** `units`: whether the adapter has matrix units. */
  constructor(file: PresetFile, time: TimeProduct, units = false) {
    this.#units = units;
    this.#file = file;
    this.#time = time;
    this.#known = readPresets(file);
  }

  /** The tile for a product. */
  tileFor(kernel: MatmulKernel): Tile {
    const kind = classOf(kernel);
    const known = this.#known.get(kind);
    // not all of a class suit the units
    if (known !== undefined && (known in TILES || (this.#units && suitsUnits(kernel))))
      return ALL_TILES[known];
    if (known !== undefined) return usualTile(kernel);
    // what is compiled in order to be measured has its tile already
    if (this.#measuring || tilesOf(kernel, TILES.small) === 0) return usualTile(kernel);
    this.#measuring = true;
    try {
      return this.#measure(kind, kernel);
    } finally {
      this.#measuring = false;
    }
  }

  #measure(kind: string, kernel: MatmulKernel): Tile {
    const times: [Tile, number][] = [];
    for (const tile of candidates(kernel, this.#units)) {
      const seconds = this.#time(kernel, tile);
      if (seconds !== undefined) times.push([tile, seconds]);
    }
    const [fastest] = times.sort(([, a], [, b]) => a - b);
    if (fastest === undefined) return usualTile(kernel);
    const [tile] = fastest;
    this.#known.set(kind, tile.name);
    const measured = times.map(([{ name }, seconds]) => [name, seconds] as const);
    writePreset(this.#file, kind, tile.name, Object.fromEntries(measured));
    return tile;
  }
}

/** A plain product of the same sizes, but for very large ones. */
export function measured({ batch, m, n, k, a, b }: MatmulKernel): MatmulKernel {
  const [rows, columns, terms] = [m, n, k].map((extent) => Math.min(extent, LARGEST)) as [
    number,
    number,
    number,
  ];
  const copies = Math.max(1, Math.min(elements(batch), Math.floor(LARGEST ** 2 / (rows * columns))));
  const matrix = (buffer: number, height: number, width: number): MatmulKernel["a"] => ({
    buffer,
    view: { offset: 0, strides: [height * width, width, 1] },
  });
  const half = (operand: MatmulKernel["a"]): Pick<MatmulKernel["a"], "dtype"> =>
    operand.dtype === undefined ? {} : { dtype: operand.dtype };
  return {
    kind: "matmul",
    name: "matmul",
    batch: [copies],
    m: rows,
    n: columns,
    k: terms,
    a: { ...matrix(0, rows, terms), ...half(a) },
    b: { ...matrix(1, terms, columns), ...half(b) },
    outputs: [{ ...matrix(2, rows, columns), value: { kind: "accumulator", dtype: "float32", index: 0 } }],
  };
}
