// The matrix product of two stacks of matrices.

import { defineOp, type Node, type Op, record } from "../node.js";
import { broadcastShapes, formatShape } from "../shape.js";
import { cast } from "./elementwise.js";
import { permute } from "./movement.js";
import { sumTo } from "./reduce.js";

const MATMUL: Op = defineOp({
  name: "matmul",
  infer: ([a, b]) => {
    const rows = a!.shape.at(-2)!;
    const columns = b!.shape.at(-1)!;
    if (a!.shape.at(-1) !== b!.shape.at(-2)) {
      throw new RangeError(
        `matmul: ${formatShape(a!.shape)} times ${formatShape(b!.shape)}: the last extent of the first (${a!.shape.at(-1)}) ` +
          `must equal the second to last of the second (${b!.shape.at(-2)})`,
      );
    }
    const batch = broadcastShapes(a!.shape.slice(0, -2), b!.shape.slice(0, -2), "matmul");
    return { shape: [...batch, rows, columns], dtype: "float32" };
  },
  derivative: ({ inputs, gradient, needs }) => {
    const [a, b] = inputs as [Node, Node];
    return [
      needs[0] ? sumTo(matmul(gradient, transposeLast(b)), a.shape) : undefined,
      needs[1] ? sumTo(matmul(transposeLast(a), gradient), b.shape) : undefined,
    ];
  },
  lowering: { kind: "matmul" },
});

/** Swaps the last two axes. */
export function transposeLast(x: Node): Node {
  const axes = x.shape.map((_, i) => i);
  const rank = axes.length;
  [axes[rank - 2], axes[rank - 1]] = [rank - 1, rank - 2];
  return permute(x, axes);
}

/** [..., m, k] times [..., k, n]; leading axes broadcast. Both float32, at least 2-d. */
export function matmul(a: Node, b: Node): Node {
  if (a.dtype === "float16" && b.dtype === "float16")
    return cast(matmul(cast(a, "float32"), cast(b, "float32")), "float16");
  if (a.dtype !== "float32" || b.dtype !== "float32") {
    throw new TypeError(
      `matmul: needs float32 (or float16) operands, got ${a.dtype} and ${b.dtype}; convert with .float()`,
    );
  }
  return record(MATMUL, [a, b]);
}
