// Products of vectors, matrices and stacks of them, by PyTorch's rules for 1-d operands.

import type { Node } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { elements, formatShape, normalizeAxis } from "../graph/shape.js";

/** The product of vectors, matrices or stacks of matrices, by PyTorch's rules for 1-d operands. */
export function matmul(a: Node, b: Node): Node {
  if (a.shape.length === 0 || b.shape.length === 0) {
    throw new RangeError(
      `matmul: operands must have at least one dim, got ${formatShape(a.shape)} and ${formatShape(b.shape)}; ` +
        "use .mul() to multiply by a number",
    );
  }
  if (a.shape.length === 1) {
    const product = matmul(ops.reshape(a, [1, ...a.shape]), b);
    const axis = product.shape.length - (b.shape.length === 1 ? 1 : 2);
    return ops.reshape(
      product,
      product.shape.filter((_, i) => i !== axis),
    );
  }
  if (b.shape.length === 1) {
    const product = matmul(a, ops.reshape(b, [...b.shape, 1]));
    return ops.reshape(product, product.shape.slice(0, -1));
  }
  // a stack times one matrix is one tall product
  if (a.shape.length > 2 && b.shape.length === 2) {
    const rows = elements(a.shape.slice(0, -1));
    const product = ops.matmul(ops.reshape(a, [rows, a.shape.at(-1)!]), b);
    return ops.reshape(product, [...a.shape.slice(0, -1), b.shape[1]!]);
  }
  return ops.matmul(a, b);
}

/** A product whose operands must have `aDims` and `bDims` dims. */
export function productOf(what: string, a: Node, b: Node, aDims: number, bDims: number): Node {
  const named = ["a number", "a vector", "a matrix", "a stack of matrices"];
  if (a.shape.length !== aDims || b.shape.length !== bDims) {
    throw new RangeError(
      `${what}: needs ${named[aDims]} and ${named[bDims]}, got ${formatShape(a.shape)} and ${formatShape(b.shape)}; ` +
        "matmul takes other shapes, too",
    );
  }
  if (what === "bmm" && a.shape[0] !== b.shape[0]) {
    throw new RangeError(
      `bmm: ${formatShape(a.shape)} and ${formatShape(b.shape)} are stacks of different numbers of matrices`,
    );
  }
  return matmul(a, b);
}

/** result[i, j] = a[i] * b[j]. */
export function outer(a: Node, b: Node): Node {
  if (a.shape.length !== 1 || b.shape.length !== 1) {
    throw new RangeError(`outer: needs two vectors, got ${formatShape(a.shape)} and ${formatShape(b.shape)}`);
  }
  return ops.mul(ops.reshape(a, [a.shape[0]!, 1]), b);
}

/** Sums of products over the axes `aDims` of a and `bDims` of b; what is left of both makes the shape. */
export function tensordot(a: Node, b: Node, aDims: readonly number[], bDims: readonly number[]): Node {
  const inA = aDims.map((dim) => normalizeAxis(dim, a.shape.length, "tensordot"));
  const inB = bDims.map((dim) => normalizeAxis(dim, b.shape.length, "tensordot"));
  const fits = inA.length === inB.length && inA.every((axis, i) => a.shape[axis] === b.shape[inB[i]!]);
  if (!fits) {
    throw new RangeError(
      `tensordot: dims ${formatShape(aDims)} of ${formatShape(a.shape)} and ${formatShape(bDims)} of ` +
        `${formatShape(b.shape)} must have equal extents`,
    );
  }
  const left = a.shape.map((_, i) => i).filter((i) => !inA.includes(i));
  const right = b.shape.map((_, i) => i).filter((i) => !inB.includes(i));
  const summed = elements(inA.map((axis) => a.shape[axis]!));
  const outerShape = [...left.map((i) => a.shape[i]!), ...right.map((i) => b.shape[i]!)];
  const rows = ops.reshape(ops.permute(a, [...left, ...inA]), [
    elements(left.map((i) => a.shape[i]!)),
    summed,
  ]);
  const columns = ops.reshape(ops.permute(b, [...inB, ...right]), [
    summed,
    elements(right.map((i) => b.shape[i]!)),
  ]);
  return ops.reshape(ops.matmul(rows, columns), outerShape);
}
