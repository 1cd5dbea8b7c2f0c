// Matrix products in WGSL: a workgroup computes a tile of the result from tiles of both operands in workgroup memory, an
// invocation a block of that in registers. Elements past the ends of a matrix are zeros in workgroup memory and never loaded,
// and results past its ends are never stored, so nothing is out of bounds.

import { elements } from "../../graph/shape.js";
import type { MatmulKernel, MatrixOperand } from "../ir.js";
import { type Names, offsetText, Scope } from "./expressions.js";
import { block, indicesOf } from "./loop.js";
import type { Slots } from "./shader.js";

/** A tile of `rows` x `columns` results, `depth` terms at a time; an invocation has a block of `high` x `wide` of them. */
export interface Tile {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly high: number;
  readonly wide: number;
}

/** For large products, for ordinary ones, and for those with few rows or columns. All have 256 invocations or less and at most
 *  16 KiB of workgroup memory, which every implementation allows. */
export const TILES: Readonly<Record<TileName, Tile>> = {
  large: { rows: 128, columns: 128, depth: 8, high: 8, wide: 8 },
  square: { rows: 64, columns: 64, depth: 16, high: 4, wide: 4 },
  small: { rows: 32, columns: 32, depth: 32, high: 2, wide: 2 },
  flat: { rows: 16, columns: 64, depth: 16, high: 2, wide: 4 },
  tall: { rows: 64, columns: 16, depth: 16, high: 4, wide: 2 },
};

export type TileName = "large" | "square" | "small" | "flat" | "tall";

/** Tiles in flight that keep a large device busy. */
const ENOUGH_TILES = 128;

const count = (kernel: MatmulKernel, { rows, columns }: Tile): number =>
  elements(kernel.batch) * Math.ceil(kernel.m / rows) * Math.ceil(kernel.n / columns);

/** The tile for a product, by its shape. */
export function tileFor(kernel: MatmulKernel): TileName {
  const { m, n } = kernel;
  if (m <= 16 && n > 16) return "flat";
  if (n <= 16 && m > 16) return "tall";
  if (count(kernel, TILES.large) >= ENOUGH_TILES) return "large";
  return count(kernel, TILES.square) >= ENOUGH_TILES ? "square" : "small";
}

/** How many parts to cut the sum over k into: more than one where there are too few tiles to keep a device busy. Divides k. */
export function partsOf(kernel: MatmulKernel): number {
  const tiles = count(kernel, TILES[tileFor(kernel)]);
  const wanted = Math.min(
    Math.floor(ENOUGH_TILES / Math.max(tiles, 1)),
    Math.floor(kernel.k / SHORTEST_PART),
  );
  for (let parts = wanted; parts > 1; parts--) if (kernel.k % parts === 0) return parts;
  return 1;
}

/** Terms that a part of a sum has at least. */
const SHORTEST_PART = 256;

export const invocations = ({ rows, columns, high, wide }: Tile): number => (rows / high) * (columns / wide);

export const tilesOf = (kernel: MatmulKernel, tile: Tile): number => count(kernel, tile);

/** A vector more between rows, so that lanes which read the same column of neighbouring rows find them in different banks. */
const PAD = 1;

/** Declarations and statements for workgroup `group` as invocation `local`. */
export function emitMatmul(
  kernel: MatmulKernel,
  tile: Tile,
  slots: Slots,
  names: Names,
): { declarations: string; statements: string[] } {
  return new MatmulWriter(kernel, tile, slots, names).write();
}

class MatmulWriter {
  readonly #kernel: MatmulKernel;
  readonly #tile: Tile;
  readonly #slots: Slots;
  readonly #batch: readonly string[];
  readonly #names: Names;
  /** Vectors of four terms along the depth of a tile. */
  readonly #vectors: number;

  constructor(kernel: MatmulKernel, tile: Tile, slots: Slots, names: Names) {
    this.#kernel = kernel;
    this.#tile = tile;
    this.#slots = slots;
    this.#names = names;
    this.#batch = kernel.batch.map((_, d) => `b${d}`);
    this.#vectors = tile.depth / 4;
  }

  write(): { declarations: string; statements: string[] } {
    const { m, n, k, batch, a, b } = this.#kernel;
    const { rows, columns, depth } = this.#tile;
    const [across, down] = [Math.ceil(n / columns), Math.ceil(m / rows)];
    const stride = this.#vectors + PAD;
    const declarations = `var<workgroup> left: array<vec4<f32>, ${rows * stride}>;
var<workgroup> right: array<vec4<f32>, ${columns * stride}>;
${this.#store()}
`;
    // rows of the right operand are its columns: both are summed along their vectors
    const rightView = {
      ...b.view,
      strides: [...b.view.strides.slice(0, -2), ...b.view.strides.slice(-2).reverse()],
    };
    const statements = [
      `let row0 = (group / ${across}u) % ${down}u * ${rows}u;`,
      `let column0 = group % ${across}u * ${columns}u;`,
      ...indicesOf(`(group / ${across * down}u)`, batch, this.#batch),
      `let ty = local / ${columns / this.#tile.wide}u;`,
      `let tx = local % ${columns / this.#tile.wide}u;`,
      ...this.#each((i, j) => `var c${i}_${j} = 0f;`),
      ...block(`for (var k0 = 0u; k0 < ${k}u; k0 += ${depth}u)`, [
        ...this.#fill("left", a, "row0", rows, m),
        ...this.#fill("right", { buffer: b.buffer, view: rightView }, "column0", columns, n),
        "workgroupBarrier();",
        ...this.#multiply(),
        "workgroupBarrier();",
      ]),
      ...this.#results(),
    ];
    return { declarations, statements };
  }

  #each(of: (i: number, j: number) => string): string[] {
    const { high, wide } = this.#tile;
    return Array.from({ length: high }, (_, i) => Array.from({ length: wide }, (_, j) => of(i, j))).flat();
  }

  /** Brings a tile into workgroup memory: `extent` rows of vectors along k, from row `first` on; the matrix has `end` rows. */
  #fill(
    target: string,
    { buffer, view }: MatrixOperand,
    first: string,
    extent: number,
    end: number,
  ): string[] {
    const { k } = this.#kernel;
    const { depth } = this.#tile;
    const [alongRows, alongK] = view.strides.slice(-2) as [number, number];
    const total = extent * this.#vectors;
    const threads = invocations(this.#tile);
    // neighbouring invocations load neighbouring elements
    const [row, vector] =
      alongK === 1 || alongRows !== 1
        ? [`v / ${this.#vectors}u`, `v % ${this.#vectors}u`]
        : [`v % ${extent}u`, `v / ${extent}u`];
    const base = this.#slots.read({ kind: "base", buffer });
    const at = (q: number): string =>
      `bitcast<f32>(word(${base}${offsetText(view, [...this.#batch, "r", q === 0 ? "s" : `(s + ${q}u)`])}))`;
    const whole = end % extent === 0 && k % depth === 0;
    const load = (q: number): string => `x.${"xyzw"[q]} = ${at(q)};`;
    const loads = [0, 1, 2, 3].flatMap((q) =>
      q === 0 || k % 4 === 0 ? [load(q)] : block(`if (s + ${q}u < ${k}u)`, [load(q)]),
    );
    return block(`for (var v = local; v < ${total}u; v += ${threads}u)`, [
      `let r = ${first} + ${row};`,
      `let s = k0 + (${vector}) * 4u;`,
      "var x = vec4<f32>();",
      ...(whole ? loads : block(`if (r < ${end}u && s < ${k}u)`, loads)),
      `${target}[(${row}) * ${this.#vectors + PAD}u + ${vector}] = x;`,
    ]);
  }

  #multiply(): string[] {
    const { high, wide, rows, columns } = this.#tile;
    const stride = this.#vectors + PAD;
    const at = (t: string, step: number, index: number): string =>
      `(${t} + ${index * step}u) * ${stride}u + p`;
    return block(`for (var p = 0u; p < ${this.#vectors}u; p++)`, [
      ...Array.from({ length: high }, (_, i) => `let l${i} = left[${at("ty", rows / high, i)}];`),
      ...Array.from({ length: wide }, (_, j) => `let r${j} = right[${at("tx", columns / wide, j)}];`),
      ...[..."xyzw"].flatMap((q) =>
        this.#each((i, j) => `c${i}_${j} = fma(l${i}.${q}, r${j}.${q}, c${i}_${j});`),
      ),
    ]);
  }

  /** A function that stores what is to be made of one element of the product. */
  #store(): string {
    const scope = new Scope(this.#slots, this.#names, [...this.#batch, "row", "column"], ["product"]);
    scope.store(this.#kernel.outputs);
    const parameters = [...this.#batch, "row", "column"].map((name) => `${name}: u32`);
    return block(`fn store(${parameters.join(", ")}, product: f32)`, scope.take()).join("\n");
  }

  #results(): string[] {
    const { m, n } = this.#kernel;
    const { high, wide, rows, columns } = this.#tile;
    const whole = m % rows === 0 && n % columns === 0;
    return this.#each((i, j) => {
      const row = `row0 + ty + ${(i * rows) / high}u`;
      const column = `column0 + tx + ${(j * columns) / wide}u`;
      const call = `store(${[...this.#batch, row, column].join(", ")}, c${i}_${j});`;
      return whole ? call : `if (${row} < ${m}u && ${column} < ${n}u) { ${call} }`;
    });
  }
}
