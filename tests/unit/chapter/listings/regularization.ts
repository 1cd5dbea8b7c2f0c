// l1, l2, parameter groups, dropout and MC dropout, max-norm. What dropout draws is not compared: only what follows from it.

import { F, manualSeed, nn, noGrad, optim, type Tensor, tensor } from "gradbook";

function problem() {
  manualSeed(42);
  const model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.BatchNorm1d(16), nn.Linear(16, 3));
  return [model, tensor.randn(48, 8), tensor.randint(0, 3, [48])] as const;
}

type Model = ReturnType<typeof problem>[0];

function train(
  model: Model,
  optimizer: optim.SGD,
  X: Tensor,
  y: Tensor,
  penalty: () => Tensor | number = () => 0,
  after = () => {},
  steps = 5,
): [number[], Tensor] {
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    const loss = F.crossEntropy(model(X), y).add(penalty());
    loss.backward();
    optimizer.step();
    optimizer.zeroGrad();
    after();
    losses.push(loss.item());
  }
  return [losses, model[0].weight];
}

export function weightDecay() {
  const [model, X, y] = problem();
  return train(model, new optim.SGD(model.parameters(), { lr: 0.05, weightDecay: 1e-2 }), X, y);
}

const chosen = (model: Model) =>
  [...model.namedParameters()].filter(([name]) => !name.includes("bias")).map(([, p]) => p);

const total = (terms: Tensor[]) => terms.reduce((sum, term) => sum.add(term));

export function l2ByHand() {
  const [model, X, y] = problem();
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.05 });
  return train(model, optimizer, X, y, () => total(chosen(model).map((p) => p.pow(2).sum())).mul(1e-2));
}

export function l1ByHand() {
  const [model, X, y] = problem();
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.05 });
  return train(model, optimizer, X, y, () => total(chosen(model).map((p) => p.abs().sum())).mul(1e-3));
}

export function parameterGroups() {
  const [model, X, y] = problem();
  const isPlain = ([name]: readonly [string, nn.Parameter]) => name.includes("bias") || name.startsWith("2.");
  const named = [...model.namedParameters()];
  const plain = named.filter(isPlain).map(([, p]) => p);
  const decayed = named.filter((pair) => !isPlain(pair)).map(([, p]) => p);
  const groups = [{ params: decayed, weightDecay: 1e-2 }, { params: plain }];
  return train(model, new optim.SGD(groups, { lr: 0.05 }), X, y);
}

function applyMaxNorm(model: Model, maxNorm = 2.0, epsilon = 1e-8, dim = 1) {
  noGrad(() => {
    for (const [name, param] of model.namedParameters()) {
      if (!name.includes("bias") && param.ndim > 1) {
        const actual = param.norm({ dim, keepdim: true });
        const target = tensor.clamp(actual, { min: 0, max: maxNorm });
        param.mul_(target.div(actual.add(epsilon)));
      }
    }
  });
}

export function maxNorm() {
  const [model, X, y] = problem();
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.5 });
  const [losses, weight] = train(
    model,
    optimizer,
    X,
    y,
    () => 0,
    () => applyMaxNorm(model, 0.5),
  );
  return [losses, weight, weight.norm({ dim: 1 }).max()];
}

function dropoutModel() {
  manualSeed(42);
  return nn.Sequential(
    nn.Flatten(),
    nn.Dropout({ p: 0.2 }),
    nn.Linear(16, 20),
    nn.ReLU(),
    nn.Dropout({ p: 0.2 }),
    nn.Linear(20, 20),
    nn.ReLU(),
    nn.Dropout({ p: 0.2 }),
    nn.Linear(20, 10),
  );
}

export function dropoutOff() {
  const model = dropoutModel();
  const X = tensor.randn(3, 4, 4);
  model.eval();
  return [model(X)];
}

export function mcDropout() {
  const model = dropoutModel();
  const X = tensor.randn(3, 4, 4);
  model.eval();
  for (const module of model.modules()) {
    if (module instanceof nn.Dropout) module.train();
  }
  return noGrad(() => {
    const repeated = X.repeatInterleave(100, { dim: 0 });
    const logits = model(repeated);
    const probabilities = tensor.softmax(logits, 1).reshape(3, 100, 10);
    const [yMean, yStd] = [probabilities.mean({ dim: 1 }), probabilities.std({ dim: 1 })];
    return [repeated.shape, yMean.sum({ dim: 1 }), yStd.gt(0).all().item() === 1, yStd.shape];
  });
}
