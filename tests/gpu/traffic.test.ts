// What the chapter's training steps ask of a GPU, counted from their programs, without one: the numbers of docs/gpu.md.

import * as gb from "gradbook";
import type { Traffic } from "gradbook/compute/device";
import { buildPlan } from "gradbook/compute/plan/index";
import { ProgramBuilder, trafficOf } from "gradbook/compute/webgpu/program";
import { usualTile } from "gradbook/compute/webgpu/tiles";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, afterEach, expect, it, vi } from "vitest";
import { graphRunMost } from "../bench/most-run.js";
import { useDevice } from "../unit/parity/library.js";

const { F, manualSeed, nn, optim, tensor } = gb;

afterEach(() => vi.unstubAllEnvs());
afterAll(closeSession);

function trafficOfStep(
  model: gb.nn.Module,
  optimizer: { step(): void; zeroGrad(): void },
  batch: number,
): Traffic {
  const [images, labels] = [tensor.randn(batch, 784).realize(), tensor.randint(0, 10, [batch]).realize()];
  const graph = graphRunMost(() => {
    for (let step = 0; step < 5; step++) {
      F.crossEntropy(model(images) as gb.Tensor, labels).backward();
      optimizer.step();
      optimizer.zeroGrad();
    }
  });
  const plan = buildPlan(graph, { halfFactors: true, joinsProducts: 2 ** 20 });
  return trafficOf(new ProgramBuilder(plan, { half: false, tileFor: usualTile }).program);
}

const classifier = () =>
  nn.Sequential(nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, 100), nn.ReLU(), nn.Linear(100, 10));
const deep = () => {
  const hidden = Array.from({ length: 20 }, (_, i) => [nn.Linear(i === 0 ? 784 : 100, 100), nn.SiLU()]);
  return nn.Sequential(...hidden.flat(), nn.Linear(100, 10));
};
const sgd = (parameters: gb.nn.Parameter[]) => new optim.SGD(parameters, { lr: 0.05 });
const nadam = (parameters: gb.nn.Parameter[]) => new optim.NAdam(parameters);

/** Dispatches, and the most kilobytes between host and GPU. Labels are checked: 16 bytes come back. */
it.each([
  ["784-300-100-10, SGD, batch 32", classifier, sgd, 32, 12, 0.85],
  ["the same, batch 512", classifier, sgd, 512, 12, 0.85],
  ["the same, batch 8,192", classifier, sgd, 8192, 13, 0.9],
  ["20 x 100 with SiLU, NAdam, batch 32", deep, nadam, 32, 48, 6.2],
] as const)("%s", (_, model, optimizer, batch, dispatches, kilobytes) => {
  useDevice("wasm");
  manualSeed(1);
  const network = model();
  const traffic = trafficOfStep(network, optimizer(network.parameters()), batch);
  expect(traffic).toMatchObject({ submits: 1, passes: 1, dispatches });
  expect(traffic.bytes).toBeLessThanOrEqual(kilobytes * 1024);
});

it("explain prints them for a step that has run, here on a GPU that computes nothing", () => {
  vi.stubEnv("GRADBOOK_WEBGPU_BACKEND", "null");
  vi.stubEnv("GRADBOOK_WEBGPU_TUNE", "0");
  useDevice("webgpu");
  const model = classifier();
  const optimizer = sgd(model.parameters());
  const [images, labels] = [tensor.randn(32, 784).realize(), tensor.randint(0, 10, [32]).realize()];
  const losses = Array.from({ length: 3 }, () => {
    const loss = F.crossEntropy(model(images) as gb.Tensor, labels);
    loss.backward();
    optimizer.step();
    optimizer.zeroGrad();
    return loss;
  });
  const told = gb.explain(losses.at(-1)!).replaceAll(/\s+/g, " ");
  expect(told).toContain("on the GPU: 1 submit, 1 pass, 12 dispatches, 848 B between host and GPU");
});
