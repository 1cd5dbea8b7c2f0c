// Reusing pretrained layers: copy all but the head, freeze, train the head, then unfreeze.

import { deepcopy, F, manualSeed, nn, optim, type Tensor, tensor } from "gradbook";

function build(nOut: number) {
  return nn.Sequential(
    nn.Flatten(),
    nn.Linear(16, 20),
    nn.ReLU(),
    nn.Linear(20, 20),
    nn.ReLU(),
    nn.Linear(20, nOut),
  );
}

function train(
  model: (x: Tensor) => Tensor,
  optimizer: optim.SGD,
  X: Tensor,
  y: Tensor,
  lossFn: (prediction: Tensor, target: Tensor) => Tensor,
  steps: number,
) {
  let last = Number.NaN;
  for (let i = 0; i < steps; i++) {
    const loss = lossFn(model(X), y);
    loss.backward();
    optimizer.step();
    optimizer.zeroGrad();
    last = loss.item();
  }
  return last;
}

export function bOnA() {
  manualSeed(42);
  const modelA = build(8);
  const [XA, yA] = [tensor.randn(64, 4, 4), tensor.randint(0, 8, [64])];
  const first = train(modelA, new optim.SGD(modelA.parameters(), { lr: 0.1 }), XA, yA, F.crossEntropy, 10);

  manualSeed(43);
  const reusedLayers = deepcopy(modelA.slice(0, -1));
  const modelBOnA = nn.Sequential(...reusedLayers, nn.Linear(20, 1));
  for (const layer of modelBOnA.slice(0, -1)) {
    for (const param of layer.parameters()) param.requiresGrad = false;
  }
  const [XB, yB] = [tensor.randn(32, 4, 4), tensor.randint(0, 2, [32, 1]).float()];
  const xentropy = nn.BCEWithLogitsLoss();
  const head = new optim.SGD(modelBOnA.parameters(), { lr: 0.1 });
  const frozen = train(modelBOnA, head, XB, yB, xentropy, 5);

  for (const layer of modelBOnA.slice(2)) {
    for (const param of layer.parameters()) param.requiresGrad = true;
  }
  const all = new optim.SGD(modelBOnA.parameters(), { lr: 0.05 });
  const unfrozen = train(modelBOnA, all, XB, yB, xentropy, 5);
  const accuracy = modelBOnA(XB).gt(0).eq(yB.bool()).float().mean();
  const [reused, untouched] = [modelBOnA.at(1) as nn.Linear, modelBOnA.at(3) as nn.Linear];
  const same = tensor.equal(reused.weight, modelA[1].weight);
  return [first, frozen, unfrozen, accuracy, same, untouched.weight, modelA[3].weight];
}
