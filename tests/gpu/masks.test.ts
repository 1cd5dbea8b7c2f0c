// What a seed determines is the same on the GPU as on the CPU, bit for bit: masks, random slopes, noise, and the order of examples.

import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, expect, test } from "vitest";
import { useDevice } from "../unit/parity/library.js";

const { data, F, manualSeed, nn, tensor } = gb;

afterAll(closeSession);

const of = (layer: gb.nn.Module, ...shape: number[]): gb.Tensor => layer(tensor.ones(shape)) as gb.Tensor;

/** Each draws something; where a layer computes with what it draws, what was left out or kept is looked at. */
const DRAWS: { readonly [name: string]: () => gb.Tensor } = {
  Dropout: () => of(nn.Dropout(0.3), 33, 7),
  "Dropout, second layer": () => of(nn.Sequential(nn.Dropout(0.5), nn.Dropout(0.2)), 40, 9),
  Dropout1d: () => of(nn.Dropout1d(0.4), 6, 7, 5),
  Dropout2d: () => of(nn.Dropout2d(0.4), 6, 7, 2, 3),
  Dropout3d: () => of(nn.Dropout3d(0.4), 6, 7, 2, 3, 1),
  AlphaDropout: () => of(nn.AlphaDropout(0.25), 50, 5).gt(0),
  FeatureAlphaDropout: () => of(nn.FeatureAlphaDropout(0.25), 6, 7, 5).gt(0),
  RReLU: () => nn.RReLU({ lower: 0.25, upper: 0.5 })(tensor.full([70], -1)),
  gumbelSoftmax: () => F.gumbelSoftmax(tensor.zeros(60, 4), { hard: true }).round(),
  "a gradient's mask": () => {
    const x = tensor.ones(40, 5, { requiresGrad: true });
    nn.Dropout(0.3)(x).sum().backward();
    return x.grad!;
  },
  rand: () => tensor.rand(50),
  randn: () => tensor.randn(50),
  randperm: () => tensor.randperm(50),
};

async function drawn(): Promise<Record<string, number[]>> {
  manualSeed(2024);
  const all: Record<string, number[]> = {};
  for (const [name, draw] of Object.entries(DRAWS)) all[name] = [...draw().toTypedArray()];
  const numbered = data.TensorDataset(tensor.arange(37), tensor.arange(37));
  const order: number[] = [];
  for await (const [x] of data.DataLoader(numbered, { batchSize: 8, shuffle: true })) {
    order.push(...x!.toTypedArray());
  }
  return { ...all, shuffle: order };
}

test("a seed gives the same on both", async () => {
  useDevice("wasm");
  const cpu = await drawn();
  useDevice("webgpu");
  expect(await drawn()).toEqual(cpu);
  const constant = Object.keys(cpu).filter((name) => new Set(cpu[name]).size < 2);
  expect(constant, "draws nothing").toEqual([]);
});
