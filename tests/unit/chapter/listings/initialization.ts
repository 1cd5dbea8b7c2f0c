// Initialisation: He by hand and by function, for a whole model, and for leaky ReLU.

import { init, manualSeed, nn, tensor } from "gradbook";

export function heByHand() {
  manualSeed(42);
  const layer = nn.Linear(40, 10);
  layer.weight.data.mul_(6 ** 0.5); // the default is uniform within 1 / sqrt(fanIn): He's bound is sqrt(6) times that
  layer.bias!.data.zero_();
  return [layer.weight, layer.bias];
}

export function heByFunction() {
  manualSeed(42);
  const layer = nn.Linear(40, 10);
  nn.init.kaimingUniform_(layer.weight);
  nn.init.zeros_(layer.bias);
  return [layer.weight, layer.bias];
}

function useHeInit(module: nn.Module) {
  if (module instanceof nn.Linear) {
    nn.init.kaimingUniform_(module.weight);
    nn.init.zeros_(module.bias);
  }
}

export function heEverywhere() {
  manualSeed(42);
  const model = nn.Sequential(nn.Linear(50, 40), nn.ReLU(), nn.Linear(40, 1), nn.ReLU());
  model.apply(useHeInit);
  return [model[0].weight, model[2].weight, model[2].bias, model(tensor.ones(3, 50))];
}

export function leakyReluInit() {
  manualSeed(42);
  const alpha = 0.2;
  const model = nn.Sequential(nn.Linear(50, 40), nn.LeakyReLU({ negativeSlope: alpha }));
  nn.init.kaimingUniform_(model[0].weight, { a: alpha, nonlinearity: "leaky_relu" });
  return [model[0].weight, model[0].weight.abs().max(), model(tensor.ones(3, 50))];
}

export function lecunByHand() {
  manualSeed(42);
  const layer = nn.Linear(50, 40);
  layer.weight.data.mul_(3 ** 0.5);
  init.zeros_(layer.bias);
  return [layer.weight, layer.weight.std()];
}

export function orthogonal() {
  manualSeed(42);
  const layer = nn.Linear(40, 50);
  nn.init.orthogonal_(layer.weight);
  return [layer.weight.t().matmul(layer.weight)];
}
