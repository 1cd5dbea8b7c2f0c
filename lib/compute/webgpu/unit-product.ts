// Products of float16 matrices on the matrix units of a GPU, which WGSL reaches as subgroup matrices (experimental in Dawn): the
// invocations of a subgroup multiply small matrices together, with sums in float32. Tiles of the operands are brought into
// workgroup memory as they lie; results pass through it, too, since only whole matrices come out of the units.
//
// https://github.com/gpuweb/gpuweb/blob/main/proposals/subgroup-matrix.md

import type { MatmulKernel, MatrixOperand } from "../ir.js";
import { type Names, offsetText } from "./expressions.js";
import { block } from "./loop.js";
import { loopOverTiles, type MatmulCode } from "./product-loop.js";
import { productStore } from "./product-store.js";
import { isInFours } from "./quads.js";
import type { Slots } from "./shader.js";
import type { Tile } from "./tiles.js";

/** What the units multiply at once: m x k by k x n; by the invocations of a subgroup, of which there are `lanes`. */
export interface MatrixUnit {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly lanes: number;
}

/** Elements between rows in workgroup memory, so that they begin in different banks. */
const PAD = 8;

/** One of the operands, in fours of elements that lie side by side. */
interface Side {
  readonly name: "left" | "right";
  readonly operand: MatrixOperand;
  /** Rows of a tile (of the right operand: columns), their end in the matrix, and the first one's number. */
  readonly extent: number;
  readonly end: number;
  readonly first: string;
  /** Whether neighbours lie along the sum, rather than along the rows. */
  readonly alongK: boolean;
}

/** Whether elements lie in fours along the sum; undefined where they do so in neither direction. */
function liesAlongK(
  { view }: MatrixOperand,
  k: number,
  end: number,
  name: Side["name"],
): boolean | undefined {
  const [first, second] = [view.strides.length - 2, view.strides.length - 1];
  const [rows, terms] = name === "left" ? [first, second] : [second, first];
  if (k % 4 === 0 && isInFours(view, terms)) return true;
  return end % 4 === 0 && isInFours(view, rows) ? false : undefined;
}

/** Whether the units can compute a product. */
export function suitsUnits({ a, b, m, n, k }: MatmulKernel): boolean {
  const halves = a.dtype === "float16" && b.dtype === "float16";
  return halves && liesAlongK(a, k, m, "left") !== undefined && liesAlongK(b, k, n, "right") !== undefined;
}

/** Invocations of a workgroup. */
export const invocationsOnUnits = ({ rows, columns, high, wide }: Tile, { lanes }: MatrixUnit): number =>
  (rows / high) * (columns / wide) * lanes;

/** Bytes of workgroup memory for the word that says whether a check has failed. */
const STOP_BYTES = 16;

/** Bytes of workgroup memory that a tile takes. */
export function bytesOnUnits({ rows, columns, depth, high, wide }: Tile, { m, n }: MatrixUnit): number {
  const side = (extent: number): number => 2 * Math.max(extent * (depth + PAD), depth * (extent + PAD));
  return side(rows) + side(columns) + 4 * (rows / high) * (columns / wide) * m * n + STOP_BYTES;
}

/** As emitMatmul, for a kernel that suits the units. */
export function emitOnUnits(
  kernel: MatmulKernel,
  tile: Tile,
  unit: MatrixUnit,
  slots: Slots,
  names: Names,
): MatmulCode {
  return new UnitWriter(kernel, tile, unit, slots, names).write();
}

class UnitWriter {
  readonly #kernel: MatmulKernel;
  readonly #tile: Tile;
  readonly #unit: MatrixUnit;
  readonly #slots: Slots;
  readonly #batch: readonly string[];
  readonly #sides: readonly [Side, Side];
  readonly #store: ReturnType<typeof productStore>;

  constructor(kernel: MatmulKernel, tile: Tile, unit: MatrixUnit, slots: Slots, names: Names) {
    this.#kernel = kernel;
    this.#tile = tile;
    this.#unit = unit;
    this.#slots = slots;
    this.#batch = kernel.batch.map((_, d) => `b${d}`);
    const { a, b, m, n, k } = kernel;
    const side = (
      name: Side["name"],
      operand: MatrixOperand,
      extent: number,
      end: number,
      first: string,
    ): Side => ({
      name,
      operand,
      extent,
      end,
      first,
      alongK: liesAlongK(operand, k, end, name)!,
    });
    this.#sides = [side("left", a, tile.rows, m, "row0"), side("right", b, tile.columns, n, "column0")];
    this.#store = productStore(kernel, this.#batch, slots, names);
  }

  write(): MatmulCode {
    const { rows, columns, depth, high, wide } = this.#tile;
    const unit = this.#unit;
    const subgroups = (rows / high) * (columns / wide);
    const arrays = this.#sides.map(({ name, extent, alongK }) => {
      const size = alongK ? extent * (depth + PAD) : depth * (extent + PAD);
      return `var<workgroup> ${name}: array<f16, ${size}>;`;
    });
    const declarations = `${arrays.join("\n")}
var<workgroup> stage: array<f32, ${subgroups * unit.m * unit.n}>;
${this.#store.code}
`;
    const statements = loopOverTiles(this.#kernel, this.#tile, this.#batch, {
      variables: [
        `let subgroup = local / ${unit.lanes}u;`,
        `let sy = subgroup / ${columns / wide}u * ${high}u;`,
        `let sx = subgroup % ${columns / wide}u * ${wide}u;`,
        ...this.#matrices((i, j) => [
          `var c${i}_${j} = subgroup_matrix_result<f32, ${unit.n}, ${unit.m}>();`,
        ]),
        ...this.#fours((side, i) => [`var ${side.name}${i} = vec4<f16>();`]),
      ],
      fetch: (from) => this.#fetch(from),
      put: this.#put(),
      multiply: this.#multiply(),
    });
    return { declarations, statements, results: this.#results(), access: this.#store.access };
  }

  /** For each of a subgroup's matrices of results. */
  #matrices(of: (i: number, j: number) => string[]): string[] {
    const { high, wide } = this.#tile;
    const [down, across] = [high / this.#unit.m, wide / this.#unit.n];
    return Array.from({ length: down * across }, (_, at) => of(Math.floor(at / across), at % across)).flat();
  }

  /** For each four elements that an invocation brings: their row and term within the tile. */
  #fours(of: (side: Side, i: number, row: string, term: string) => string[]): string[] {
    const { depth } = this.#tile;
    const threads = invocationsOnUnits(this.#tile, this.#unit);
    return this.#sides.flatMap((side) => {
      const count = (side.extent * depth) / 4;
      return Array.from({ length: Math.ceil(count / threads) }, (_, i) => {
        const v = i === 0 ? "local" : `(local + ${i * threads}u)`;
        const [inner, outer] = side.alongK ? [depth / 4, side.extent] : [side.extent / 4, depth];
        const [far, near] = [`(${v} / ${inner}u)`, `(${v} % ${inner}u * 4u)`];
        const lines = side.alongK ? of(side, i, far, near) : of(side, i, near, far);
        return (i + 1) * threads <= inner * outer ? lines : block(`if (${v} < ${count}u)`, lines);
      }).flat();
    });
  }

  #fetch(from: string): string[] {
    const { k } = this.#kernel;
    return this.#fours((side, i, row, term) => {
      const { name, operand, first, end } = side;
      const [r, s] = [`(${first} + ${row})`, `(${from} + ${term})`];
      const indices = [...this.#batch, ...(name === "left" ? [r, s] : [s, r])];
      const base = this.#slots.read({ kind: "base", buffer: operand.buffer });
      const address = `((${base} << 1u)${offsetText(operand.view, indices)})`;
      const load = `${name}${i} = bitcast<vec4<f16>>(words2(${address} >> 1u));`;
      return [`${name}${i} = vec4<f16>();`, ...block(`if (${r} < ${end}u && ${s} < ${k}u)`, [load])];
    });
  }

  #put(): string[] {
    return this.#fours((side, i, row, term) => {
      const at = side.alongK
        ? `${row} * ${this.#tile.depth + PAD}u + ${term}`
        : `${term} * ${side.extent + PAD}u + ${row}`;
      return ["x", "y", "z", "w"].map(
        (letter, q) => `${side.name}[${at} + ${q}u] = ${side.name}${i}.${letter};`,
      );
    });
  }

  #multiply(): string[] {
    const { depth, high, wide } = this.#tile;
    const { m, n, k } = this.#unit;
    const lines: string[] = [];
    for (let step = 0; step < depth; step += k) {
      for (let i = 0; i < high / m; i++)
        lines.push(
          `let l${i}_${step} = ${this.#load(this.#sides[0], `subgroup_matrix_left<f16, ${k}, ${m}>`, `sy + ${i * m}u`, step)};`,
        );
      for (let j = 0; j < wide / n; j++)
        lines.push(
          `let r${j}_${step} = ${this.#load(this.#sides[1], `subgroup_matrix_right<f16, ${n}, ${k}>`, `sx + ${j * n}u`, step)};`,
        );
      lines.push(
        ...this.#matrices((i, j) => [
          `c${i}_${j} = subgroupMatrixMultiplyAccumulate(l${i}_${step}, r${j}_${step}, c${i}_${j});`,
        ]),
      );
    }
    return lines;
  }

  /** A matrix of an operand's tile: from row `row` and term `term` on. */
  #load({ name, extent, alongK }: Side, type: string, row: string, term: number): string {
    const stride = alongK ? this.#tile.depth + PAD : extent + PAD;
    const at = alongK ? `(${row}) * ${stride}u + ${term}u` : `${term * stride}u + ${row}`;
    const layout = alongK === (name === "left") ? "row_major" : "col_major";
    return `subgroupMatrixLoad<${type}, ${layout}>(&${name}, ${at}, ${stride}u)`;
  }

  #results(): string[] {
    const { m: rows, n: columns } = this.#kernel;
    const { m, n, lanes } = this.#unit;
    const own = `subgroup * ${m * n}u`;
    return this.#matrices((i, j) => [
      `subgroupMatrixStore<row_major>(&stage, ${own}, c${i}_${j}, ${n}u);`,
      "workgroupBarrier();",
      ...block(`for (var e = local % ${lanes}u * 4u; e < ${m * n}u; e += ${lanes * 4}u)`, [
        `let row = row0 + sy + ${i * m}u + e / ${n}u;`,
        `let column = column0 + sx + ${j * n}u + e % ${n}u;`,
        `let at = ${own} + e;`,
        ...block(`if (row < ${rows}u && column < ${columns}u)`, [
          `store(${[...this.#batch, "row", "column"].join(", ")}, vec4<f32>(stage[at], stage[at + 1u], stage[at + 2u], stage[at + 3u]));`,
        ]),
      ]),
      "workgroupBarrier();",
    ]);
  }
}
