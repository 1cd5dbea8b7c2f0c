// Measuring a model on a set of examples, without changing it.

import { evalMode } from "../../module/modes.js";
import type { Module } from "../../module/module.js";
import { refuse } from "../../tensor/arguments.js";
import { noGrad } from "../../tensor/scope.js";
import type { Tensor } from "../../tensor/tensor.js";
import { Accuracy, Mean } from "../metrics/index.js";
import type { Batches, DefaultMetrics, LossFunction, Metrics, Values } from "./options.js";

/** Adds up loss and metrics. Without metrics of its own it measures the accuracy, once it has seen that targets are classes. */
export class Measuring<M extends Metrics> {
  private readonly given: M | undefined;
  private metrics: Metrics | undefined;
  private readonly loss = new Mean();

  constructor(metrics: M | undefined) {
    this.given = metrics;
    this.metrics = metrics;
  }

  update(output: Tensor, target: Tensor, loss: Tensor): void {
    this.metrics ??= target.dtype === "float32" ? {} : { accuracy: new Accuracy() };
    this.loss.update(loss, target.shape[0] ?? 1);
    for (const metric of Object.values(this.metrics)) metric.update(output, target);
  }

  reset(): void {
    this.loss.reset();
    for (const metric of Object.values(this.metrics ?? {})) metric.reset();
  }

  async read(): Promise<Values<M>> {
    const metrics = Object.entries(this.metrics ?? {});
    const values = await Promise.all(
      metrics.map(async ([name, metric]) => [name, await metric.computeAsync()] as const),
    );
    const blank = this.given === undefined ? { accuracy: Number.NaN } : {};
    return { loss: await this.loss.computeAsync(), ...blank, ...Object.fromEntries(values) } as Values<M>;
  }

  /** True where more of the value `name` is better. */
  prefersHigher(name: string): boolean {
    if (name === "loss") return false;
    return this.given === undefined || this.given[name]?.better !== "lower";
  }

  /** What has been added up, to go on from later. */
  stateDict(): Record<string, Record<string, Tensor>> {
    const metrics = Object.entries(this.metrics ?? {}).map(([name, metric]) => [name, metric.stateDict()]);
    return { ...Object.fromEntries(metrics), loss: { ...this.loss.totals } };
  }

  loadStateDict({ loss, ...metrics }: Readonly<Record<string, Record<string, Tensor>>>): void {
    if (this.metrics === undefined && metrics.accuracy !== undefined)
      this.metrics = { accuracy: new Accuracy() };
    for (const [name, state] of Object.entries(metrics)) this.metrics?.[name]?.loadStateDict(state);
    const { totals } = this.loss;
    totals.total.copy_(loss!.total!);
    totals.weight.copy_(loss!.weight!);
  }
}

/** Loss and metrics in evaluation mode and without gradients; every module's mode is put back afterwards. `metrics`: what to
 *  measure beside the loss; the accuracy by default, where targets are class numbers.
 *
 * ```ts
 * const set = new gb.data.TensorDataset(tensor([[1, 0], [0, 2]]), tensor([0, 1], { dtype: "int32" }));
 * const result = await gb.train.evaluate(nn.Identity(), gb.data.DataLoader(set, { batchSize: 2 }), nn.CrossEntropyLoss());
 * result.accuracy // -> 1
 * ``` */
export async function evaluate<M extends Metrics = DefaultMetrics>(
  model: Module,
  batches: Batches,
  lossFn: LossFunction,
  options: { metrics?: M } = {},
): Promise<Values<M>> {
  if (typeof lossFn !== "function") refuse(lossFn, evaluate, "a loss, such as nn.CrossEntropyLoss()");
  const measuring = new Measuring(options.metrics);
  measuring.reset();
  return evalMode(model, async () => {
    for await (const [inputs, targets] of batches) {
      noGrad(() => {
        const output = model(inputs) as Tensor;
        measuring.update(output, targets, lossFn(output, targets));
      });
    }
    return measuring.read();
  });
}
