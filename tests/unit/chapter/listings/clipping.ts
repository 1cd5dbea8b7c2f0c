// Gradient clipping by norm and by value.

import { F, manualSeed, nn, optim, tensor } from "gradbook";

export function byNormAndByValue() {
  const [p, q] = [new nn.Parameter(tensor.zeros(2)), new nn.Parameter(tensor.zeros(2))];
  p.grad = tensor([0.9, 100.0]);
  q.grad = tensor([0.9, 100.0]);
  const total = nn.utils.clipGradNorm_([p], 1.0);
  nn.utils.clipGradValue_([q], 1.0);
  return [total, p.grad, q.grad];
}

export function inALoop() {
  manualSeed(42);
  const model = nn.Sequential(nn.Linear(10, 50), nn.ReLU(), nn.Linear(50, 1));
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
  const [X, y] = [tensor.randn(64, 10), tensor.randn(64, 1).mul(100)];
  const losses: number[] = [];
  for (let i = 0; i < 5; i++) {
    const loss = F.mseLoss(model(X), y);
    loss.backward();
    nn.utils.clipGradNorm_(model.parameters(), 1.0);
    optimizer.step();
    optimizer.zeroGrad();
    losses.push(loss.item());
  }
  return [losses, model[0].weight];
}
