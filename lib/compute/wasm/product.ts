// How a matrix product is to be computed: which operand is on the left, what is packed, in what blocks. Decided from shapes
// and strides before any code is generated.

import { type Cut, cutInto } from "./cut.js";
import type { LeftOrder, TileShape } from "./microkernel.js";

/** A matrix in memory: element (i, j) at i * row + j * column, in elements. */
export interface Layout {
  readonly row: number;
  readonly column: number;
}

/** How an operand gets into the order the micro-kernel reads. */
export type Packing = "none" | "copy" | "transpose" | "gather";

export interface ProductPlan {
  /** The product is computed transposed: the kernel's left operand is the right one of the matrix product. */
  readonly turned: boolean;
  /** Extents as the micro-kernel sees them: rows of the left operand, columns of the right one. */
  readonly rows: number;
  readonly columns: number;
  readonly k: number;
  readonly left: Layout;
  readonly right: Layout;
  readonly result: Layout;
  readonly leftOrder: LeftOrder;
  readonly leftPacking: Packing;
  readonly rightPacking: Packing;
  /** k is split into this many equal blocks. */
  readonly kBlocks: number;
  readonly kBlock: number;
  /** Rows of the left operand that are packed and worked on together. */
  readonly rowBlock: number;
  /** In machine cycles, to choose between plans. */
  readonly cost: number;
}

/** Rows of k that one pass takes: a panel of 16 columns then fits the first-level cache. Twice as many where there are few
 *  panels: each comes by seldom, and every pass costs a barrier. */
const K_BLOCK = 512;
const FEW_PANELS = 4;
/** Packed rows that fit the second-level cache together with what passes by. */
const ROW_BLOCK = 192;

/** Cycles for one element, roughly: packing and unpacking in each way. */
const CYCLES: Readonly<Record<Packing, number>> = { none: 0, copy: 0.4, transpose: 0.8, gather: 2.5 };
/** Multiplications and additions of one column in one cycle: two 256-bit units. */
const PRODUCTS_PER_CYCLE = 14;
const CYCLES_PER_NANOSECOND = 3;

const transposed = ({ row, column }: Layout): Layout => ({ row: column, column: row });

/** Strides of dimensions of extent 1 do not matter: they count as contiguous. */
function normalized(layout: Layout, rows: number, columns: number): Layout {
  return { row: rows === 1 ? 1 : layout.row, column: columns === 1 ? 1 : layout.column };
}

export function planProduct(
  m: number,
  n: number,
  k: number,
  a: Layout,
  b: Layout,
  c: Layout,
  shape: TileShape,
): ProductPlan {
  const straight = candidate(false, m, n, k, a, b, c, shape);
  const turned = candidate(true, n, m, k, transposed(b), transposed(a), transposed(c), shape);
  return turned.cost < straight.cost ? turned : straight;
}

function candidate(
  turned: boolean,
  rows: number,
  columns: number,
  k: number,
  leftLayout: Layout,
  rightLayout: Layout,
  result: Layout,
  shape: TileShape,
): ProductPlan {
  const left = normalized(leftLayout, rows, k);
  const right = normalized(rightLayout, k, columns);
  const panels = Math.ceil(columns / shape.columns);
  const leftPacking = packLeft(left, panels, rows);
  const rightPacking = packRight(right, rows);
  const kBlocks = Math.ceil(k / (panels > FEW_PANELS ? K_BLOCK : 2 * K_BLOCK));
  const blocks = Math.ceil(rows / ROW_BLOCK);
  const fill = rows / (Math.ceil(rows / shape.rows) * shape.rows);
  const cost =
    (rows * panels * shape.columns * k) / (PRODUCTS_PER_CYCLE * (0.5 + 0.5 * fill)) +
    rows * k * CYCLES[leftPacking] +
    k * columns * CYCLES[rightPacking] +
    (result.column === 1 ? 0 : rows * columns * 2 * CYCLES.transpose);
  return {
    turned,
    rows,
    columns,
    k,
    left,
    right,
    result,
    leftOrder: leftPacking === "none" && left.row !== 1 ? "rows" : "columns",
    leftPacking,
    rightPacking,
    kBlocks,
    kBlock: Math.ceil(k / kBlocks),
    rowBlock: leftPacking === "none" ? rows : Math.ceil(rows / blocks / shape.rows) * shape.rows,
    cost,
  };
}

/** Few panels on the right: the left operand is read so few times that packing it does not pay. */
function packLeft(left: Layout, panels: number, rows: number): Packing {
  const often = panels > 16 && rows > 64;
  if (left.row === 1) return often ? "copy" : "none";
  if (left.column === 1) return often ? "transpose" : "none";
  return "gather";
}

function packRight(right: Layout, rows: number): Packing {
  if (right.column === 1) return rows > 64 ? "copy" : "none";
  return right.row === 1 ? "transpose" : "gather";
}

/** How long a product takes on one core, and the packing of its right operand. */
export function productTime({ cost }: ProductPlan): number {
  return cost / CYCLES_PER_NANOSECOND;
}

export function rightPackingTime({ k, columns, rightPacking }: ProductPlan): number {
  return (k * columns * CYCLES[rightPacking]) / CYCLES_PER_NANOSECOND;
}

export interface ProductCut extends Cut {
  readonly axis: "rows" | "columns";
}

/** The cut of a product along its rows or columns, whichever falls into more tiles. A packed left operand is only packed once
 *  where rows are cut. */
export function cutProduct(
  { rows, columns, leftPacking }: ProductPlan,
  wanted: number,
  shape: TileShape,
): ProductCut | undefined {
  if (wanted < 2) return undefined;
  const byRows = Math.floor(rows / shape.rows);
  const byColumns = Math.floor(columns / shape.columns);
  const axis = byRows >= byColumns || (leftPacking !== "none" && byRows > 1) ? "rows" : "columns";
  const cut = axis === "rows" ? cutInto(wanted, rows, shape.rows) : cutInto(wanted, columns, shape.columns);
  return cut && { ...cut, axis };
}

/** The sizes of row panels: as equal as possible, none above `most`. */
export function rowPanels(rows: number, most: number): { readonly size: number; readonly count: number }[] {
  const panels = Math.ceil(rows / most);
  const size = Math.floor(rows / panels);
  const larger = rows - size * panels;
  return [
    { size: size + 1, count: larger },
    { size, count: panels - larger },
  ].filter(({ count }) => count > 0);
}
