// Learning-rate schedules: the rates they give, and a training loop that steps them.

import { F, manualSeed, nn, optim, tensor } from "gradbook";

const { lrScheduler } = optim;

const optimizer = () => new optim.SGD([new nn.Parameter(tensor.zeros(1))], { lr: 0.05 });

/** What a schedule does to its optimizer. */
function rates(of: optim.SGD, scheduler: { step(metric?: number): void }, n: number, metric?: number) {
  const found: number[] = [];
  for (let i = 0; i < n; i++) {
    found.push(of.paramGroups[0]!.lr);
    of.step();
    scheduler.step(metric);
  }
  return [found];
}

export function exponential() {
  const of = optimizer();
  return rates(of, new lrScheduler.ExponentialLR(of, 0.9), 21);
}

export function cosine() {
  const of = optimizer();
  return rates(of, new lrScheduler.CosineAnnealingLR(of, 20, { etaMin: 0.001 }), 21);
}

export function performance() {
  const of = optimizer();
  const scheduler = new lrScheduler.ReduceLROnPlateau(of, { mode: "max", patience: 2, factor: 0.1 });
  return rates(of, { step: (metric) => scheduler.step(metric!) }, 10, 0.8);
}

export function warmUp() {
  const of = optimizer();
  const scheduler = new lrScheduler.LinearLR(of, { startFactor: 0.1, endFactor: 1.0, totalIters: 3 });
  return rates(of, scheduler, 6);
}

export function warmUpLambda() {
  const of = optimizer();
  const scheduler = new lrScheduler.LambdaLR(of, (epoch) => (Math.min(epoch, 3) / 3) * (1.0 - 0.1) + 0.1);
  return rates(of, scheduler, 6);
}

export function warmRestarts() {
  const of = optimizer();
  const scheduler = new lrScheduler.CosineAnnealingWarmRestarts(of, 2, { tMult: 2, etaMin: 0.001 });
  return rates(of, scheduler, 62);
}

export function oneCycle() {
  const of = optimizer();
  return rates(of, new lrScheduler.OneCycleLR(of, 0.05, { totalSteps: 30 }), 30);
}

export function inALoop() {
  manualSeed(42);
  const model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3));
  const opt = new optim.SGD(model.parameters(), { lr: 0.05 });
  const scheduler = new lrScheduler.ReduceLROnPlateau(opt, { mode: "max", patience: 2, factor: 0.1 });
  const [X, y] = [tensor.randn(48, 8), tensor.randint(0, 3, [48])];
  const losses: number[] = [];
  const used: number[] = [];
  for (let i = 0; i < 12; i++) {
    const loss = F.crossEntropy(model(X), y);
    loss.backward();
    opt.step();
    opt.zeroGrad();
    losses.push(loss.item());
    used.push(opt.paramGroups[0]!.lr);
    scheduler.step(0.5);
  }
  return [losses, used];
}
