// Copies of all tensors in nested arrays and records: made on the device in one run, then brought home into ordinary memory, so
// that they outlive the device and take none of its memory.

import { BYTES } from "../../graph/dtype.js";
import { dataNode, type Node } from "../../graph/node.js";
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
  /** Not home yet: what is on the device, and the run that computes it. */
  private away: { readonly nodes: readonly Node[]; readonly run: number } | undefined;

  /** Of `tree` as it is now. */
  constructor(tree: T) {
    const nodes: Node[] = [];
    this.tree = noGrad(() =>
      mapTensors(tree, (tensor) => {
        // a number cannot change
        if (tensor.node.scalar !== undefined) return tensor;
        const copy = tensor.detach().clone();
        nodes.push(copy.storage.node);
        return copy;
      }),
    ) as T;
    // nothing to copy: what is pending stays so, and is computed with the step
    if (nodes.length > 0) session().evaluate(nodes);
    this.away = { nodes, run: session().latest };
  }

  /** Brings the copies home. Without `wait`, only if they are computed by now. Gives false where that has failed. */
  bringHome(wait: boolean): boolean {
    const { away } = this;
    if (away === undefined || !(wait || session().isDone(away.run))) return true;
    this.away = undefined;
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

  /** True once they are home. */
  get home(): boolean {
    return this.away === undefined;
  }

  /** The values, as tensors that nobody else has. */
  values(): T {
    this.bringHome(true);
    return mapTensors(this.tree, ({ node }) => {
      const { data, scalar } = node;
      if (scalar !== undefined) return Tensor.from(node);
      return Tensor.from(dataNode(data!, node.shape, node.dtype));
    }) as T;
  }
}
