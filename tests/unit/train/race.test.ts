// A race: each lane does what it would do alone.

import * as gb from "gradbook";
import { installHost } from "gradbook/train/host";
import type { RunEvent, RunInfo } from "gradbook/train/run";
import { expect, test } from "vitest";
import { difference, smallData, valuesOf } from "../library/support.js";

const { nn, optim, init, train, data, manualSeed, F } = gb;

const lossFn = nn.CrossEntropyLoss();
type Variant = () => gb.nn.Sequential;
const variant =
  (width: number, initialize: (weight: gb.Tensor) => unknown): Variant =>
  () => {
    const model = nn.Sequential(
      nn.Flatten(),
      nn.Linear(12, width),
      nn.ReLU(),
      nn.Dropout(0.2),
      nn.Linear(width, 4),
    );
    model.apply((module) => void (module instanceof nn.Linear && initialize(module.weight)));
    return model;
  };
const VARIANTS = {
  he: variant(8, (weight) => init.kaimingNormal_(weight)),
  wide: variant(16, (weight) => init.xavierUniform_(weight)),
};

const set = smallData();
const loader = (): gb.data.DataLoader<[gb.Tensor, gb.Tensor]> =>
  data.DataLoader(set, { batchSize: 10, shuffle: true });
const optimizer = (model: gb.nn.Module): gb.optim.SGD =>
  new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.9 });
const options = { optimizer, lossFn, epochs: 2, seed: 7, validation: loader() };
const weightsOf = (model: gb.nn.Module): number[] => model.parameters().flatMap((p) => valuesOf(p));
/** The same up to rounding: what is computed together with what may differ. */
const expectSame = (a: readonly number[], b: readonly number[]): void =>
  expect(difference(a, b)).toBeLessThan(1e-6);

test("a lane does what it does alone, and both see the same batches", async () => {
  const events: RunEvent[] = [];
  installHost({ publish: (event) => void events.push(event), display: () => undefined });
  const { lanes } = await train.race(VARIANTS, loader(), options);
  Reflect.deleteProperty(globalThis, Symbol.for("gradbook.host"));
  for (const name of ["he", "wide"] as const) {
    const alone = await train.race({ [name]: VARIANTS[name] }, loader(), options);
    const lane = alone.lanes[name]!;
    expectSame(weightsOf(lane.model), weightsOf(lanes[name].model));
    for (const when of ["training", "validation"] as const) {
      expectSame(
        ...([lane, lanes[name]].map((of) => of[when].map(({ loss }) => loss)) as [number[], number[]]),
      );
      expect(lane[when].map(({ accuracy }) => accuracy)).toEqual(
        lanes[name][when].map(({ accuracy }) => accuracy),
      );
    }
  }
  const infos = new Map<string, RunInfo>();
  for (const event of events) if (event.type === "run") infos.set(event.info.name, event.info);
  const [he, wide] = [infos.get("he")!, infos.get("wide")!];
  expect([he.race!.lane, wide.race!.lane]).toEqual([0, 1]);
  expect(he.race!.id).toBe(wide.race!.id);
  expect(he.status).toBe("finished");
});

test("a lane is the loop one would write", async () => {
  const { lanes } = await train.race({ he: VARIANTS.he }, loader(), { ...options, steps: 5 });
  expect(lanes.he.watcher.steps).toBe(5);
  manualSeed(7);
  const model = VARIANTS.he();
  const sgd = optimizer(model);
  const own = gb.tensor.defaultGenerator.getState();
  manualSeed(7);
  const batches = [...loader()].slice(0, 5);
  gb.tensor.defaultGenerator.setState(own);
  for (const [x, y] of batches) sgd.step(F.crossEntropy(model(x), y));
  expectSame(weightsOf(model), weightsOf(lanes.he.model));
});

test("prints as a table, and needs somebody to run", async () => {
  const result = await train.race(VARIANTS, loader(), options);
  expect(String(result)).toMatch(/^ +training +validation\n +loss +accuracy +loss +accuracy\n/);
  expect(String(result)).toMatch(/\bhe\b.*\d\.\d{4}/);
  await expect(train.race({}, loader(), options as never)).rejects.toThrow("race: got no variants");
});

test("a loss that has exploded stands in the table as a power of ten", () => {
  const lane = (loss: number): gb.train.Lane<gb.nn.Module> =>
    ({ training: [{ loss, accuracy: 0.1 }], validation: [] }) as unknown as gb.train.Lane<gb.nn.Module>;
  const table = new train.RaceResult({
    fine: [lane(0.25)],
    exploded: [lane(1.94e18)],
    gone: [lane(Number.NaN)],
  });
  expect(table.toString().split("\n").slice(1)).toEqual([
    "    fine     0.2500    0.1000",
    "exploded  1.940e+18    0.1000",
    "    gone        NaN    0.1000",
  ]);
});

test("several seeds: each lane is the race with that seed's weights, and the table tells medians", async () => {
  const events: RunEvent[] = [];
  installHost({ publish: (event) => void events.push(event), display: () => undefined });
  const result = await train.race(VARIANTS, loader(), { ...options, seeds: 3 });
  Reflect.deleteProperty(globalThis, Symbol.for("gradbook.host"));
  const { he, wide } = result.repeats;
  expect([he, wide].map((lanes) => lanes.map(({ seed }) => seed))).toEqual([
    [7, 8, 9],
    [7, 8, 9],
  ]);
  expect(result.lanes.he).toBe(he[0]);
  const one = await train.race({ he: VARIANTS.he }, loader(), options);
  expectSame(weightsOf(one.lanes.he.model), weightsOf(he[0]!.model));
  expect(difference(weightsOf(he[1]!.model), weightsOf(he[0]!.model))).toBeGreaterThan(0.1);
  const losses = he.map(({ training }) => training.at(-1)!.loss).sort((a, b) => a - b);
  const [, , row, , last] = String(result).split("\n");
  expect(row).toContain(losses[1]!.toFixed(4));
  expect(last).toBe("medians of 3 seeds");
  const races = new Map(
    events.flatMap((event) => (event.type === "run" ? [[event.info.name, event.info.race]] : [])),
  );
  expect(races.get("wide · seed 9")).toEqual({
    id: races.get("he · seed 7")!.id,
    lane: 1,
    repeat: { variant: "wide", number: 2 },
  });
  await expect(train.race(VARIANTS, loader(), { ...options, seeds: 0 })).rejects.toThrow("seeds must be");
});
