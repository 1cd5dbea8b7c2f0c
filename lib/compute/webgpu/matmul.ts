// Matrix products in WGSL: a workgroup computes a tile of the result from tiles of both operands in workgroup memory, an
// invocation a block of that in registers. What the next round needs is loaded while this one computes. Elements past the ends
// of a matrix are zeros in workgroup memory and never loaded, and results past its ends are never stored, so nothing is out of
// bounds.

import type { MatmulKernel, MatrixOperand } from "../ir.js";
import { LOAD, type Names, offsetText } from "./expressions.js";
import { block } from "./loop.js";
import { loopOverTiles, type MatmulCode } from "./product-loop.js";
import { type ProductStore, productStore } from "./product-store.js";
import { isInFours, LOAD_FOUR } from "./quads.js";
import type { Slots } from "./shader.js";
import { invocations, type Tile } from "./tiles.js";

/** The code for workgroup `group` as invocation `local`. `half`: whether shaders may have values of type f16. */
export function emitMatmul(
  kernel: MatmulKernel,
  tile: Tile,
  slots: Slots,
  names: Names,
  half: boolean,
): MatmulCode {
  return new MatmulWriter(kernel, tile, slots, names, half).write();
}

/** One of the operands: rows of a tile of it run along the rows (of `a`) or the columns (of `b`) of the result, and each holds
 *  terms of sums. */
interface Side {
  readonly name: "left" | "right";
  readonly operand: MatrixOperand;
  /** Rows of a tile, and of the matrix; strides along them and along k. */
  readonly extent: number;
  readonly end: number;
  readonly alongRows: number;
  readonly alongK: number;
  /** Number of a row: of the tile's first one. */
  readonly first: string;
}

const LETTERS = [..."xyzw"];
const plus = (index: string, more: number): string => (more === 0 ? index : `(${index} + ${more}u)`);

class MatmulWriter {
  readonly #kernel: MatmulKernel;
  readonly #tile: Tile;
  readonly #slots: Slots;
  readonly #batch: readonly string[];
  readonly #half: boolean;
  readonly #sides: readonly [Side, Side];
  readonly #store: ProductStore;

  constructor(kernel: MatmulKernel, tile: Tile, slots: Slots, names: Names, half: boolean) {
    this.#kernel = kernel;
    this.#tile = tile;
    this.#slots = slots;
    this.#half = half;
    this.#batch = kernel.batch.map((_, d) => `b${d}`);
    const { a, b, m, n } = kernel;
    const [aRow, aColumn] = a.view.strides.slice(-2) as [number, number];
    const [bRow, bColumn] = b.view.strides.slice(-2) as [number, number];
    this.#sides = [
      {
        name: "left",
        operand: a,
        extent: tile.rows,
        end: m,
        alongRows: aRow,
        alongK: aColumn,
        first: "row0",
      },
      {
        name: "right",
        operand: b,
        extent: tile.columns,
        end: n,
        alongRows: bColumn,
        alongK: bRow,
        first: "column0",
      },
    ];
    this.#store = productStore(kernel, this.#batch, slots, names);
  }

  write(): MatmulCode {
    const { rows, columns, depth, wide } = this.#tile;
    const declarations = `var<workgroup> left: array<vec4<f32>, ${(rows * depth) / 4}>;
var<workgroup> right: array<vec4<f32>, ${(columns * depth) / 4}>;
${this.#store.code}
`;
    const statements = loopOverTiles(this.#kernel, this.#tile, this.#batch, {
      variables: [
        `let ty = local / ${columns / wide}u;`,
        `let tx = local % ${columns / wide}u;`,
        ...this.#blocks((i, j) => `var c${i}_${j} = vec4<f32>();`),
        ...this.#loaded((name) => `var ${name} = vec4<f32>();`),
      ],
      fetch: (from) => this.#fetch(from),
      put: this.#put(),
      multiply: this.#multiply(),
    });
    return { declarations, statements, results: this.#results(), access: this.#store.access };
  }

  /** For each row of the block and each four of its columns. */
  #blocks(of: (i: number, j: number) => string): string[] {
    const { high, wide } = this.#tile;
    return Array.from({ length: high }, (_, i) =>
      Array.from({ length: wide / 4 }, (_, j) => of(i, j)),
    ).flat();
  }

  /** Squares of 4 rows x 4 terms in the tiles of both operands, those of the left one first, and how many an invocation brings. */
  get #squares(): { left: number; all: number; each: number } {
    const { rows, columns, depth } = this.#tile;
    const left = (rows / 4) * (depth / 4);
    const all = left + (columns / 4) * (depth / 4);
    return { left, all, each: Math.ceil(all / invocations(this.#tile)) };
  }

  /** The registers of the squares that an invocation brings: `in${i}_${q}` are the rows' terms number q of square i. */
  #loaded(of: (name: string) => string): string[] {
    return Array.from({ length: this.#squares.each }, (_, i) =>
      LETTERS.map((_, q) => of(`in${i}_${q}`)),
    ).flat();
  }

  /** Does `body` for each square that this invocation brings, number `v` of its side. */
  #eachSquare(body: (i: number, side: Side, v: string) => string[]): string[] {
    const { left, all, each } = this.#squares;
    const threads = invocations(this.#tile);
    const [a, b] = this.#sides;
    return Array.from({ length: each }, (_, i) => {
      const v = i === 0 ? "local" : `(local + ${i * threads}u)`;
      const last = (i + 1) * threads;
      if (last <= left) return body(i, a, v);
      const right = body(i, b, `(${v} - ${left}u)`);
      const guardedRight = last <= all ? right : block(`if (${v} < ${all}u)`, right);
      if (i * threads >= left) return guardedRight;
      return [...block(`if (${v} < ${left}u)`, body(i, a, v)), ...block("else", guardedRight)];
    }).flat();
  }

  /** Row and term of a square's corner within its tile, in fours. Neighbouring invocations have neighbouring elements; along k only
   *  pairs of them, 32 bytes of memory, since terms lie in the same banks of workgroup memory, and eight write at once. */
  #cornerOf({ extent, alongRows, alongK }: Side, v: string): [row: string, term: string] {
    const terms = this.#tile.depth / 4;
    return alongK === 1 || alongRows !== 1
      ? [`(${v} / ${4 * terms}u * 4u + ${v} / 2u % 4u)`, `(${v} / 8u % ${terms / 2}u * 2u + ${v} % 2u)`]
      : [`${v} % ${extent / 4}u`, `${v} / ${extent / 4}u`];
  }

  /** Loads the squares of the tiles that begin at term `from`. */
  #fetch(from: string): string[] {
    return this.#eachSquare((i, side, v) => {
      const [row, term] = this.#cornerOf(side, v);
      return [
        `let r${i} = ${side.first} + (${row}) * 4u;`,
        `let s${i} = ${from} + (${term}) * 4u;`,
        ...this.#square(side, i),
      ];
    });
  }

  /** Loads square `i`, whose corner is at row `r${i}` and term `s${i}`; zeros past the ends of the matrix. */
  #square(side: Side, i: number): string[] {
    const { k } = this.#kernel;
    const { operand, end, extent, name } = side;
    const [first, second] = [operand.view.strides.length - 2, operand.view.strides.length - 1];
    const [rows, terms] = name === "left" ? [first, second] : [second, first];
    let lines: string[];
    if (k % 4 === 0 && isInFours(operand.view, terms)) lines = this.#turned(side, i);
    else if (end % 4 === 0 && isInFours(operand.view, rows)) lines = this.#straight(side, i);
    else lines = this.#oneByOne(side, i);
    if (end % extent === 0 && k % this.#tile.depth === 0) return lines;
    const zeros = LETTERS.map((_, q) => `in${i}_${q} = vec4<f32>();`);
    return [...zeros, ...block(`if (r${i} < ${end}u && s${i} < ${k}u)`, lines)];
  }

  /** Neighbours lie along k: loads four rows, and turns them so that each vector has the same term of all. */
  #turned(side: Side, i: number): string[] {
    const loads = LETTERS.flatMap((_, q) => {
      const load = this.#four(side, plus(`r${i}`, q), `s${i}`);
      if (side.end % 4 === 0) return [`let y${i}_${q} = ${load};`];
      const inside = `if (${plus(`r${i}`, q)} < ${side.end}u)`;
      return [`var y${i}_${q} = vec4<f32>();`, ...block(inside, [`y${i}_${q} = ${load};`])];
    });
    const turned = LETTERS.map((letter, q) => {
      const parts = LETTERS.map((_, p) => `y${i}_${p}.${letter}`);
      return `in${i}_${q} = vec4<f32>(${parts.join(", ")});`;
    });
    return [...loads, ...turned];
  }

  /** Neighbours lie along the rows, as they are wanted. */
  #straight(side: Side, i: number): string[] {
    const { k } = this.#kernel;
    return LETTERS.flatMap((_, q) => {
      const load = `in${i}_${q} = ${this.#four(side, `r${i}`, plus(`s${i}`, q))};`;
      return q === 0 || k % 4 === 0 ? [load] : block(`if (${plus(`s${i}`, q)} < ${k}u)`, [load]);
    });
  }

  #oneByOne(side: Side, i: number): string[] {
    const { k } = this.#kernel;
    const { end } = side;
    return LETTERS.flatMap((_, q) =>
      LETTERS.flatMap((letter, p) => {
        const [row, term] = [plus(`r${i}`, p), plus(`s${i}`, q)];
        const load = `in${i}_${q}.${letter} = ${this.#one(side, row, term)};`;
        const checks = [
          ...(p > 0 && end % 4 !== 0 ? [`${row} < ${end}u`] : []),
          ...(q > 0 && k % 4 !== 0 ? [`${term} < ${k}u`] : []),
        ];
        return checks.length === 0 ? [load] : block(`if (${checks.join(" && ")})`, [load]);
      }),
    );
  }

  /** The address of an element of an operand, in elements. */
  #address({ operand, name }: Side, row: string, term: string): string {
    const { buffer, view, dtype = "float32" } = operand;
    const base = this.#slots.read({ kind: "base", buffer });
    const indices = [...this.#batch, ...(name === "left" ? [row, term] : [term, row])];
    return `${dtype === "float16" ? `(${base} << 1u)` : base}${offsetText(view, indices)}`;
  }

  #one(side: Side, row: string, term: string): string {
    return LOAD[side.operand.dtype ?? "float32"](this.#address(side, row, term));
  }

  #four(side: Side, row: string, term: string): string {
    const address = this.#address(side, row, term);
    if (side.operand.dtype !== "float16") return LOAD_FOUR.float32(address);
    const words = `words2((${address}) >> 1u)`;
    return this.#half ? `vec4<f32>(bitcast<vec4<f16>>(${words}))` : `four_halves(${words})`;
  }

  /** Brings what was loaded into workgroup memory: there, a vector has one term of four rows. */
  #put(): string[] {
    return this.#eachSquare((i, side, v) => {
      const [row, term] = this.#cornerOf(side, v);
      return LETTERS.map(
        (_, q) => `${side.name}[((${term}) * 4u + ${q}u) * ${side.extent / 4}u + ${row}] = in${i}_${q};`,
      );
    });
  }

  #multiply(): string[] {
    const { high, wide, rows, columns, depth } = this.#tile;
    const read = (name: string, extent: number, mine: string, part: number, of: number): string =>
      `let ${name[0]}${part} = ${name}[p * ${extent / 4}u + ${mine}${part === 0 ? "" : ` + ${(part * extent) / of}u`}];`;
    return block(`for (var p = 0u; p < ${depth}u; p++)`, [
      ...Array.from({ length: high / 4 }, (_, i) => read("left", rows, "ty", i, high)),
      ...Array.from({ length: wide / 4 }, (_, j) => read("right", columns, "tx", j, wide)),
      ...this.#blocks(
        (i, j) => `c${i}_${j} = fma(vec4<f32>(l${i >> 2}.${LETTERS[i & 3]}), r${j}, c${i}_${j});`,
      ),
    ]);
  }

  #results(): string[] {
    const { m, n } = this.#kernel;
    const { high, wide, rows, columns } = this.#tile;
    const whole = m % rows === 0 && n % columns === 0;
    return this.#blocks((i, j) => {
      const row = `row0 + ty * 4u + ${(i >> 2) * ((rows * 4) / high) + (i & 3)}u`;
      const column = `column0 + tx * 4u + ${j * ((columns * 4) / wide)}u`;
      const call = `store(${[...this.#batch, row, column].join(", ")}, c${i}_${j});`;
      return whole ? call : `if (${row} < ${m}u && ${column} < ${n}u) { ${call} }`;
    });
  }
}
