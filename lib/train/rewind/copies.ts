// Copies of all tensors in nested arrays and records: made on the device in one run; they can be brought home into ordinary memory,
// and then outlive the device.

import { BYTES } from "../../graph/dtype.js";
import { dataNode, type Node } from "../../graph/node.js";
import * as ops from "../../graph/ops/index.js";
import { elements } from "../../graph/shape.js";
import { isCollection, mapTensors } from "../../module/values.js";
import { noGrad } from "../../tensor/scope.js";
import { session } from "../../tensor/session.js";
import { Tensor } from "../../tensor/tensor.js";

/** All tensors in `value`. */
export function tensorsIn(value: unknown): Tensor[] {
  if (value instanceof Tensor) return [value];
  return isCollection(value) ? Object.values(value).flatMap(tensorsIn) : [];
}

/** Bytes of all tensors in `value`. */
export function bytesIn(value: unknown): number {
  return tensorsIn(value).reduce((sum, { shape, dtype }) => sum + elements(shape) * BYTES[dtype], 0);
}

/** What tensors were at one moment. */
export class Copies<T> {
  private tree: T;
  /** True once they do not need the device. */
  home = false;

  /** Of `tree` as it is now. */
  constructor(tree: T) {
    // what is new is computed first, so that all copies of a training are made by one plan
    if (tensorsIn(tree).some(({ storage }) => storage.node.pending)) session().evaluate([]);
    const nodes: Node[] = [];
    this.tree = noGrad(() =>
      mapTensors(tree, (tensor) => {
        // a number cannot change
        if (tensor.node.scalar !== undefined) return tensor;
        const copy = ops.identity(tensor.node);
        nodes.push(copy);
        return Tensor.from(copy);
      }),
    ) as T;
    // nothing to copy: what is pending stays so, and is computed with the step
    if (nodes.length > 0) session().evaluate(nodes);
  }

  /** Brings the copies home, waiting for them. Gives false where they could not be computed. */
  bringHome(): boolean {
    if (this.home) return true;
    this.home = true;
    let complete = true;
    this.tree = mapTensors(this.tree, (tensor) => {
      const { node } = tensor;
      if (node.scalar !== undefined) return tensor;
      const bytes = session().tryRead(node);
      session().release(node);
      complete &&= bytes !== undefined;
      return bytes === undefined ? tensor : Tensor.from(dataNode(bytes, node.shape, node.dtype));
    }) as T;
    return complete;
  }

  /** The values, as tensors that nobody else has. */
  values(): T {
    return noGrad(() =>
      mapTensors(this.tree, (tensor) => {
        const { data, scalar, shape, dtype } = tensor.node;
        if (scalar !== undefined) return tensor;
        return data === undefined ? tensor.clone() : Tensor.from(dataNode(data, shape, dtype));
      }),
    ) as T;
  }
}
