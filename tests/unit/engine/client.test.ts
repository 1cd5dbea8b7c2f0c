// The client and its engine: results, order, errors, waiting and memory, in each of the engine's homes.

import type { EngineClient } from "gradbook/compute/engine/client";
import { connect, connectInline } from "gradbook/compute/engine/connect";
import { installInterrupt } from "gradbook/compute/interrupt";
import { ReferenceDevice } from "gradbook/compute/reference/device";
import { RUN_AHEAD, RUNS_OF_AN_EVALUATION } from "gradbook/compute/settings";
import { WasmDevice } from "gradbook/compute/wasm/device";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  accumulation,
  addition,
  checking,
  floats,
  input,
  ints,
  node,
  numbers,
  scaling,
  seeded,
  squarings,
} from "./graphs.js";

vi.setConfig({ testTimeout: 20_000 });

const HOMES = {
  inline: () => connectInline(new ReferenceDevice()),
  thread: () => connect({ device: "reference", home: "thread" }),
  server: () => connect({ device: "reference", home: "server" }),
  "server by socket": () => connect({ device: "reference", home: "server", socket: true }),
};
const ALL = Object.keys(HOMES) as (keyof typeof HOMES)[];
const OWN_THREAD = ALL.filter((home) => home !== "inline");

const open: EngineClient[] = [];

function start(home: keyof typeof HOMES): EngineClient {
  const client = HOMES[home]();
  open.push(client);
  return client;
}

afterEach(() => {
  for (const client of open.splice(0)) client.close();
});

describe.each(ALL)("an engine's home: %s", (home) => {
  test("runs a graph and reads the result, blocking at once after the start", () => {
    const client = start(home);
    client.define(1, addition([2, 2]));
    client.write(10, floats(1, 2, 3, 4));
    client.run(1, [10, 11, 12], [], [{ binding: 1, data: floats(10, 20, 30, 40) }]);
    expect(numbers(client.read(12))).toEqual([11, 22, 33, 44]);
    expect(numbers(client.read(12, 4, 8))).toEqual([22, 33]);
    expect(client.explain(1)).toMatchObject({
      graph: { input: 2, add: 1 },
      kernels: [{ shape: "map [2, 2]", name: "add", operations: 4, bytes: 48 }],
    });
    expect(client.memory()).toMatchObject({ allocatedBytes: 48, buffers: 3, plans: 1, compiles: 1 });
  });

  test("gives the values of several buffers at once, and nothing where one of them has failed", () => {
    const client = start(home);
    const sizes = [4, 200_004, 0, 12];
    const data = sizes.map((bytes, i) => new Uint8Array(bytes).fill(i + 1));
    for (const [i, bytes] of data.entries()) client.write(i + 1, bytes);
    const all = client.requested(client.requestAll([1, 2, 3, 4]))!;
    const begins = [0, 8, 200_016, 200_016];
    expect(all.length).toBe(200_032);
    for (const [i, bytes] of data.entries())
      expect(Buffer.compare(all.subarray(begins[i], begins[i]! + bytes.length), bytes)).toBe(0);
    client.define(1, checking([2]));
    client.write(5, ints(3, 17));
    client.run(1, [5, 6], []);
    expect(client.requested(client.requestAll([1, 6]))).toBeUndefined();
    expect(() => client.check()).toThrow("label 17");
    expect(client.requested(client.requestAll([1]))).toEqual(Uint8Array.of(1, 1, 1, 1, 0, 0, 0, 0));
  });

  test("keeps the order of runs, writes and frees", async () => {
    const client = start(home);
    client.define(1, accumulation([1]));
    client.define(2, scaling([1]));
    client.write(1, floats(0));
    client.write(2, floats(1));
    for (let i = 0; i < 100; i++) {
      client.run(1, [1, 2], []);
      client.run(2, [1, 100 + i], [i]);
      client.free([100 + i - 1]);
    }
    client.write(1, floats(-1));
    client.run(1, [1, 2], []);
    expect(numbers(client.read(199))).toEqual([100 * 99]);
    expect(numbers(await client.readAsync(1))).toEqual([0]);
    expect(client.memory().buffers).toBe(3);
  });

  test("moves data of any size, also more than the rings hold", async () => {
    const client = start(home);
    const random = seeded(3);
    for (const bytes of [0, 1, 7, 128 * 1024, 128 * 1024 + 1, 5_000_004]) {
      const data = new Uint8Array(bytes);
      for (let i = 0; i < bytes; i += 97) data[i] = random() >>> 24;
      client.write(bytes + 1, data);
      expect(Buffer.compare(client.read(bytes + 1), data)).toBe(0);
      expect(Buffer.compare(await client.readAsync(bytes + 1), data)).toBe(0);
    }
    const shape = [700_000];
    client.define(1, addition(shape));
    const ones = new Uint8Array(new Float32Array(700_000).fill(1).buffer);
    client.run(
      1,
      [20, 21, 22],
      [],
      [
        { binding: 0, data: ones },
        { binding: 1, data: ones },
      ],
    );
    expect(numbers(client.read(22)).every((value) => value === 2)).toBe(true);
  });

  test("takes a graph that is larger than a ring", () => {
    const client = start(home);
    const nodes = [input(0, [1]), input(1, [1])];
    const note = "x".repeat(1000);
    for (let i = 0; i < 6000; i++) nodes.push(node("add", [i, 1], [1], { note }));
    client.define(1, { nodes: nodes.slice(0, 5000), results: [{ node: 2 }], inputs: 2, args: 0 });
    client.run(
      1,
      [1, 2, 3],
      [],
      [
        { binding: 0, data: floats(1) },
        { binding: 1, data: floats(2) },
      ],
    );
    expect(numbers(client.read(3))).toEqual([3]);
  });

  test("says at the next wait what the data did wrong, with the value", () => {
    const client = start(home);
    client.define(1, checking([2]));
    client.write(1, ints(3, 17));
    client.run(1, [1, 2], []);
    client.run(1, [2, 3], []);
    client.run(1, [3, 4], []);
    const fault = "label 17 is out of range for 10 classes";
    expect(() => client.synchronize()).toThrow(fault);
    client.synchronize(); // said once
    expect(() => client.read(4)).toThrow(fault); // depends on the run that failed
    client.synchronize();
    expect(client.memory().allocatedBytes).toBe(8);
    client.write(5, ints(9, 0));
    client.run(1, [5, 6], []);
    expect([...new Int32Array(client.read(6).buffer)]).toEqual([9, 0]);
  });

  test("names what does not exist or does not fit, and goes on", async () => {
    const client = start(home);
    client.define(1, addition([4]));
    client.write(1, floats(1, 2, 3, 4));
    expect(() => client.read(99)).toThrow("there is no buffer 99");
    expect(() => client.read(1, 8, 16)).toThrow("bytes 8 to 24 of buffer 1 cannot be read: it has 16");
    await expect(client.readAsync(98)).rejects.toThrow("there is no buffer 98");
    expect(() => client.explain(9)).toThrow("there is no plan 9");
    client.run(1, [1, 2], []);
    expect(() => client.synchronize()).toThrow("plan 1 takes 3 bindings and 0 arguments, got 2 and 0");
    client.run(1, [1, 7, 3], []);
    expect(() => client.read(3)).toThrow("there is no buffer 7");
    client.write(4, floats(1));
    client.run(1, [1, 4, 5], []);
    await expect(client.synchronizeAsync()).rejects.toThrow(
      "input 1 of plan 1 takes 16 bytes, its buffer has 4",
    );
    client.run(1, [1, 1, 1], []);
    expect(() => client.synchronize()).toThrow("buffer 1 is bound already");
    client.define(2, { ...addition([4]), nodes: [input(0, [4]), input(1, [4]), node("abd", [0, 1], [4])] });
    client.run(2, [1, 1, 6], []);
    expect(() => client.read(6)).toThrow('no operation named "abd"');
    client.define(3, { ...addition([4]), nodes: [input(0, [4]), input(1, [4]), node("add", [0, 1], [5])] });
    expect(() => client.synchronize()).toThrow("said to be float32 [5]");
    client.run(1, [1, 1, 8], []);
    expect(numbers(client.read(8))).toEqual([2, 4, 6, 8]);
  });

  test("a run reports one of its values, its error where there is none, and writes into buffers that are done with", () => {
    const client = start(home);
    client.define(1, addition([2]));
    client.define(2, checking([2]));
    client.write(1, floats(1, 2));
    expect(numbers(client.reported(client.run(1, [1, 1, 2], [], [], 2)))).toEqual([2, 4]);
    expect(numbers(client.reported(client.run(1, [2, 1, 3], [], [], 2)))).toEqual([3, 6]);
    client.run(1, [3, 3, 2], []);
    expect(numbers(client.read(2))).toEqual([6, 12]);
    client.write(4, ints(3, 17));
    expect(() => client.reported(client.run(2, [4, 2], [], [], 1))).toThrow("17");
    expect(() => client.read(2)).toThrow("17");
    client.synchronize();
    client.run(1, [3, 1, 2], []);
    expect(numbers(client.read(2))).toEqual([4, 8]);
    client.run(1, [3, 1, 4], []);
    expect(numbers(client.read(4))).toEqual([4, 8]);
    expect(client.memory().buffers).toBe(4);
  });

  test("refuses calls after close", () => {
    const client = start(home);
    client.close();
    client.close();
    expect(() => client.read(1)).toThrow("has been closed");
  });
});

test.each(["reference", "wasm"] as const)(
  "all homes give the same bytes for the same requests: %s",
  (device) => {
    const random = seeded(11);
    const data = new Uint8Array(
      Float32Array.from({ length: 64 * 64 }, () => random() / 2 ** 32 - 0.5).buffer,
    );
    const clients = [
      connectInline(device === "wasm" ? new WasmDevice() : new ReferenceDevice()),
      connect({ device, home: "thread" }),
      connect({ device, home: "server" }),
      connect({ device, home: "server", socket: true }),
    ];
    open.push(...clients);
    const [inline, ...others] = clients.map((client) => {
      client.define(1, squarings(64, 3));
      client.define(2, scaling([64, 64]));
      client.write(1, data);
      client.run(1, [1, 2], []);
      client.run(2, [2, 3], [Math.PI]);
      return Buffer.from(client.read(3));
    });
    for (const other of others) expect(other.equals(inline!)).toBe(true);
  },
);

describe.each(OWN_THREAD)("running ahead: %s", (home) => {
  test("an evaluation waits for the oldest run when four are in flight, and for no more than that", () => {
    const client = start(home);
    client.define(1, squarings(96, 1));
    client.write(1, new Uint8Array(4 * 96 * 96));
    client.synchronize();
    const runs = [2, 3, 4, 5].map((id) => client.run(1, [1, id], []));
    expect(client.completed(runs[0]!)).toBe(false);
    client.awaitTurn();
    const fifth = client.run(1, [1, 6], []);
    expect(client.completed(runs[0]!)).toBe(true);
    expect(client.completed(fifth)).toBe(false);
    expect(client.lastSequence).toBe(fifth);
    client.synchronize();
    expect(client.completed(fifth)).toBe(true);
  });

  test("learns without waiting, in a loop that never yields, that a run is done", () => {
    const client = start(home);
    client.define(1, scaling([1]));
    client.write(1, floats(21));
    const run = client.run(1, [1, 2], [2]);
    while (!client.completed(run));
    expect(numbers(client.read(2))).toEqual([42]);
  });

  test("memory stays flat over 10,000 runs", () => {
    const client = start(home);
    client.define(1, addition([64]));
    client.write(0, new Uint8Array(256));
    client.write(1, new Uint8Array(256));
    let largest = 0;
    for (let i = 2; i < 10_002; i++) {
      client.run(1, [i - 2, i - 1, i], []);
      client.free([i - 2]);
      if (i % 1000 === 0) largest = Math.max(largest, client.memory().allocatedBytes);
    }
    expect(largest).toBe(512);
    expect(client.memory()).toMatchObject({ allocatedBytes: 512, buffers: 2, plans: 1, compiles: 1 });
  });
});

describe("interrupts", () => {
  const flag = new Int32Array(new SharedArrayBuffer(4));
  installInterrupt({
    flag,
    interrupted: () => {
      Atomics.store(flag, 0, 0);
      throw new Error("interrupted by the user");
    },
  });
  afterEach(() => Atomics.store(flag, 0, 0));

  test.each(OWN_THREAD)("let the runs in flight finish: %s", (home) => {
    const client = start(home);
    client.define(1, accumulation([1]));
    client.define(2, squarings(64, 1));
    client.write(1, floats(0));
    client.write(2, floats(1));
    client.write(3, new Uint8Array(4 * 64 * 64));
    let steps = 0;
    const step = (): void => {
      client.run(2, [3, 100 + steps], []);
      client.run(1, [1, 2], []);
      steps++;
      if (steps === 5) Atomics.store(flag, 0, 1);
    };
    const loop = (): void => {
      for (;;) {
        step();
        client.read(2);
      }
    };
    expect(loop).toThrow("interrupted by the user");
    expect(steps).toBe(5);
    expect(numbers(client.read(1))).toEqual([5]);
  });

  test("stop a long computation that changes nothing", () => {
    const client = start("thread");
    client.define(1, squarings(96, 1000));
    client.define(2, addition([1]));
    client.write(1, new Uint8Array(4 * 96 * 96));
    client.run(1, [1, 2], []);
    Atomics.store(flag, 0, 1);
    expect(() => client.read(2)).toThrow("interrupted by the user");
    client.synchronize();
    expect(() => client.read(2)).toThrow("the run was stopped by an interrupt");
    client.write(4, floats(1));
    client.run(2, [4, 4, 5], []);
    expect(numbers(client.read(5))).toEqual([2]);
  });

  test("that user code has answered itself do not reach into what comes later", () => {
    const client = start("thread");
    client.define(1, squarings(64, 4));
    client.write(1, new Uint8Array(4 * 64 * 64));
    Atomics.store(flag, 0, 1);
    const most = RUN_AHEAD + RUNS_OF_AN_EVALUATION;
    for (let i = 0; i <= most; i++) client.run(1, [1, 10 + i], []);
    Atomics.store(flag, 0, 0);
    expect(client.read(10 + most)).toHaveLength(4 * 64 * 64);
  });
});
