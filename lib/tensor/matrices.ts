// Triangles and diagonals of matrices.

import { type Node, scalarNode } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { formatShape, normalizeAxis } from "../graph/shape.js";

/** Column minus row of each place of a [rows, columns] matrix, int32. */
function distance(rows: number, columns: number): Node {
  return ops.sub(ops.reshape(ops.iota(columns), [1, columns]), ops.reshape(ops.iota(rows), [rows, 1]));
}

/** The part of the last two axes on one side of a diagonal; 0 on the other. */
export function triangle(x: Node, side: "lower" | "upper", diagonal: number): Node {
  const [rows, columns] = x.shape.slice(-2);
  if (rows === undefined || columns === undefined) {
    const name = side === "lower" ? "tril" : "triu";
    throw new RangeError(`${name}: needs at least 2 dims, got ${formatShape(x.shape)}`);
  }
  const limit = scalarNode(diagonal, "int32");
  const from = distance(rows, columns);
  return ops.where(side === "lower" ? ops.le(from, limit) : ops.ge(from, limit), x, scalarNode(0, x.dtype));
}

/** The diagonal of the axes `dim1` and `dim2`, as the last axis. */
export function diagonal(x: Node, offset: number, dim1: number, dim2: number): Node {
  const rank = x.shape.length;
  const [first, second] = [normalizeAxis(dim1, rank, "diagonal"), normalizeAxis(dim2, rank, "diagonal")];
  if (rank < 2 || first === second) {
    throw new RangeError(
      `diagonal: needs two different dims, got ${dim1} and ${dim2} of ${formatShape(x.shape)}`,
    );
  }
  const rest = x.shape.map((_, i) => i).filter((i) => i !== first && i !== second);
  const [rows, columns] = [x.shape[first]!, x.shape[second]!];
  const lead = rest.map((i) => x.shape[i]!);
  const lines = ops.reshape(ops.permute(x, [...rest, first, second]), [...lead, rows * columns]);
  const length = Math.max(0, Math.min(rows - Math.max(0, -offset), columns - Math.max(0, offset)));
  const start = offset >= 0 ? offset : -offset * columns;
  const places = ops.add(
    ops.mul(ops.iota(length), scalarNode(columns + 1, "int32")),
    scalarNode(length === 0 ? 0 : start, "int32"),
  );
  return ops.takeSlices(lines, rest.length, places);
}

/** Square matrices with the last axis of `x` on a diagonal. */
export function diagEmbed(x: Node, offset: number): Node {
  const length = x.shape.at(-1);
  if (length === undefined) throw new RangeError("diagEmbed: needs at least 1 dim, got []");
  const lead = x.shape.slice(0, -1);
  const size = length + Math.abs(offset);
  const padded = ops.pad(
    x,
    x.shape.map(() => 0),
    [...lead, size],
  );
  // the element's position on the diagonal is its row above it, and its column below it
  const spread = ops.reshape(padded, offset >= 0 ? [...lead, size, 1] : [...lead, 1, size]);
  const on = ops.eq(distance(size, size), scalarNode(offset, "int32"));
  return ops.where(on, spread, scalarNode(0, x.dtype));
}
