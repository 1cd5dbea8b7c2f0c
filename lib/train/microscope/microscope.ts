// One example of a batch on its way through the network: its values in each layer and the gradients that come back.

import { hostTensor } from "../../data/host-tensor.js";
import type { Node } from "../../graph/node.js";
import * as ops from "../../graph/ops/index.js";
import { cat } from "../../tensor/functions.js";
import { noGrad } from "../../tensor/scope.js";
import { Tensor } from "../../tensor/tensor.js";
import type { WatchedLayer } from "../layers.js";
import type {
  LayerBatch,
  MicroscopeData,
  MicroscopeLayer,
  MicroscopeQuestion,
  Slice,
} from "../microscope-data.js";
import { batchOf } from "./batch.js";
import { formulasOf } from "./formulas.js";
import type { LayerTrace, Trace } from "./trace.js";

/** Values that go into one buffer, computed and read together. */
class Buffer {
  private readonly parts: Tensor[] = [];
  private length = 0;

  add(values: Tensor): Slice {
    const slice = { at: this.length, length: values.numel() };
    this.parts.push(values.float().reshape(-1));
    this.length += slice.length;
    return slice;
  }
  /** Of one example, in a value whose first axis is the batch. */
  row(node: Node, example: number): Slice {
    return this.add(detached(node).select(0, example));
  }
  read(): Float32Array {
    return cat(this.parts).toTypedArray() as Float32Array;
  }
}

const detached = (node: Node): Tensor => Tensor.from(ops.detached(node));

interface Predictions {
  readonly losses: readonly number[];
  readonly labels: ArrayLike<number>;
  readonly predictions: readonly number[];
}

/** Of a classifier's batch: losses of the examples, -log softmax(logits)[label]. */
function predictionsOf({ logits, labels }: Trace): Predictions | undefined {
  if (logits === undefined || labels === undefined || logits.shape.length !== 2) return undefined;
  const rows = detached(logits).toArray() as number[][];
  const classes = Array.from(detached(labels).toTypedArray());
  const losses = rows.map((row, i) => {
    const largest = Math.max(...row);
    const total = row.reduce((sum, value) => sum + Math.exp(value - largest), 0);
    return Math.log(total) + largest - row[classes[i]!]!;
  });
  return { losses, labels: classes, predictions: rows.map((row) => row.indexOf(Math.max(...row))) };
}

/** Position of the largest number; NaN counts as larger than all. */
function worst(losses: readonly number[]): number {
  return losses.reduce((at, loss, i) => (Number.isNaN(loss) || loss > losses[at]! ? i : at), 0);
}

/** What is seen at the step that `trace` has followed, and the numbers for it. Throws a RangeError for what is not there. */
export function lookAt(
  step: number,
  trace: Trace,
  watched: readonly WatchedLayer[],
  question: MicroscopeQuestion,
  classNames?: readonly string[],
): { data: MicroscopeData; numbers: Float32Array } {
  const { input } = trace;
  if (input === undefined || input.shape.length === 0) {
    throw new RangeError("This step did not go through the model's forward pass. Take another step.");
  }
  return noGrad(() => {
    const batchSize = input.shape[0]!;
    const known = predictionsOf(trace);
    const predicted = known?.losses.length === batchSize ? known : undefined;
    const example = question.example ?? (predicted ? worst(predicted.losses) : 0);
    if (example >= batchSize) {
      throw new RangeError(
        `There is no example ${example} in a batch of ${batchSize} (0 to ${batchSize - 1}).`,
      );
    }
    const buffer = new Buffer();
    const layers = watched.flatMap((layer, i) =>
      layerOf(layer, trace.layers[i]!, { example, batchSize, buffer }),
    );
    const unit = question.unit && unitOf(watched, question.unit, buffer);
    const data: MicroscopeData = {
      step,
      batchSize,
      example,
      loss: predicted?.losses[example] ?? (trace.loss ? detached(trace.loss).sum().item() : Number.NaN),
      ...(predicted && {
        label: predicted.labels[example]!,
        prediction: predicted.predictions[example]!,
        losses: buffer.add(hostTensor(Float32Array.from(predicted.losses), [batchSize])),
        logits: buffer.row(trace.logits!, example),
        probabilities: buffer.add(detached(trace.logits!).select(0, example).softmax(0)),
      }),
      ...(classNames && { classNames }),
      ...imageOf(input, example, buffer),
      layers,
      ...(unit && { unit }),
    };
    return { data, numbers: buffer.read() };
  });
}

/** How a layer treats the batch of the step that `trace` has followed; nothing where that cannot be told. */
export function lookAtBatch(
  trace: Trace,
  watched: readonly WatchedLayer[],
  layer: number,
): { batch: LayerBatch; numbers: Float32Array } | undefined {
  const [asked, sum] = [watched[layer], trace.layers[layer]?.sum];
  if (asked === undefined || sum === undefined) return undefined;
  return noGrad(() => {
    const buffer = new Buffer();
    const batch = batchOf(asked, sum, (values) => buffer.add(values));
    return batch && { batch, numbers: buffer.read() };
  });
}

/** One layer; none where it has not run, or where its values have no axis for the batch. */
function layerOf(
  { info, modules }: WatchedLayer,
  { input, sum, activation, gradient }: LayerTrace,
  { example, batchSize, buffer }: { example: number; batchSize: number; buffer: Buffer },
): MicroscopeLayer[] {
  const all = [input, sum, activation];
  if (!all.every((node) => node?.shape[0] === batchSize)) return [];
  return [
    {
      path: info.path,
      label: info.label,
      kind: info.kind,
      ...formulasOf(modules.map((module) => module.constructor.name)),
      shape: activation!.shape.slice(1),
      input: buffer.row(input!, example),
      preactivation: buffer.row(sum!, example),
      activation: buffer.row(activation!, example),
      ...(gradient && { gradient: buffer.row(gradient, example) }),
    },
  ];
}

/** The weights that come in to a unit of a layer. */
function unitOf(
  watched: readonly WatchedLayer[],
  { layer, index }: { readonly layer: number; readonly index: number },
  buffer: Buffer,
): NonNullable<MicroscopeData["unit"]> {
  const { weight, bias } = (watched[layer]?.head ?? {}) as { weight?: Tensor; bias?: Tensor | null };
  if (!(weight instanceof Tensor) || index >= weight.shape[0]!) {
    throw new RangeError(`There is no unit ${index} in layer ${layer}.`);
  }
  const weights = buffer.add(weight.detach().select(0, index));
  const gradients = weight.grad && { weightGradients: buffer.add(weight.grad.detach().select(0, index)) };
  return {
    layer,
    index,
    weights,
    ...gradients,
    bias: bias instanceof Tensor ? bias.detach().select(0, index).item() : 0,
  };
}

/** The example as a picture, where it is one: [C, H, W] in grey or in colour, or [H, W]. */
function imageOf(input: Node, example: number, buffer: Buffer): Pick<MicroscopeData, "image"> {
  const [, ...own] = input.shape;
  const shape = own.length === 2 ? [1, ...own] : own;
  if (shape.length !== 3 || (shape[0] !== 1 && shape[0] !== 3)) return {};
  return { image: { shape: shape as [number, number, number], ...buffer.row(input, example) } };
}
