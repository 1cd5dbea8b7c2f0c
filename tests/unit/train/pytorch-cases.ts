// The models that toPyTorch is tested with: what golden/make_pytorch.ts runs in PyTorch, and what the test compares.

import * as gb from "gradbook";

const { nn, optim, data, tensor, manualSeed } = gb;

/** A training loop of which PyTorch's losses are compared with those of `fit`. */
interface Loop {
  readonly targets: gb.Tensor;
  readonly options: gb.train.ToPyTorchOptions<gb.optim.GroupOptions>["fit"];
}

export interface PyTorchCase {
  readonly name: string;
  readonly model: gb.nn.Module;
  readonly input: gb.Tensor;
  readonly loop?: Loop;
  /** False where a forward has to be translated by hand. */
  readonly runs?: boolean;
}

class Residual extends nn.Module {
  readonly body: gb.nn.Sequential;
  readonly scale: gb.nn.Parameter;
  constructor(size: number) {
    super();
    this.body = nn.Sequential(nn.Linear(size, size), nn.SwiGLU());
    this.scale = new nn.Parameter(tensor([0.5]));
  }
  forward(x: gb.Tensor): gb.Tensor {
    return x.add((this.body(x) as gb.Tensor).mul(this.scale));
  }
}

/** Fresh models, the same ones every time. */
export function pytorchCases(): PyTorchCase[] {
  manualSeed(42);
  const mlp = nn.Sequential(
    nn.Flatten(),
    ...[16, 8, 8].flatMap((size, i, all) => [nn.Linear(size, all[i + 1] ?? 8), nn.ReLU()]),
    nn.Linear(8, 3),
  );
  const normed = nn.Sequential(
    nn.Linear(6, 8, { bias: false }),
    nn.BatchNorm1d(8, { momentum: 0.01 }),
    nn.Tanh(),
    nn.Sequential(nn.Linear(8, 8), nn.LayerNorm([8]), nn.SiLU()),
    nn.Linear(8, 2),
  );
  normed[0]!.requiresGrad_(false);
  const decayed = [normed[3]!.parameters()[0]!, normed[4]!.parameters()[0]!];
  const rest = normed.parameters().filter((p) => p.requiresGrad && !decayed.includes(p));
  // -1 and 2 by turns, and 5 more: sums are exact, and what the program says is the same in whatever order they are computed
  const pixels = tensor.arange(640).remainder(2).mul(3).sub(1).reshape(20, 2, 4, 4).float();
  const standardize = data.Standardizer({ per: "channel" }).fit(pixels.add(tensor([[[0]], [[5]]])));
  return [
    {
      name: "mlp",
      model: mlp,
      input: tensor.randn(12, 1, 4, 4),
      loop: {
        targets: tensor.randint(0, 3, [12]),
        options: {
          optimizer: new optim.SGD(mlp.parameters(), { lr: 0.1, momentum: 0.9, nesterov: true }),
          lossFn: nn.CrossEntropyLoss({ labelSmoothing: 0.1 }),
          epochs: 5,
          clipGradNorm: 1,
        },
      },
    },
    {
      name: "groups",
      model: normed,
      input: tensor.randn(10, 6),
      loop: {
        targets: tensor.randn(10, 2),
        options: {
          optimizer: new optim.Adam(
            [
              { params: decayed, weightDecay: 0.1 },
              { params: rest, lr: 0.05 },
            ],
            { lr: 0.01, betas: [0.8, 0.99] },
          ),
          lossFn: nn.HuberLoss({ delta: 0.5 }),
          epochs: 5,
          clipGradValue: 0.5,
        },
      },
    },
    {
      name: "images",
      model: nn.Sequential(
        nn.Conv2d(2, 4, 3, { padding: 1, bias: false }),
        nn.BatchNorm2d(4),
        nn.GELU({ approximate: "tanh" }),
        nn.MaxPool2d(2),
        nn.Dropout2d(0.25),
        nn.Conv2d(4, 6, [1, 2], { stride: [1, 2], groups: 2 }),
        nn.LeakyReLU({ negativeSlope: 0.2 }),
        nn.AdaptiveAvgPool2d([2, 1]),
        nn.Flatten(),
        nn.Linear(12, 3),
        nn.LogSoftmax({ dim: 1 }),
      ),
      input: tensor.randn(3, 2, 8, 8),
    },
    {
      name: "beyond",
      model: nn
        .Sequential(
          standardize,
          nn.Flatten(),
          nn.Linear(32, 12),
          nn.ReLU2(),
          nn.GroupNorm(3, 12),
          nn.Swish(),
          nn.Swish({ beta: 0.5, trainable: false }),
          nn.SwiGLU(),
          nn.Linear(6, 4),
          nn.PReLU({ numParameters: 4, init: 0.1 }),
          nn.GEGLU(),
        )
        .apply((module) => {
          // large enough for the signal to be seen at the end
          if (module instanceof nn.Linear) module.weight.data = module.weight.data.mul(6);
        }),
      input: tensor.randn(5, 2, 4, 4),
    },
    {
      name: "own",
      model: nn.Sequential(nn.Linear(4, 4), new Residual(4), nn.ModuleList([nn.Identity()])),
      input: tensor.randn(2, 4),
      runs: false,
    },
  ];
}

/** The program of a case, without the TypeScript of a forward: what that looks like depends on who has compiled it. */
export function programOf({ model, loop }: PyTorchCase): string {
  const program = gb.toPyTorch(model, loop?.options === undefined ? {} : { fit: loop.options });
  return program.replace(/^ +#.*\n/gm, "");
}
