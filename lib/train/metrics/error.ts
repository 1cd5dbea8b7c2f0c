// How far off the outputs of a regression are.

import { formatShape, sameShape } from "../../graph/shape.js";
import type { Tensor } from "../../tensor/tensor.js";
import { Mean, quietly } from "./mean.js";
import { Metric } from "./metric.js";

abstract class ElementError extends Metric {
  override readonly better = "lower";
  protected readonly mean: Mean = new Mean();
  protected get totals(): Readonly<Record<string, Tensor>> {
    return this.mean.totals;
  }
  protected value(): Tensor {
    return this.mean.value();
  }
  protected abstract error(difference: Tensor): Tensor;

  /** Output and target of one shape. */
  update(output: Tensor, target: Tensor): void {
    if (!sameShape(output.shape, target.shape)) {
      throw new RangeError(
        `${this.constructor.name}: output ${formatShape(output.shape)} and target ${formatShape(target.shape)} differ in ` +
          "shape; a [N] target for a [N, 1] output needs .unsqueeze(1)",
      );
    }
    const average = quietly(() => this.error(output.detach().sub(target)).mean());
    this.mean.update(average, target.numel());
  }
}

/** The average of the squared differences, over all elements.
 *
 * ```ts
 * const mse = new gb.train.MeanSquaredError();
 * mse.update(tensor([1, 2]), tensor([1, 4]));
 * mse.compute() // -> 2
 * ``` */
export class MeanSquaredError extends ElementError {
  protected error(difference: Tensor): Tensor {
    return difference.square();
  }
}

/** The root of the mean squared error, in the unit of the target.
 *
 * ```ts
 * const rmse = new gb.train.RootMeanSquaredError();
 * rmse.update(tensor([1, 2]), tensor([1, 4]));
 * rmse.compute().toFixed(4) // -> '1.4142'
 * ``` */
export class RootMeanSquaredError extends MeanSquaredError {
  protected override value(): Tensor {
    return this.mean.value().sqrt();
  }
}

/** The average of the sizes of the differences, over all elements.
 *
 * ```ts
 * const mae = new gb.train.MeanAbsoluteError();
 * mae.update(tensor([1, 2]), tensor([1, 4]));
 * mae.compute() // -> 1
 * ``` */
export class MeanAbsoluteError extends ElementError {
  protected error(difference: Tensor): Tensor {
    return difference.abs();
  }
}
