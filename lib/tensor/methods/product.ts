// Methods for products of vectors, matrices and stacks of matrices. Operands are float32.

import { type Node, scalarNode } from "../../graph/node.js";
import * as ops from "../../graph/ops/index.js";
import { tensorNode } from "../arguments.js";
import * as products from "../products.js";
import type { Tensor } from "../tensor.js";
import { nodeOf } from "../types.js";
import { IndexingMethods } from "./indexing.js";

export interface BlendOptions {
  /** What this tensor is multiplied by; 1. */
  beta?: number;
  /** What the product is multiplied by; 1. */
  alpha?: number;
}

export abstract class ProductMethods extends IndexingMethods {
  /** The matrix product; of vectors the inner product; of more than two dims a stack of products, whose leading dims are
   *  broadcast.
   *  @example tensor([[1, 2], [3, 4]]).matmul(tensor([1, 1])) // -> [3, 7] */
  matmul(other: Tensor): Tensor {
    return this.wrap(products.matmul(this.node, tensorNode(other, "matmul")));
  }
  /** The product of two matrices.
   *  @example tensor([[1, 2]]).mm(tensor([[3], [4]])) // -> [[11]] */
  mm(other: Tensor): Tensor {
    return this.wrap(products.productOf("mm", this.node, tensorNode(other, "mm"), 2, 2));
  }
  /** The products of two stacks of matrices, [n, a, b] and [n, b, c].
   *  @example tensor.ones(5, 2, 3).bmm(tensor.ones(5, 3, 4)).shape // -> [5, 2, 4] */
  bmm(other: Tensor): Tensor {
    return this.wrap(products.productOf("bmm", this.node, tensorNode(other, "bmm"), 3, 3));
  }
  /** The product of a matrix and a vector.
   *  @example tensor([[1, 2], [3, 4]]).mv(tensor([1, 0])) // -> [1, 3] */
  mv(other: Tensor): Tensor {
    return this.wrap(products.productOf("mv", this.node, tensorNode(other, "mv"), 2, 1));
  }
  /** The inner product of two vectors.
   *  @example tensor([1, 2]).dot(tensor([3, 4])) // -> 11 */
  dot(other: Tensor): Tensor {
    return this.wrap(products.productOf("dot", this.node, tensorNode(other, "dot"), 1, 1));
  }
  /** All products of two vectors' elements.
   *  @example tensor([1, 2]).outer(tensor([3, 4])) // -> [[3, 4], [6, 8]] */
  outer(other: Tensor): Tensor {
    return this.wrap(products.outer(this.node, tensorNode(other, "outer")));
  }
  /** The inner products over the last dims of both.
   *  @example tensor([[1, 2], [3, 4]]).inner(tensor([1, 1])) // -> [3, 7] */
  inner(other: Tensor): Tensor {
    const node = tensorNode(other, "inner");
    if (this.ndim === 0 || other.ndim === 0) return this.mul(other);
    return this.wrap(products.tensordot(this.node, node, [-1], [-1]));
  }
  private blended(product: Node, { beta = 1, alpha = 1 }: BlendOptions): Tensor {
    const scaled = alpha === 1 ? product : ops.mul(product, nodeOf(alpha, "float32"));
    // as in PyTorch, what is multiplied by 0 does not count, even where it is NaN
    if (beta === 0) return this.wrap(ops.where(scalarNode(0, "bool"), this.node, scaled));
    const own = beta === 1 ? this.node : ops.mul(this.node, nodeOf(beta, "float32"));
    return this.wrap(ops.add(own, scaled));
  }
  /** beta * this + alpha * (a times b), of matrices.
   *  @example tensor([1, 1]).addmm(tensor([[1, 2]]), tensor([[3, 4], [5, 6]])) // -> [[14, 17]] */
  addmm(a: Tensor, b: Tensor, options: BlendOptions = {}): Tensor {
    return this.blended(
      products.productOf("addmm", tensorNode(a, "addmm"), tensorNode(b, "addmm"), 2, 2),
      options,
    );
  }
  /** beta * this + alpha * (a times b), of a matrix and a vector.
   *  @example tensor([1, 1]).addmv(tensor([[1, 2], [3, 4]]), tensor([1, 0])) // -> [2, 4] */
  addmv(a: Tensor, b: Tensor, options: BlendOptions = {}): Tensor {
    return this.blended(
      products.productOf("addmv", tensorNode(a, "addmv"), tensorNode(b, "addmv"), 2, 1),
      options,
    );
  }
  /** beta * this + alpha * (a times b), of stacks of matrices.
   *  @example tensor([1]).baddbmm(tensor.ones(1, 1, 3), tensor.ones(1, 3, 1), { beta: 2 }) // -> [[[5]]] */
  baddbmm(a: Tensor, b: Tensor, options: BlendOptions = {}): Tensor {
    return this.blended(
      products.productOf("baddbmm", tensorNode(a, "baddbmm"), tensorNode(b, "baddbmm"), 3, 3),
      options,
    );
  }
}
