// Which classes are taken for which, and what follows from that: precision, recall and their mean F1.

import { formatShape } from "../../graph/shape.js";
import { arange, zeros } from "../../tensor/create.js";
import type { Tensor } from "../../tensor/tensor.js";
import { quietly } from "./mean.js";
import { Metric } from "./metric.js";

/** Counts for each pair of label and prediction, over all batches. Exact up to 2^24 examples in one cell. */
abstract class Confusion<V> extends Metric<V> {
  readonly classes: number;
  protected readonly totals: { readonly counts: Tensor };

  constructor(classes: number) {
    super();
    if (!Number.isInteger(classes) || classes < 2) {
      throw new RangeError(
        `${this.constructor.name}: needs the number of classes, at least 2; got ${classes}`,
      );
    }
    this.classes = classes;
    this.totals = { counts: zeros(classes, classes) };
  }

  /** logits [N, C], labels [N] int32. */
  update(logits: Tensor, labels: Tensor): void {
    const fits = logits.ndim === 2 && logits.shape[1] === this.classes && labels.ndim === 1;
    if (!fits || logits.shape[0] !== labels.shape[0] || labels.dtype === "float32") {
      throw new RangeError(
        `${this.constructor.name}(${this.classes}): needs logits [N, ${this.classes}] and class numbers [N] of type int32; got ` +
          `${formatShape(logits.shape)} and ${labels.dtype} ${formatShape(labels.shape)}`,
      );
    }
    quietly(() => {
      const oneHot = (numbers: Tensor): Tensor => numbers.unsqueeze(1).eq(arange(this.classes)).float();
      const said = oneHot(logits.detach().argmax(1));
      this.totals.counts.add_(oneHot(labels).t().matmul(said));
    });
  }
}

/** How many examples of class i (row) were taken for class j (column): [C, C]. The diagonal is what was right.
 *
 * ```ts
 * const confusion = new gb.train.ConfusionMatrix(2);
 * confusion.update(tensor([[2, 1], [0, 3]]), tensor([0, 0], { dtype: "int32" }));
 * confusion.compute() // -> [ [ 1, 1 ], [ 0, 0 ] ]
 * ``` */
export class ConfusionMatrix extends Confusion<number[][]> {
  protected value(): Tensor {
    return this.totals.counts.clone();
  }
}

export interface AverageOptions {
  /** "macro": the average over the classes, each counting the same (default). "micro": over all examples. */
  average?: "macro" | "micro";
}

/** A ratio of right predictions for each class, then averaged. */
abstract class ClassRatio extends Confusion<number> {
  readonly average: "macro" | "micro";

  constructor(classes: number, options: AverageOptions = {}) {
    super(classes);
    this.average = options.average ?? "macro";
  }

  /** Of one class, or of all together: right ones, those of the class, those taken for the class. */
  protected abstract ratio(right: Tensor, labelled: Tensor, said: Tensor): Tensor;

  protected value(): Tensor {
    const { counts } = this.totals;
    const right = counts.mul(arange(this.classes).unsqueeze(1).eq(arange(this.classes)).float()).sum(1);
    const parts = [right, counts.sum(1), counts.sum(0)];
    const [hits, labelled, said] = this.average === "micro" ? parts.map((part) => part.sum()) : parts;
    return this.ratio(hits!, labelled!, said!).mean();
  }
}

/** part / whole, 0 where there is nothing of the whole. */
const share = (part: Tensor, whole: Tensor): Tensor => part.div(whole.maximum(1));

/** Of the examples taken for a class, the share that belongs to it. 0 for a class that was never predicted.
 *
 * ```ts
 * const precision = new gb.train.Precision(2);
 * precision.update(tensor([[2, 1], [0, 3]]), tensor([0, 0], { dtype: "int32" }));
 * precision.compute() // -> 0.5
 * ``` */
export class Precision extends ClassRatio {
  protected ratio(right: Tensor, _labelled: Tensor, said: Tensor): Tensor {
    return share(right, said);
  }
}

/** Of the examples of a class, the share that was found. 0 for a class without examples.
 *
 * ```ts
 * const recall = new gb.train.Recall(2);
 * recall.update(tensor([[2, 1], [0, 3]]), tensor([0, 0], { dtype: "int32" }));
 * recall.compute() // -> 0.25
 * ``` */
export class Recall extends ClassRatio {
  protected ratio(right: Tensor, labelled: Tensor): Tensor {
    return share(right, labelled);
  }
}

/** The harmonic mean of precision and recall of each class: 2 right / (labelled + predicted), then averaged.
 *
 * ```ts
 * const f1 = new gb.train.F1Score(2);
 * f1.update(tensor([[2, 1], [0, 3]]), tensor([0, 0], { dtype: "int32" }));
 * f1.compute().toFixed(4) // -> '0.3333'
 * ``` */
export class F1Score extends ClassRatio {
  protected ratio(right: Tensor, labelled: Tensor, said: Tensor): Tensor {
    return share(right.mul(2), labelled.add(said));
  }
}
