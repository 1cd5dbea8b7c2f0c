// Running statistics taken anew, from all of a data set.

import { evalMode } from "../module/modes.js";
import type { Module } from "../module/module.js";
import { enableGrad } from "../tensor/scope.js";
import { Tensor } from "../tensor/tensor.js";
import { BatchNorm1d, BatchNorm2d, BatchNorm3d } from "./batch.js";
import type { ChannelNorm } from "./channel.js";

/** A batch: the inputs, alone or first of several things. */
export type CalibrationBatch = Tensor | readonly [Tensor, ...unknown[]];

/** Takes the running statistics of all batch normalisation in `model` anew: plain averages over all `batches`, whose inputs
 *  are run through the model as it is now. For the end of a training, whose own running statistics lag behind the weights and forget what
 *  they saw first, and for averaged weights, which no batch has seen (PyTorch's `swa_utils.update_bn`). All else is in evaluation
 *  mode meanwhile, dropout too; layers that are frozen, or track nothing, stay as they are. Gives the number of batches.
 *
 *  ```ts
 *  const model = nn.Sequential(nn.BatchNorm1d(1), nn.Linear(1, 1));
 *  norm.recalibrate(model, [tensor([[1], [3]]), tensor([[5], [7]])]);
 *  model[0].runningMean // -> [4]
 *  ``` */
export function recalibrate(model: Module, batches: Iterable<CalibrationBatch>): number {
  const layers = model.modules().filter((module): module is ChannelNorm => {
    const batchNorm =
      module instanceof BatchNorm1d || module instanceof BatchNorm2d || module instanceof BatchNorm3d;
    return batchNorm && module.trackRunningStats && !module.frozen;
  });
  const call = model as unknown as (x: Tensor) => unknown;
  let count = 0;
  const momenta = layers.map(({ momentum }) => momentum);
  try {
    evalMode(model, () => {
      for (const layer of layers) {
        layer.resetRunningStats();
        layer.momentum = null;
        layer.train();
      }
      for (const batch of batches) {
        // moving statistics under noGrad would be worth a warning
        enableGrad(() => call(batch instanceof Tensor ? batch : batch[0]));
        // one run a batch, whatever the model does with its output
        layers[0]?.runningMean?.realize();
        count++;
      }
    });
  } finally {
    layers.forEach((layer, i) => {
      layer.momentum = momenta[i]!;
    });
  }
  if (count === 0)
    throw new RangeError("recalibrate: got no batches; the statistics are those of a new layer now");
  return count;
}
