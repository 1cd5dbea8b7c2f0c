// The presets of matrix products: tiles of a workgroup, blocks of an invocation, and which of them suits a shape where nothing has
// been measured.

import { elements } from "../../graph/shape.js";
import type { MatmulKernel } from "../ir.js";

export type TileName = PlainTile | UnitTile;
export type PlainTile = "large" | "oblong" | "square" | "dense" | "small" | "flat" | "tall";
export type UnitTile = "units" | "units-large";

/** A tile of `rows` x `columns` results, `depth` terms at a time; an invocation has a block of `high` x `wide` of them. All are
 *  multiples of 4, the depth of 8, rows and columns of 16. */
export interface Tile {
  readonly name: TileName;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly high: number;
  readonly wide: number;
  /** For the matrix units: a block is that of a subgroup. */
  readonly onUnits?: true;
}

const tile = (name: TileName, [rows, columns, depth]: Triple, [high, wide]: Pair): Tile => ({
  name,
  rows,
  columns,
  depth,
  high,
  wide,
});
type Triple = readonly [number, number, number];
type Pair = readonly [number, number];

/** All have 256 invocations or less and at most 16 KiB of workgroup memory, which every implementation allows. The taller the
 *  block, the more products for each load from workgroup memory, and the fewer workgroups at once on a core. */
export const TILES: Readonly<Record<PlainTile, Tile>> = {
  large: tile("large", [128, 128, 16], [8, 8]),
  oblong: tile("oblong", [128, 64, 16], [8, 4]),
  square: tile("square", [64, 64, 16], [4, 4]),
  dense: tile("dense", [64, 64, 16], [8, 8]),
  small: tile("small", [32, 32, 32], [4, 4]),
  flat: tile("flat", [16, 64, 32], [4, 4]),
  tall: tile("tall", [64, 16, 32], [4, 4]),
};

/** For products of float16 on matrix units, where an adapter has them. */
export const UNIT_TILES: Readonly<Record<UnitTile, Tile>> = {
  units: { ...tile("units", [64, 64, 32], [32, 32]), onUnits: true },
  "units-large": { ...tile("units-large", [128, 128, 32], [64, 32]), onUnits: true },
};

export const ALL_TILES: Readonly<Record<TileName, Tile>> = { ...TILES, ...UNIT_TILES };

/** Tiles in flight that keep a large device busy. */
const ENOUGH_TILES = 128;

/** How many tiles make a product. */
export const tilesOf = (kernel: MatmulKernel, { rows, columns }: Tile): number =>
  elements(kernel.batch) * Math.ceil(kernel.m / rows) * Math.ceil(kernel.n / columns);

export const invocations = ({ rows, columns, high, wide }: Tile): number => (rows / high) * (columns / wide);

/** The tile for a product by its shape alone. */
export function usualTile(kernel: MatmulKernel): Tile {
  const { m, n } = kernel;
  if (m <= 16 && n > 16) return TILES.flat;
  if (n <= 16 && m > 16) return TILES.tall;
  if (tilesOf(kernel, TILES.large) >= ENOUGH_TILES) return TILES.large;
  return tilesOf(kernel, TILES.square) >= ENOUGH_TILES ? TILES.square : TILES.small;
}

/** Terms that a part of a sum has at least. */
const SHORTEST_PART = 256;

/** How many parts to cut the sum over k into: more than one where there are too few tiles to keep a device busy. Divides k. */
export function partsOf(kernel: MatmulKernel, tile: Tile): number {
  const tiles = tilesOf(kernel, tile);
  const wanted = Math.min(
    Math.floor(ENOUGH_TILES / Math.max(tiles, 1)),
    Math.floor(kernel.k / SHORTEST_PART),
  );
  for (let parts = wanted; parts > 1; parts--) if (kernel.k % parts === 0) return parts;
  return 1;
}
