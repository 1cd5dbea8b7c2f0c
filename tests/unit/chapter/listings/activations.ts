// Activations as layers, and a SwiGLU layer written by hand.

import { F, manualSeed, nn, type Tensor, tensor } from "gradbook";

export function eluAndSelu() {
  manualSeed(42);
  const elu = nn.Sequential(nn.Linear(50, 40), nn.ELU());
  const selu = nn.Sequential(nn.Linear(50, 40), nn.SELU());
  nn.init.kaimingUniform_(elu[0].weight);
  nn.init.normal_(selu[0].weight, { std: 50 ** -0.5 }); // LeCun's, which self-normalisation needs
  nn.init.zeros_(selu[0].bias);
  const x = tensor.randn(20, 50);
  return [elu(x), selu(x)];
}

export function smoothOnes() {
  const z = tensor.linspace(-5, 5, 41);
  return [
    nn.GELU()(z),
    nn.SiLU()(z),
    nn.Mish()(z),
    z.mul(tensor.sigmoid(z.mul(0.6))),
    F.relu(z).pow(2),
    z.mul(tensor.sigmoid(z.mul(1.702))),
  ];
}

class SwiGLU extends nn.Module {
  linear: nn.Linear;
  beta: nn.Parameter;

  constructor(nIn: number, nOut: number, beta = 1) {
    super();
    this.linear = nn.Linear(nIn, 2 * nOut);
    this.beta = new nn.Parameter(tensor(beta));
  }

  forward(x: Tensor): Tensor {
    const [z1, z2] = this.linear(x).chunk(2, { dim: -1 });
    return z1.mul(tensor.sigmoid(this.beta.mul(z1))).mul(z2);
  }
}

export function swigluByHand() {
  manualSeed(42);
  const layer = new SwiGLU(8, 4);
  const out = layer(tensor.randn(5, 8));
  out.sum().backward();
  return [out, layer.beta.grad, layer.linear.weight.grad];
}

export function sigmoidTangent() {
  const z = tensor.linspace(-5, 5, 21, { requiresGrad: true });
  tensor.sigmoid(z).sum().backward();
  return [tensor.sigmoid(z), z.grad, z.detach().div(4).add(0.5)];
}
