// A second training beside the first: model, optimizers and schedules, with nothing in common.

import { deepcopy } from "../../module/deepcopy.js";
import { type LRScheduler, schedulesOf } from "../../optim/schedule/scheduler.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Training } from "./moment.js";

export interface CopiedTraining extends Training {
  /** Of each optimizer. */
  readonly schedules: readonly (readonly LRScheduler[])[];
}

export function copyTraining({ model, optimizers }: Training): CopiedTraining {
  const copy = deepcopy(model);
  const parameters = copy.parameters();
  const copies = new Map<Tensor, Tensor>(
    model.parameters().map((parameter, i) => [parameter, parameters[i]!]),
  );
  const copiedOptimizers = optimizers.map((optimizer) =>
    optimizer.copyFor((parameter) => {
      const own = copies.get(parameter);
      if (own !== undefined) return own;
      throw new Error(
        "fork: the optimizer also trains tensors that are not the model's; make them parameters of the model",
      );
    }),
  );
  const schedules = optimizers.map((optimizer, i) =>
    schedulesOf(optimizer).map((schedule) => schedule.copyFor(copiedOptimizers[i]!)),
  );
  return { model: copy, optimizers: copiedOptimizers, schedules };
}
