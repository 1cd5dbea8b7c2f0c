// Every optimizer of the chapter on the same small problem; momentum's terminal speed.

import { F, manualSeed, nn, optim, tensor } from "gradbook";

function lossesWith(
  make: (parameters: readonly nn.Parameter[]) => { step(): void; zeroGrad(): void },
  steps = 20,
) {
  manualSeed(42);
  const model = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 3));
  const optimizer = make(model.parameters());
  const [X, y] = [tensor.randn(48, 8), tensor.randint(0, 3, [48])];
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    const loss = F.crossEntropy(model(X), y);
    loss.backward();
    optimizer.step();
    optimizer.zeroGrad();
    losses.push(loss.item());
  }
  return [losses, model[0].weight];
}

export const momentum = () => lossesWith((p) => new optim.SGD(p, { momentum: 0.9, lr: 0.05 }));

export const nesterov = () =>
  lossesWith((p) => new optim.SGD(p, { momentum: 0.9, nesterov: true, lr: 0.05 }));

export const adagrad = () => lossesWith((p) => new optim.Adagrad(p, { lr: 0.05 }));

export const rmsprop = () => lossesWith((p) => new optim.RMSprop(p, { alpha: 0.9, lr: 0.05 }));

export const adam = () => lossesWith((p) => new optim.Adam(p, { betas: [0.9, 0.999], lr: 0.05 }));

export const adamax = () => lossesWith((p) => new optim.Adamax(p, { betas: [0.9, 0.999], lr: 0.05 }));

export const nadam = () => lossesWith((p) => new optim.NAdam(p, { betas: [0.9, 0.999], lr: 0.05 }));

export const adamw = () =>
  lossesWith((p) => new optim.AdamW(p, { betas: [0.9, 0.999], weightDecay: 1e-5, lr: 0.05 }));

export function terminalSpeed() {
  const position = new nn.Parameter(tensor.zeros(1));
  const optimizer = new optim.SGD([position], { lr: 1.0, momentum: 0.9 });
  let before = 0;
  for (let i = 0; i < 200; i++) {
    position.grad = tensor.ones(1);
    before = position.item();
    optimizer.step();
  }
  return [before - position.item()];
}
