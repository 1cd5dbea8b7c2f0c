// Batch norm after and before the activations, what it holds, folding it away; layer norm and its formula.

import { F, manualSeed, nn, norm, type Tensor, tensor } from "gradbook";

function batch(n = 32): [Tensor, Tensor] {
  return [tensor.rand(n, 1, 28, 28), tensor.randint(0, 10, [n])];
}

export function batchNormAfter() {
  manualSeed(42);
  const model = nn.Sequential(
    nn.Flatten(),
    nn.BatchNorm1d(1 * 28 * 28),
    nn.Linear(1 * 28 * 28, 300),
    nn.ReLU(),
    nn.BatchNorm1d(300),
    nn.Linear(300, 100),
    nn.ReLU(),
    nn.BatchNorm1d(100),
    nn.Linear(100, 10),
  );
  const [X, y] = batch();
  const loss = F.crossEntropy(model(X), y);
  loss.backward();
  model.eval();
  return [loss, model[1].runningMean, model[1].runningVar, model[4].weight!.grad, model(X)];
}

export function whatItHolds() {
  const bn = nn.BatchNorm1d(784);
  return [
    [...bn.namedParameters()].map(([name]) => name),
    [...bn.parameters()].map((p) => p.shape),
    [...bn.namedBuffers()].map(([name]) => name),
    [...bn.buffers()].map((b) => b.shape),
  ];
}

export function batchNormBefore() {
  manualSeed(42);
  const model = nn.Sequential(
    nn.Flatten(),
    nn.Linear(1 * 28 * 28, 300, { bias: false }),
    nn.BatchNorm1d(300),
    nn.ReLU(),
    nn.Linear(300, 100, { bias: false }),
    nn.BatchNorm1d(100),
    nn.ReLU(),
    nn.Linear(100, 10),
  );
  const [X, y] = batch();
  const loss = F.crossEntropy(model(X), y);
  loss.backward();
  const count = [...model.parameters()].reduce((sum, p) => sum + p.numel(), 0);
  return [loss, model[1].weight.grad, model[2].bias!.grad, count];
}

export function foldByHand() {
  manualSeed(42);
  const [linear, bn] = [nn.Linear(20, 10), nn.BatchNorm1d(10)];
  for (let i = 0; i < 5; i++) bn(linear(tensor.randn(16, 20).mul(3).add(1)));
  bn.eval();
  nn.Linear(20, 10); // PyTorch's listing makes a layer for the result: it draws as many random numbers
  const folded = norm.fold(nn.Sequential(linear, bn));
  const X = tensor.randn(4, 20);
  return [bn(linear(X)), folded(X)];
}

export function layerNormImages() {
  manualSeed(42);
  const inputs = tensor.randn(32, 3, 100, 200);
  const result = nn.LayerNorm([100, 200])(inputs);
  const means = inputs.mean({ dim: [2, 3], keepdim: true });
  const variances = inputs.var({ dim: [2, 3], keepdim: true, unbiased: false });
  const byHand = inputs.sub(means).div(tensor.sqrt(variances.add(1e-5)));
  return [result, tensor.allclose(result, byHand, { atol: 1e-6 }), nn.LayerNorm([3, 100, 200])(inputs)];
}
