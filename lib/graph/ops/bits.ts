// Operations on the bits of whole numbers. Bools are one bit; uint8 is computed as int32 and cut off.

import { computeType, promote } from "../dtype.js";
import type { BinaryOp } from "../expr.js";
import { binaryExpr, defineOp, type Node, type Op, record, scalarNode } from "../node.js";
import { broadcastShapes } from "../shape.js";
import { cast, logicalAnd, logicalNot, logicalOr, lt, ne, where } from "./elementwise.js";

function bitOp(name: string, op: BinaryOp): Op {
  return defineOp({
    name,
    infer: ([a, b]) => ({ shape: broadcastShapes(a!.shape, b!.shape, name), dtype: "int32" }),
    lowering: { kind: "elementwise", expression: ([a, b]) => binaryExpr(op, a!, b!, "int32") },
  });
}

const AND = bitOp("bit_and", "and");
const OR = bitOp("bit_or", "or");
const XOR = bitOp("bit_xor", "xor");
const SHIFT_LEFT = bitOp("shift_left", "shl");
const SHIFT_RIGHT = bitOp("shift_right", "ushr");

function ofBits(what: string, op: Op, a: Node, b: Node, ofBools?: (a: Node, b: Node) => Node): Node {
  const dtype = promote(a.dtype, b.dtype);
  if (computeType(dtype) === "float32") {
    throw new TypeError(`${what}: needs whole numbers or bools, got ${a.dtype} and ${b.dtype}`);
  }
  if (dtype === "bool" && ofBools !== undefined) return ofBools(a, b);
  return cast(record(op, [cast(a, "int32"), cast(b, "int32")]), dtype === "bool" ? "int32" : dtype);
}

export const bitwiseAnd = (a: Node, b: Node): Node => ofBits("bitwiseAnd", AND, a, b, logicalAnd);
export const bitwiseOr = (a: Node, b: Node): Node => ofBits("bitwiseOr", OR, a, b, logicalOr);
export const bitwiseXor = (a: Node, b: Node): Node => ofBits("bitwiseXor", XOR, a, b, ne);
export const bitwiseNot = (x: Node): Node =>
  x.dtype === "bool" ? logicalNot(x) : bitwiseXor(x, cast(scalarNode(-1, "int32"), x.dtype));
export const shiftLeft = (a: Node, b: Node): Node => ofBits("bitwiseLeftShift", SHIFT_LEFT, a, b);

/** Keeps the sign: of a negative number the bits that are not set are shifted. */
export function shiftRight(a: Node, b: Node): Node {
  const shifted = (x: Node): Node => ofBits("bitwiseRightShift", SHIFT_RIGHT, x, b);
  const x = a.dtype === "bool" ? cast(a, "int32") : a;
  return where(lt(x, scalarNode(0, x.dtype)), bitwiseNot(shifted(bitwiseNot(x))), shifted(x));
}
