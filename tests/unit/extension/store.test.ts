// The monitor's store: what it keeps of the kernel's messages, and how it notices that it missed one.

import {
  type LAYER_FIELDS,
  layerColumn,
  type MonitorRequest,
  ROW_LENGTH,
  type RunInfo,
  STEP_FIELDS,
  sampleLength,
  stepColumn,
} from "gradbook/train/run";
import { snapshotOf } from "gradbook/train/snapshot";
import { describe, expect, it } from "vitest";
import { MAX_ROWS, RunRecord } from "../../../extension/dist/data/record.js";
import { RunStore, type StoreEvent } from "../../../extension/dist/data/store.js";

function info(id: string, layers = 2, status: RunInfo["status"] = "running"): RunInfo {
  return {
    id,
    name: `Run ${id}`,
    startedAt: "2026-11-23T05:00:00Z",
    status,
    device: "wasm",
    layers: Array.from({ length: layers }, (_, index) => ({
      path: String(index),
      label: "Linear(3, 3)",
      kind: "Linear",
    })),
    classes: 10,
  };
}

function row(step: number, values: Record<string, number> = {}): number[] {
  const numbers = new Array<number>(ROW_LENGTH).fill(Number.NaN);
  numbers[stepColumn("step")] = step;
  numbers[stepColumn("loss")] = 2 - step / 1000;
  for (const [field, value] of Object.entries(values)) {
    numbers[(STEP_FIELDS as readonly string[]).indexOf(field)] = value;
  }
  return numbers;
}

/** A row of the table of samples, with values named "field@layer". */
function sample(step: number, layers: number, values: Record<string, number> = {}): number[] {
  const numbers = new Array<number>(sampleLength(layers)).fill(Number.NaN);
  numbers[0] = step;
  for (const [name, value] of Object.entries(values)) {
    const [field, layer] = name.split("@");
    numbers[layerColumn(Number(layer), field as (typeof LAYER_FIELDS)[number])] = value;
  }
  return numbers;
}

/** Little-endian float32 that start at an odd byte, as in a websocket frame. */
function buffer(...rows: number[][]): DataView {
  const numbers = rows.flat();
  const view = new DataView(new ArrayBuffer(4 * numbers.length + 3), 3);
  for (const [index, value] of numbers.entries()) view.setFloat32(4 * index, value, true);
  return view;
}

function synced(): RunStore {
  const store = new RunStore();
  expect(store.apply({ type: "snapshot", sequence: 7, runs: [] })).toBe("applied");
  return store;
}

describe("RunStore", () => {
  it("builds runs from a snapshot whose buffer holds the rows of all runs", () => {
    const store = new RunStore();
    const runs = [
      { info: info("a", 1, "finished"), rows: 2, samples: 0 },
      { info: info("b", 2), rows: 1, samples: 1 },
    ];
    const message = { type: "snapshot", sequence: 3, runs } as const;
    expect(store.apply(message, buffer(row(0), row(1), row(5), sample(5, 2, { "std@1": 0.5 })))).toBe(
      "applied",
    );
    expect([...store.runs.keys()]).toEqual(["a", "b"]);
    expect([...store.runs.get("a")!.series("step")]).toEqual([0, 1]);
    expect(store.runs.get("b")!.layer(0, 1, "std")).toBe(0.5);
    expect(store.latest?.info.id).toBe("b");
  });

  it("adds rows that follow in sequence", () => {
    const store = synced();
    expect(store.apply({ type: "run", sequence: 8, info: info("a") })).toBe("applied");
    expect(
      store.apply({ type: "rows", sequence: 9, run: "a", rows: 2, samples: 0 }, buffer(row(0), row(1))),
    ).toBe("applied");
    expect(store.apply({ type: "rows", sequence: 10, run: "a", rows: 1, samples: 0 }, buffer(row(2)))).toBe(
      "applied",
    );
    expect([...store.runs.get("a")!.series("step")]).toEqual([0, 1, 2]);
    expect(store.runs.get("a")!.lastStep).toBe(2);
  });

  it("keeps what the rules say of a run, from a message, a snapshot or a saved notebook", () => {
    const verdict = { step: 5, others: [], healthy: "learning", checks: 29 } as const;
    const store = synced();
    expect(store.apply({ type: "verdict", sequence: 8, run: "a", verdict })).toBe("gap");
    store.apply({ type: "run", sequence: 8, info: info("a") });
    expect(store.apply({ type: "verdict", sequence: 9, run: "a", verdict })).toBe("applied");
    expect(store.runs.get("a")!.verdict).toEqual(verdict);
    const runs = [{ info: info("b"), rows: 0, samples: 0, verdict }];
    expect(store.apply({ type: "snapshot", sequence: 9, runs })).toBe("applied");
    expect(store.latest!.verdict).toEqual(verdict);
    const saved = snapshotOf(info("c"), new Float32Array(row(0)), new Float32Array(0), verdict);
    expect(RunRecord.fromSnapshot(saved).verdict).toEqual(verdict);
  });

  it.each([
    ["a number was skipped", { sequence: 9 }],
    ["a number came twice", { sequence: 7 }],
  ])("reports a gap when %s, and keeps what it had", (_, { sequence }) => {
    const store = synced();
    expect(store.apply({ type: "run", sequence, info: info("a") })).toBe("gap");
    expect(store.runs.size).toBe(0);
  });

  it("reports a gap for rows of an unknown run, or fewer numbers than announced", () => {
    const store = synced();
    expect(store.apply({ type: "rows", sequence: 8, run: "a", rows: 1, samples: 0 }, buffer(row(0)))).toBe(
      "gap",
    );
    store.apply({ type: "run", sequence: 8, info: info("a") });
    expect(store.apply({ type: "rows", sequence: 9, run: "a", rows: 2, samples: 0 }, buffer(row(0)))).toBe(
      "gap",
    );
    expect(store.apply({ type: "rows", sequence: 9, run: "a", rows: 2, samples: 0 })).toBe("gap");
  });

  it("recovers from a gap with the next snapshot", () => {
    const store = synced();
    store.apply({ type: "run", sequence: 8, info: info("a") });
    expect(store.apply({ type: "rows", sequence: 11, run: "a", rows: 1, samples: 0 }, buffer(row(3)))).toBe(
      "gap",
    );
    const runs = [{ info: info("a"), rows: 4, samples: 0 }];
    expect(
      store.apply({ type: "snapshot", sequence: 11, runs }, buffer(row(0), row(1), row(2), row(3))),
    ).toBe("applied");
    expect(store.apply({ type: "rows", sequence: 12, run: "a", rows: 1, samples: 0 }, buffer(row(4)))).toBe(
      "applied",
    );
    expect([...store.runs.get("a")!.series("step")]).toEqual([0, 1, 2, 3, 4]);
  });

  it("says when a run starts, once", () => {
    const store = synced();
    const started: string[] = [];
    store.subscribe((event: StoreEvent) => {
      if (event.type === "started") started.push(event.run);
    });
    store.apply({ type: "run", sequence: 8, info: info("a") });
    store.apply({ type: "run", sequence: 9, info: info("a", 2, "finished") });
    store.apply({ type: "snapshot", sequence: 9, runs: [{ info: info("b"), rows: 0, samples: 0 }] });
    store.apply({ type: "snapshot", sequence: 9, runs: [{ info: info("b"), rows: 0, samples: 0 }] });
    expect(started).toEqual(["a", "b"]);
  });

  it("keeps the runs of a kernel that is gone until its successor has one", () => {
    const store = synced();
    store.apply({ type: "run", sequence: 8, info: info("a") });
    store.apply({ type: "rows", sequence: 9, run: "a", rows: 1, samples: 0 }, buffer(row(0)));
    store.markLost();
    expect(store.apply({ type: "rows", sequence: 10, run: "a", rows: 1, samples: 0 }, buffer(row(1)))).toBe(
      "gap",
    );
    store.apply({ type: "snapshot", sequence: 0, runs: [] });
    expect(store.latest?.lost).toBe(true);
    expect(store.latest?.count).toBe(1);
    store.apply({ type: "run", sequence: 1, info: info("a") });
    expect(store.latest?.lost).toBe(false);
    expect(store.latest?.count).toBe(0);
  });
});

describe("RunRecord", () => {
  it("knows at which steps the layers were measured", () => {
    const record = new RunRecord(info("a"));
    const samples = [...sample(1, 2, { "std@0": 1 }), ...sample(3, 2, { "gradientNorm@1": 0 })];
    record.append(Float32Array.from([0, 1, 2, 3].flatMap((step) => row(step))), Float32Array.from(samples));
    expect(record.samples).toEqual([1, 3]);
    expect(record.profile(0, "std")).toEqual([1, Number.NaN]);
    expect(record.layer(1, 1, "gradientNorm")).toBe(0);
  });

  it("refuses a part of a row", () => {
    const record = new RunRecord(info("a"));
    expect(() => record.append(new Float32Array(5), new Float32Array(0))).toThrow(
      /"Run a" has 12 numbers; got 5/,
    );
  });

  it("thins out by age and never loses a validation", () => {
    const record = new RunRecord(info("a", 0));
    const total = 3 * MAX_ROWS;
    for (let step = 0; step < total; step++) {
      record.append(
        Float32Array.from(row(step, step % 100 === 37 ? { validationLoss: 1 } : {})),
        new Float32Array(0),
      );
    }
    expect(record.count).toBeLessThanOrEqual(MAX_ROWS);
    const steps = record.series("step");
    expect(steps.every((step, index) => index === 0 || step > steps[index - 1]!)).toBe(true);
    expect(record.lastStep).toBe(total - 1);
    const validated = record.series("validationLoss").filter((value) => !Number.isNaN(value)).length;
    expect(validated).toBe(total / 100);
  });

  it.each([
    [
      "of version 2",
      {
        version: 2 as const,
        rows: [
          [0.5, 10, 99],
          [null, 11, 99],
        ],
        samples: [[10, 0.25, 1.5, 0.75, null]],
      },
    ],
    [
      "of version 1, whose rows hold everything",
      {
        version: 1 as const,
        rows: [
          [0.5, 10, 99, 0.25, 1.5, 0.75, null],
          [null, 11, 99, null, null, null, null],
        ],
      },
    ],
  ])("reads a snapshot %s by the names of its fields", (_, tables) => {
    const record = RunRecord.fromSnapshot({
      info: info("a", 2),
      stepFields: ["loss", "step", "flavour"],
      layerFields: ["zeros", "std"],
      ...tables,
    });
    expect(record.count).toBe(2);
    expect(record.step(0, "step")).toBe(10);
    expect(record.step(0, "loss")).toBe(0.5);
    expect(record.step(1, "loss")).toBeNaN();
    expect(record.step(0, "accuracy")).toBeNaN();
    expect([record.layer(0, 0, "std"), record.layer(0, 1, "zeros")]).toEqual([1.5, 0.75]);
    expect(record.layer(0, 1, "std")).toBeNaN();
    expect(record.samples).toEqual([10]);
  });

  it("asks for histograms once, and again only for those of newer samples", () => {
    const store = synced();
    const asked: MonitorRequest[] = [];
    store.request = (request) => asked.push(request);
    store.apply({ type: "run", sequence: 8, info: info("a") });
    store.apply({ type: "rows", sequence: 9, run: "a", rows: 0, samples: 1 }, buffer(sample(4, 2)));
    const record = store.runs.get("a")!;
    const key = { run: "a", layer: 1, quantity: "weight" } as const;
    expect(record.histogram(1, "weight").steps).toEqual([]);
    record.histogram(1, "weight");
    expect(asked).toEqual([{ type: "histograms", ...key, since: -1 }]);
    const bytes = (value: number): DataView => new DataView(new Uint8Array(64).fill(value).buffer);
    expect(store.apply({ type: "histograms", ...key, steps: [4] }, bytes(7))).toBe("applied");
    expect(record.histogram(1, "weight").bytes).toEqual(new Uint8Array(64).fill(7));
    expect(asked).toHaveLength(1);
    store.apply({ type: "rows", sequence: 10, run: "a", rows: 0, samples: 1 }, buffer(sample(9, 2)));
    record.histogram(1, "weight");
    expect(asked.slice(1)).toEqual([{ type: "histograms", ...key, since: 4 }]);
    store.apply({ type: "histograms", ...key, steps: [9] }, bytes(8));
    const { steps, bytes: all } = record.histogram(1, "weight");
    expect([steps, all[63], all[64]]).toEqual([[4, 9], 7, 8]);
  });
});
