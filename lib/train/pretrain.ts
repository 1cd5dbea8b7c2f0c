// Unsupervised pretraining: autoencoders, and greedy training of one layer after the other.

import { evalMode } from "../module/modes.js";
import { Module } from "../module/module.js";
import { Parameter } from "../module/parameter.js";
import { Sequential } from "../nn/containers.js";
import * as F from "../nn/functional.js";
import { Linear } from "../nn/linear.js";
import type { GroupOptions, Optimizer } from "../optim/optimizer.js";
import { zeros } from "../tensor/create.js";
import { noGrad } from "../tensor/scope.js";
import { Tensor } from "../tensor/tensor.js";
import { fit } from "./fit/fit.js";
import type { History } from "./fit/history.js";

/** The way back through a linear layer with the layer's own weights: x W + b. The bias [inFeatures] is its own. */
class TiedLinear extends Module {
  bias: Parameter;
  // not a field that holds the layer: its weight is the encoder's, and is listed there
  private readonly encoder: () => Linear;

  constructor(layer: Linear) {
    super();
    this.encoder = () => layer;
    this.bias = new Parameter(zeros(layer.inFeatures));
  }
  forward(x: Tensor): Tensor {
    return x.matmul(this.encoder().weight).add(this.bias);
  }
  override extraRepr(): string {
    const { inFeatures, outFeatures } = this.encoder();
    return `${outFeatures}, ${inFeatures}`;
  }
}

/** The decoder that mirrors an encoder of linear layers and activations: it has the encoder's weights, transposed, and biases of its
 *  own. Half the weights of a free decoder, and less overfitting. Vincent et al. 2010, section 2.2.
 *
 * ```ts
 * const encoder = nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 2));
 * const autoencoder = nn.Sequential(encoder, gb.train.tiedDecoder(encoder));
 * autoencoder(tensor.ones(1, 8)).shape // -> [1, 8]
 * autoencoder.parameters().length // -> 6
 * ``` */
export function tiedDecoder(encoder: Sequential): Sequential {
  const layers = [...encoder].filter((layer) => layer instanceof Linear || layer.parameters().length === 0);
  if (layers.length < encoder.length || !layers.some((layer) => layer instanceof Linear)) {
    throw new TypeError(
      "tiedDecoder: needs a Sequential of Linear layers and activations without parameters",
    );
  }
  // what comes before the first layer, as nn.Flatten(), and after the last one has no place on the way back
  const first = layers.findIndex((layer) => layer instanceof Linear);
  const last = layers.findLastIndex((layer) => layer instanceof Linear);
  const inner = layers.slice(first, last + 1).reverse();
  return new Sequential(...inner.map((layer) => (layer instanceof Linear ? new TiedLinear(layer) : layer)));
}

export interface PretrainOptions<O extends GroupOptions> {
  /** Makes the optimizer of one layer and its decoder. */
  optimizer: (parameters: Parameter[]) => Optimizer<O>;
  /** Epochs for each layer. */
  epochs: number;
  /** Decoders with the layer's own weights (false). */
  tied?: boolean;
  /** Share of the inputs that is set to 0, and has to be restored: a denoising autoencoder (0). Vincent et al. 2008. */
  corruption?: number;
  /** Told about each layer; prints a line by default. null: silent. */
  log?: ((layer: PretrainedLayer) => void) | null;
}

export interface PretrainedLayer {
  /** The layer's place in the Sequential. */
  readonly index: number;
  /** "Linear(784, 100)" */
  readonly label: string;
  /** The reconstruction's mean squared error, epoch by epoch. */
  readonly history: History<Record<never, never>>;
}

function report({ label, history }: PretrainedLayer): void {
  const [first, last] = [history[0], history.at(-1)];
  console.log(`${label}: reconstruction error ${first!.loss.toPrecision(4)} -> ${last!.loss.toPrecision(4)}`);
}

/** Trains the hidden layers of a classifier without labels, one after the other: each learns to encode what comes out of those
 *  before it so that a decoder can restore it. The output layer, the last linear one, is left as it is; then train the whole with
 *  labels. Hinton et al. 2006; Bengio et al. 2007, "Greedy layer-wise training of deep networks".
 *
 *  `batches` are inputs [N, ...], or arrays with the inputs first.
 *
 * ```ts
 * const layers = await gb.train.pretrain(model, loader, {
 *   optimizer: (parameters) => new optim.Adam(parameters, { lr: 0.01 }),
 *   epochs: 2,
 *   log: null,
 * });
 * layers.length // -> 1
 * ``` */
export async function pretrain<O extends GroupOptions>(
  model: Sequential,
  batches:
    | Iterable<Tensor | readonly [Tensor, ...unknown[]]>
    | AsyncIterable<Tensor | readonly [Tensor, ...unknown[]]>,
  options: PretrainOptions<O>,
): Promise<PretrainedLayer[]> {
  const { epochs, tied = false, corruption = 0, log = report } = options;
  const layers = [...model];
  const starts = layers.flatMap((layer, i) => (layer instanceof Linear ? [i] : []));
  if (starts.length < 2)
    throw new RangeError("pretrain: needs a Sequential with a hidden and an output Linear layer");
  const done: PretrainedLayer[] = [];
  for (const [k, start] of starts.slice(0, -1).entries()) {
    const before = new Sequential(...layers.slice(0, start));
    const encoder = new Sequential(...layers.slice(start, starts[k + 1]));
    const layer = layers[start] as Linear;
    const decoder = tied
      ? tiedDecoder(new Sequential(layer))
      : new Sequential(new Linear(layer.outFeatures, layer.inFeatures));
    const autoencoder = new Sequential(encoder, decoder);
    const pairs: AsyncIterable<readonly [Tensor, Tensor]> = {
      async *[Symbol.asyncIterator]() {
        for await (const batch of batches) {
          const x = batch instanceof Tensor ? batch : batch[0];
          yield noGrad(() => {
            const clean = start === 0 ? x : (evalMode(before, () => before(x)) as Tensor);
            // without the scale of dropout: what is left is as it was
            const kept = F.dropout(clean, { p: corruption, training: corruption > 0 });
            return [corruption > 0 ? kept.mul(1 - corruption) : clean, clean] as const;
          });
        }
      },
    };
    const history = await fit<O, Record<never, never>>(autoencoder, pairs, {
      optimizer: options.optimizer(autoencoder.parameters()),
      lossFn: (output, target) => F.mseLoss(output, target),
      epochs,
      metrics: {},
      log: null,
    });
    const label = `Linear(${layer.inFeatures}, ${layer.outFeatures})`;
    const pretrained = { index: start, label, history };
    log?.(pretrained);
    done.push(pretrained);
  }
  return done;
}
