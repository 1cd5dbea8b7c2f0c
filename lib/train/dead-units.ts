// Dead units: those that give zero for every example there is.

import type { HookHandle, Module } from "../module/index.js";
import { evalMode } from "../module/modes.js";
import { printsAs } from "../tensor/printing.js";
import { insideModule, noGrad } from "../tensor/scope.js";
import { session } from "../tensor/session.js";
import { Tensor } from "../tensor/tensor.js";
import { table } from "./fit/history.js";
import { watchedLayers } from "./layers.js";

export interface DeadLayer {
  /** Path in the model, as in `stateDict()`. */
  readonly path: string;
  /** "Linear(784, 100) → ReLU" */
  readonly label: string;
  /** Units, or channels. */
  readonly units: number;
  /** The numbers of those that are dead. */
  readonly dead: readonly number[];
}

/** The hidden layers of a model with their dead units; prints as a table.
 *  @example
 *  const dead = await gb.train.deadUnits(model, loader);
 *  dead.length // -> 1 */
export class DeadUnits extends Array<DeadLayer> {
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
  override toString(): string {
    const rows = this.map(({ label, units, dead }) => {
      const share = `${((100 * dead.length) / units).toFixed(1)} %`;
      return [label, String(units), String(dead.length), share];
    });
    return table(["layer", "units", "dead", "share"], rows);
  }
}

printsAs(DeadUnits);

/** For each layer with an activation: the units whose output is exactly 0 for all examples of `batches`. That is exact, where a
 *  window of training steps only shows which units are silent at the moment. Of convolutions, channels that are 0 everywhere. In
 *  evaluation mode; a dead rectifier gets no gradient and does not come back by itself.
 *
 * ```ts
 * const net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 1));
 * net[0].bias.data = tensor([0, -1e9, 0]);
 * const [first] = await gb.train.deadUnits(net, [tensor.randn(100, 4)]);
 * first!.dead // -> [ 1 ]
 * ``` */
export async function deadUnits(
  model: Module,
  batches:
    | Iterable<Tensor | readonly [Tensor, ...unknown[]]>
    | AsyncIterable<Tensor | readonly [Tensor, ...unknown[]]>,
): Promise<DeadUnits> {
  const layers = watchedLayers(model).filter(({ head, last }) => head !== last);
  const peaks: (Tensor | undefined)[] = layers.map(() => undefined);
  const taps: HookHandle[] = layers.map(({ last }, i) =>
    last.tapForward((_module, _inputs, output) => {
      const y = output as Tensor;
      const others = y.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
      const peak = insideModule(() => y.detach().abs().amax(others));
      if (peaks[i] === undefined) peaks[i] = peak.clone();
      else peaks[i].copy_(peaks[i].maximum(peak));
    }),
  );
  try {
    await evalMode(model, async () => {
      for await (const batch of batches) {
        noGrad(() => model(batch instanceof Tensor ? batch : batch[0]));
        session().evaluate(peaks.flatMap((peak) => (peak === undefined ? [] : [peak.storage.node])));
      }
    });
  } finally {
    for (const tap of taps) tap.remove();
  }
  const found = new DeadUnits();
  for (const [i, { info }] of layers.entries()) {
    const values = await peaks[i]?.toTypedArrayAsync();
    if (values === undefined) continue;
    const dead = Array.from(values, (_, unit) => unit).filter((unit) => values[unit] === 0);
    found.push({ path: info.path, label: info.label, units: values.length, dead });
  }
  return found;
}
