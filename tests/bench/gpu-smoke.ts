// Whether a GPU computes what the CPU does, in seconds: what is looked at before anything is measured on a machine. Says what the
// GPU is; ends with 1 where a result is wrong.

import * as gb from "gradbook";

const { F, manualSeed, nn, optim, tensor } = gb;

/** The largest difference, as a part of the largest number. */
const TOLERANCE = 1e-4;

function losses(): number[] {
  const model = nn.Sequential(
    nn.Linear(64, 48),
    nn.BatchNorm1d(48),
    nn.ReLU(),
    nn.Dropout(0.2),
    nn.Linear(48, 10),
  );
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
  const [x, labels] = [tensor.randn(96, 64), tensor.randint(0, 10, [96])];
  return Array.from({ length: 5 }, () => {
    const loss = F.crossEntropy(model(x) as gb.Tensor, labels);
    loss.backward();
    optimizer.step();
    optimizer.zeroGrad();
    return loss.item();
  });
}

const WORK: Readonly<Record<string, () => Iterable<number>>> = {
  "a product of float32": () => tensor.randn(300, 200).matmul(tensor.randn(200, 260)).toTypedArray(),
  "a product of float16": () =>
    tensor.randn(128, 64).half().matmul(tensor.randn(64, 96).half()).float().toTypedArray(),
  "sums along rows and columns": () => {
    const x = tensor.randn(70, 1030);
    return [...x.sum(0).toTypedArray(), ...x.sum(1).toTypedArray()];
  },
  "softmax and layer norm": () => nn.LayerNorm(512)(tensor.randn(40, 512).softmax(1)).toTypedArray(),
  "functions of many elements": () => F.gelu(tensor.randn(40_000)).exp().toTypedArray(),
  "five steps of a training": losses,
};

function computedOn(device: "wasm" | "webgpu", compute: () => Iterable<number>): number[] {
  gb.device(device);
  manualSeed(7);
  return [...compute()];
}

/** What is to be said of it, and whether it is right. */
function compared(compute: () => Iterable<number>): readonly [boolean, string] {
  const expected = computedOn("wasm", compute);
  try {
    const found = computedOn("webgpu", compute);
    const largest = Math.max(...expected.map(Math.abs));
    const off = Math.max(...expected.map((value, i) => Math.abs(value - found[i]!))) / largest;
    return [off <= TOLERANCE, `${expected.length} numbers, off by ${off.toExponential(1)} of the largest`];
  } catch (error) {
    return [false, (error as Error).message];
  }
}

for (const [what, compute] of Object.entries(WORK)) {
  const [right, told] = compared(compute);
  console.log(`${right ? "right" : "WRONG"}: ${what}: ${told}`);
  if (!right) process.exitCode = 1;
}
console.log(
  JSON.stringify(
    gb.device().find(({ chosen }) => chosen),
    undefined,
    2,
  ),
);
console.log(gb.explain(tensor.randn(64, 64).matmul(tensor.randn(64, 64)).relu().sum(1)));
