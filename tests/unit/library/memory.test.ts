// Memory is given back without anybody's help, in loops of every kind; scope() gives it back at its end, memory() lists it.

import * as gb from "gradbook";
import { Buffer } from "gradbook/compute/buffer";
import { LiveBuffers } from "gradbook/compute/live-buffers";
import { MEMORY_BUDGET_BUFFERS, MEMORY_BUDGET_BYTES, SPARE_BYTES } from "gradbook/compute/settings";
import { SpareBuffers } from "gradbook/compute/spare-buffers";
import { session } from "gradbook/tensor/session";
import { describe, expect, test } from "vitest";

const { nn, optim, tensor } = gb;

const MEBIBYTE = 2 ** 20;
const ORIGIN = { what: "exp [1024, 1024]", where: "" };

/** Ten thousand steps that make a value of 4 MiB each, without the values: only what is kept of them is watched here. */
function steps() {
  const freed = new Set<number>();
  const live = new LiveBuffers((id) => {
    expect(freed.has(id)).toBe(false);
    freed.add(id);
  });
  let id = 0;
  let peak = 0;
  const step = (): Buffer => {
    const buffer = new Buffer(++id, 4 * MEBIBYTE);
    live.add(buffer, ORIGIN);
    peak = Math.max(peak, live.bytes);
    return buffer;
  };
  return { step, freed, live, peak: () => peak };
}

describe("ten thousand steps that make a tensor of 4 MiB stay within the budget", () => {
  test("in a synchronous function", () => {
    const { step, freed, peak } = steps();
    for (let i = 0; i < 10_000; i++) step();
    expect(peak()).toBeLessThanOrEqual(MEMORY_BUDGET_BYTES);
    expect(freed.size).toBeGreaterThan(9_900);
  });

  test("in an async loop that only waits for promises that are kept already", async () => {
    const { step, freed, peak } = steps();
    for (let i = 0; i < 10_000; i++) {
      step();
      await undefined;
    }
    expect(peak()).toBeLessThanOrEqual(MEMORY_BUDGET_BYTES);
    expect(freed.size).toBeGreaterThan(9_900);
  });

  test("in a loop that lets other work through, as those of cells do", async () => {
    const { step, freed, peak } = steps();
    for (let i = 0; i < 10_000; i++) {
      step();
      if (i % 100 === 0) await new Promise(setImmediate);
    }
    expect(peak()).toBeLessThanOrEqual(MEMORY_BUDGET_BYTES);
    expect(freed.size).toBeGreaterThan(9_900);
  });

  test("and what is held on to is never given back", () => {
    const { step, freed, live } = steps();
    const held = Array.from({ length: 100 }, step);
    for (let i = 0; i < 1_000; i++) step();
    live.collect();
    expect(live.bytes).toBe(100 * 4 * MEBIBYTE);
    expect(held.filter(({ id }) => freed.has(id))).toEqual([]);
    held.length = 0;
    live.collect();
    expect(live.bytes).toBe(0);
  });
});

test("small values count by their number", () => {
  const { freed, live } = steps();
  let most = 0;
  for (let id = 1; id <= 20_000; id++) {
    live.add(new Buffer(id, 4), ORIGIN);
    most = Math.max(most, id - freed.size);
  }
  expect(most).toBeLessThanOrEqual(MEMORY_BUDGET_BUFFERS + 1);
});

test("beside what is in use there is room for three quarters of the budget", () => {
  const { step, live, peak } = steps();
  const held = Array.from({ length: 60 }, step);
  const inUse = live.bytes;
  for (let i = 0; i < 1_000; i++) step();
  expect(peak()).toBeGreaterThan(inUse + 0.7 * MEMORY_BUDGET_BYTES);
  expect(peak()).toBeLessThanOrEqual(inUse + 0.8 * MEMORY_BUDGET_BYTES);
  expect(held).toHaveLength(60);
});

describe("buffers of dead values", () => {
  test("take the next values of their size, each one value at a time, and are freed at the end", () => {
    const made = new Set<number>();
    const freed: number[] = [];
    const spare = new SpareBuffers((id) => freed.push(id));
    const live = new LiveBuffers((id) => freed.push(id), MEMORY_BUDGET_BYTES, spare);
    const alive = new Map<number, WeakRef<Buffer>>();
    for (let i = 0; i < 30_000; i++) {
      const bytes = 4 * (1 + (i % 3));
      const id = spare.take(bytes) ?? made.size + 1;
      made.add(id);
      const buffer = new Buffer(id, bytes);
      const before = alive.get(id)?.deref();
      expect(before).toBeUndefined();
      live.add(buffer, ORIGIN);
      alive.set(id, new WeakRef(buffer));
    }
    expect(made.size).toBeLessThan(2 * MEMORY_BUDGET_BUFFERS);
    live.collect();
    expect(new Set(freed).size).toBe(freed.length);
    expect(freed.length).toBe(made.size);
  });

  test("are not kept beyond a limit", () => {
    const freed: number[] = [];
    const spare = new SpareBuffers((id) => freed.push(id));
    for (let id = 0; id < 20; id++) spare.put(id, SPARE_BYTES / 16);
    expect(freed).toEqual([16, 17, 18, 19]);
    expect(spare.take(SPARE_BYTES / 16)).toBe(15);
    expect(spare.take(4)).toBeUndefined();
    spare.giveBack();
    expect(freed).toHaveLength(19);
  });
});

test("a synchronous loop over tensors of 4 MiB gives the engine's memory back", () => {
  const { client } = session();
  const x = tensor.ones(1024, 1024).realize();
  const before = client.memory().reservedBytes;
  for (let i = 0; i < 200; i++) x.add(i).realize();
  expect(client.memory().reservedBytes - before).toBeLessThanOrEqual(MEMORY_BUDGET_BYTES + 64 * MEBIBYTE);
});

describe("scope()", () => {
  const allocated = (): number => session().client.memory().allocatedBytes;

  test("frees what was made inside, and keeps what it returns", () => {
    const x = tensor.ones(1000).realize();
    let inside: gb.Tensor | undefined;
    const before = allocated();
    const [mean, { list }] = gb.scope(() => {
      inside = x.mul(2).realize();
      return [inside.mean(), { list: new Map([["sum", inside.sum()]]) }] as const;
    });
    // two numbers are left, each on a cache line of its own
    expect(allocated() - before).toBeLessThanOrEqual(2 * 64);
    expect([mean.item(), list.get("sum")!.item()]).toEqual([2, 2000]);
    expect(() => inside!.toArray()).toThrow(/given back/);
    expect(x.sum().item()).toBe(1000);
  });

  test("of an async function ends when its promise does, beside another one", async () => {
    const made: gb.Tensor[] = [];
    const part = (value: number): Promise<gb.Tensor> =>
      gb.scope(async () => {
        const x = tensor.full([10], value).add(1).realize();
        made.push(x);
        await new Promise(setImmediate);
        return x.sum();
      });
    const sums = await Promise.all([part(1), part(2)]);
    expect(sums.map((sum) => sum.item())).toEqual([20, 30]);
    for (const x of made) expect(() => x.toArray()).toThrow(/given back/);
  });

  test("keeps parameters, gradients and the state of optimizers: training goes on after it", () => {
    gb.manualSeed(1);
    const build = (): [gb.nn.Module, gb.optim.Adam] => {
      const model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1));
      return [model, new optim.Adam(model.parameters(), { lr: 0.1 })];
    };
    const x = tensor.randn(8, 3);
    const train = (inScope: <T>(body: () => T) => T): number[] => {
      gb.manualSeed(2);
      let parts: ReturnType<typeof build> | undefined;
      inScope(() => {
        parts = build();
      });
      const [model, optimizer] = parts!;
      return Array.from({ length: 5 }, () =>
        inScope(() => {
          const loss = (model(x) as gb.Tensor).square().mean();
          optimizer.step(loss);
          return loss.item();
        }),
      );
    };
    expect(train(gb.scope)).toEqual(train((body) => body()));
  });

  test("that fails frees as well", () => {
    let inside: gb.Tensor | undefined;
    const body = (): never => {
      inside = tensor.ones(10).add(1).realize();
      throw new Error("stop here");
    };
    expect(() => gb.scope(body)).toThrow("stop here");
    expect(() => inside!.toArray()).toThrow(/given back/);
  });

  test("hands what survives to the scope around it", () => {
    let inner: gb.Tensor | undefined;
    gb.scope(() => {
      inner = gb.scope(() => tensor.ones(10).add(1));
      expect(inner.sum().item()).toBe(20);
    });
    expect(() => inner!.toArray()).toThrow(/given back/);
  });
});

describe("memory()", () => {
  test("adds up what is alive by the operation and the line that made it", () => {
    const made = Array.from({ length: 3 }, (_, i) => tensor.ones(50, 1000).add(i).exp().realize());
    const { tensors, liveBytes } = gb.memory();
    const [row] = tensors.filter(({ what }) => what === "exp [50, 1000]");
    expect(row).toMatchObject({ count: made.length, bytes: 3 * 50 * 1000 * 4 });
    expect(row!.where).toMatch(/^memory\.test\.ts:\d+$/);
    expect(liveBytes).toBe(tensors.reduce((sum, { bytes }) => sum + bytes, 0));
  });

  test("does not count what nobody holds", () => {
    (() => tensor.ones(77, 1000).exp().realize())();
    expect(gb.memory().tensors.filter(({ what }) => what === "exp [77, 1000]")).toEqual([]);
  });

  test("prints as a table", () => {
    const x = tensor.ones(64, 1024).log().realize();
    const [head, columns, ...rows] = String(gb.memory()).split("\n");
    expect(head).toMatch(
      /^[\d.]+ MiB in tensors, [\d.]+ MiB inside plans, [\d.]+ MiB free for the next ones$/,
    );
    expect(columns).toMatch(/^ *MiB +tensors +what +where$/);
    expect(rows.some((row) => /0\.25 +1 +log \[64, 1024\] +memory\.test\.ts:\d+/.test(row))).toBe(true);
    expect(x.shape).toEqual([64, 1024]);
  });
});
