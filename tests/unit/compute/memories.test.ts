// Several memories joined to one device, here of 2 MiB each: what does not lie together is moved together, and the results
// are those of a single large memory.

import { connectInline } from "gradbook/compute/engine/connect";
import { Engine } from "gradbook/compute/engine/engine";
import type { Reply } from "gradbook/compute/engine/protocol";
import { WasmDevice } from "gradbook/compute/wasm/device";
import { JoinedMemories } from "gradbook/compute/wasm/memories";
import { describe, expect, test } from "vitest";
import { accumulation, addition, floats, numbers } from "../engine/graphs.ts";

const MEBIBYTE = 2 ** 20;
/** Elements of a tensor of 0.75 MiB: two of them fit into one memory, three do not. */
const N = (0.75 * MEBIBYTE) / 4;

const joined = (most: number): JoinedMemories =>
  new JoinedMemories(() => new WasmDevice({ initialPages: 2, maximumPages: 32 }), most);

const ramp = (scale: number): Uint8Array =>
  new Uint8Array(Float32Array.from({ length: N }, (_, i) => (i % 1000) * scale).buffer);

/** Byte for byte; shows no lists of hundreds of thousands of numbers where they differ. */
function expectSame(found: Uint8Array, expected: Uint8Array): void {
  expect(Buffer.compare(found, expected)).toBe(0);
}

describe("memory beyond one WebAssembly memory", () => {
  test("holds more tensors, and computes with those of different memories", () => {
    const client = connectInline(joined(4));
    client.define(1, accumulation([N]));
    for (let id = 1; id <= 5; id++) client.write(id, ramp(id));
    expect(client.memory().allocatedBytes).toBeGreaterThan(3.5 * MEBIBYTE);
    // 1 += 5: the first and the last one do not lie together
    client.run(1, [1, 5], []);
    expectSame(client.read(1), ramp(6));
    // none of the others has changed
    for (const id of [2, 3, 4, 5]) expectSame(client.read(id), ramp(id));
    const { movedBytes } = client.explain(1);
    expect(movedBytes).toBe(4 * N);
    // they stay together: nothing is moved again
    client.run(1, [1, 5], []);
    expectSame(client.read(1), ramp(11));
    expect(client.explain(1).movedBytes).toBe(movedBytes);
  });

  test("computes everything as one large memory does, whatever lies where", () => {
    const large = connectInline(new WasmDevice());
    const small = connectInline(joined(6));
    const tensors = 8;
    for (const client of [large, small]) {
      client.define(1, accumulation([N]));
      for (let id = 1; id <= tensors; id++) client.write(id, ramp(id));
      // each is added to another one, in an order that mixes them
      for (let i = 0; i < 40; i++) {
        const to = 1 + ((i * 3) % tensors);
        const from = 1 + ((i * 5 + 2) % tensors);
        if (to !== from) client.run(1, [to, from], []);
      }
    }
    for (let id = 1; id <= tensors; id++) expectSame(small.read(id), large.read(id));
    expect(small.explain(1).movedBytes).toBeGreaterThan(0);
  });

  test("gives memory back in whichever it lies", () => {
    const device = joined(3);
    const buffers = Array.from({ length: 4 }, () => device.allocate(4 * N));
    expect(() => device.allocate(1.9 * MEBIBYTE)).not.toThrow();
    const full = device.allocatedBytes;
    for (const buffer of buffers) device.free(buffer);
    expect(device.allocatedBytes).toBe(full - 4 * 4 * N);
    expect(() => Array.from({ length: 4 }, () => device.allocate(4 * N))).not.toThrow();
  });

  test("answers with the bytes, not with a place, where a client cannot look", () => {
    const replies: Reply[] = [];
    const engine = new Engine(joined(2), { reply: (reply) => replies.push(reply) });
    const write = (buffer: number, chunk: Uint8Array): void =>
      engine.handle({ type: "write", sequence: buffer, buffer, total: chunk.length, offset: 0, chunk });
    for (const buffer of [1, 2, 3]) write(buffer, ramp(buffer));
    const kinds = [1, 3].map((buffer) => {
      replies.length = 0;
      engine.handle({ type: "locate", sequence: 9, buffer, offset: 4, bytes: 8 });
      return replies.map(({ type }) => type);
    });
    expect(kinds).toEqual([["place"], ["data"]]);
    expect(replies[0]).toMatchObject({ total: 8, chunk: floats(3, 6) });
  });
});

describe("errors name sizes and the remedy", () => {
  test("when all memories are full", () => {
    const device = joined(2);
    for (let i = 0; i < 4; i++) device.allocate(4 * N);
    expect(() => device.allocate(MEBIBYTE)).toThrow(
      new RangeError(
        "No room for 1.0 MiB: 3.0 MiB of at most 4.0 MiB are in use. Use smaller batches or dispose of tensors that are no " +
          "longer needed; gb.memory() lists them.",
      ),
    );
  });

  test("when a tensor is larger than a memory", () => {
    expect(() => joined(2).allocate(3 * MEBIBYTE)).toThrow(
      new RangeError("No room for 3.0 MiB: a tensor has at most 2.0 MiB."),
    );
  });

  test("when a computation does not fit into one memory; its inputs are as before, and smaller ones go on", () => {
    const client = connectInline(joined(3));
    client.define(1, addition([N]));
    client.define(2, addition([8]));
    client.write(1, ramp(1));
    client.write(2, ramp(2));
    client.run(1, [1, 2, 3], []);
    expect(() => client.read(3)).toThrow(
      "No room for a computation with 2.3 MiB at once: all of it has to lie in one memory, which holds at most 2.0 MiB. " +
        "Split it into smaller ones, for example by smaller batches.",
    );
    expectSame(client.read(1), ramp(1));
    expectSame(client.read(2), ramp(2));
    client.run(2, [1, 2, 4], []);
    expect(numbers(client.read(4))).toEqual([0, 3, 6, 9, 12, 15, 18, 21]);
  });
});
