// Class indices as targets, for the losses that take them: which target looks at which class, and which do not count.

import * as ops from "../../graph/ops/index.js";
import { formatShape, sameShape } from "../../graph/shape.js";
import { Tensor } from "../../tensor/tensor.js";
import { nodeOf } from "../../tensor/types.js";

/** Where the classes are in a batch of scores [N, C], [N, C, d...] or [C]. */
export interface ClassAxis {
  readonly axis: number;
  readonly classes: number;
  /** Shape of class indices: that of the scores without the classes. */
  readonly targetShape: readonly number[];
  /** Shape of a value for each class, to go with the scores. */
  readonly along: readonly number[];
}

export function classAxis(scores: Tensor): ClassAxis {
  const axis = scores.ndim === 1 ? 0 : 1;
  return {
    axis,
    classes: scores.shape[axis]!,
    targetShape: scores.shape.filter((_, i) => i !== axis),
    along: scores.shape.map((n, i) => (i === axis ? n : 1)),
  };
}

/** An error unless there is a weight for each class. */
export function checkClassWeight(what: string, weight: Tensor | null | undefined, classes: number): void {
  if (weight == null || sameShape(weight.shape, [classes])) return;
  throw new RangeError(
    `${what}: needs a weight for each of the ${classes} classes, got shape ${formatShape(weight.shape)}`,
  );
}

export interface ChosenClasses {
  /** True at the class of each target; shape of the scores. */
  readonly hit: Tensor;
  /** 1 where the target counts and 0 where it is `ignoreIndex`; shape of the targets. */
  readonly mask: Tensor;
}

/** True at the class of each label; shape of the scores. The run fails for a label that is no class, naming it. */
export function classHits(what: string, labels: Tensor, { axis, classes, along }: ClassAxis): Tensor {
  const message = `${what}: target {value} is out of range for ${classes} classes (0 to ${classes - 1})`;
  const safe = Tensor.from(ops.checkIndex(labels.node, classes, message));
  const places = Tensor.from(ops.reshape(ops.iota(classes), along));
  return safe.unsqueeze(axis).eq(places);
}

/** Looks up `labels`, which are int32 and have the `targetShape`. The run fails for a label that is no class, naming it. */
export function chooseClasses(
  what: string,
  labels: Tensor,
  place: ClassAxis,
  ignoreIndex: number,
): ChosenClasses {
  const counts = labels.ne(ignoreIndex);
  // ignored labels may be out of range: they look at class 0 and are masked
  const known = ops.where(counts.node, labels.node, nodeOf(0, "int32"));
  return { hit: classHits(what, Tensor.from(known), place), mask: counts.float() };
}
