// The bytes of the protocol: what is encoded comes back, what is damaged is refused, and an engine survives all of it.

import { ChannelEnd, createChannel } from "gradbook/compute/engine/channel";
import {
  decodeReply,
  decodeRequest,
  encodeAt,
  encodedBytes,
  ProtocolError,
  type Reply,
  type Request,
} from "gradbook/compute/engine/protocol";
import { Ring, ringBytes, viewsOf } from "gradbook/compute/engine/ring";
import { EngineService } from "gradbook/compute/engine/serve";
import { ReferenceDevice } from "gradbook/compute/reference/device";
import { describe, expect, test } from "vitest";
import { addition, floats, numbers, seeded } from "./graphs.js";

const REQUESTS: Request[] = [
  { type: "hello", sequence: 1, version: 1, device: "reference", token: "Grüße, 世界" },
  { type: "define", sequence: 2, plan: 7, graph: JSON.stringify(addition([3])) },
  {
    type: "run",
    sequence: -5,
    free: Int32Array.of(4, 5, 6),
    plan: 7,
    bindings: Int32Array.of(1, 2, 3),
    args: Float64Array.of(0.1, Number.NaN, Number.NEGATIVE_INFINITY),
    inline: [
      { binding: 1, data: Uint8Array.of(1, 2, 3) },
      { binding: 0, data: new Uint8Array(0) },
    ],
    report: 3,
  },
  {
    type: "run",
    sequence: 4,
    free: new Int32Array(0),
    plan: 0,
    bindings: new Int32Array(0),
    args: new Float64Array(0),
    inline: [],
    report: 0,
  },
  { type: "write", sequence: 5, buffer: 9, total: 2 ** 40, offset: 2 ** 39, chunk: Uint8Array.of(255) },
  { type: "read", sequence: 6, buffer: 9, offset: 0, bytes: Number.MAX_SAFE_INTEGER },
  { type: "gather", sequence: 10, buffers: Int32Array.of(3, 4) },
  { type: "free", sequence: 7, buffers: Int32Array.of(2 ** 31 - 1) },
  { type: "memory", sequence: 8 },
  { type: "cancel", sequence: 9, upTo: 2 ** 32 - 1 },
];

const REPLIES: Reply[] = [
  { type: "data", sequence: 1, total: 5, offset: 3, chunk: Uint8Array.of(1, 2) },
  { type: "error", sequence: 2, origin: 1, kind: "fault", message: "label 10" },
  {
    type: "usage",
    sequence: 3,
    allocatedBytes: 1,
    arenaBytes: 5,
    reservedBytes: 6,
    buffers: 2,
    plans: 3,
    compiles: 4,
  },
];

function encoded(message: Request | Reply): Uint8Array {
  const views = viewsOf(new ArrayBuffer(encodedBytes(message)));
  encodeAt(views, 0, message);
  return views.bytes;
}

function decoded(bytes: Uint8Array): Request {
  const views = viewsOf(new ArrayBuffer(Math.ceil(bytes.length / 8) * 8));
  views.bytes.set(bytes);
  return decodeRequest(views, 0, bytes.length);
}

describe("messages", () => {
  test.each(REQUESTS)("request $type comes back as it was", (message) => {
    expect(decoded(encoded(message))).toEqual(message);
  });

  test.each(REPLIES)("reply $type comes back as it was", (message) => {
    const bytes = encoded(message);
    expect(decodeReply(viewsOf(bytes.buffer), 0, bytes.length)).toEqual(message);
  });

  test("every shortened request is refused with its sequence number", () => {
    for (const message of REQUESTS) {
      const bytes = encoded(message);
      for (let length = 0; length < bytes.length; length++) {
        const error = refusal(bytes.subarray(0, length));
        expect(error.sequence).toBe(length < 8 ? 0 : message.sequence);
      }
    }
  });

  test.each([
    ["more bytes than fields", [...encoded(REQUESTS[7]!), ...new Uint8Array(8)], "8 bytes more"],
    ["an unknown code", [...encoded({ ...REQUESTS[7]! }).fill(77, 0, 1)], "no message with code 77"],
    ["a reply for a request", [...encoded(REPLIES[0]!)], "no message with code 102"],
  ])("%s is refused", (_, bytes, message) => {
    expect(refusal(Uint8Array.from(bytes)).message).toContain(message);
  });

  test("counts that are no whole numbers and negative ids are refused", () => {
    for (const bad of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60]) {
      const bytes = encoded({ type: "explain", sequence: 3, plan: bad, measure: 0 });
      expect(refusal(bytes).message).toContain(`${bad} where a count belongs`);
    }
    const bytes = encoded({ type: "free", sequence: 3, buffers: Int32Array.of(4, -4) });
    expect(refusal(bytes).message).toContain("the id -4");
  });
});

function refusal(bytes: Uint8Array): ProtocolError {
  try {
    decoded(bytes);
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

describe("ring", () => {
  test("frames of all sizes come out in order, in place, around the end", () => {
    const ring = new Ring(new SharedArrayBuffer(ringBytes(1024)));
    const random = seeded(1);
    const sent: number[] = [];
    let received = 0;
    for (let i = 0; received < 5000; i++) {
      const length = random() % (ring.largest + 1);
      const at = sent.length < 5000 ? ring.reserve(length) : -1;
      if (at >= 0) {
        expect(at % 8).toBe(0);
        ring.views.bytes.fill(i, at, at + length);
        ring.commit(i % 3 === 0);
        sent.push(i, length);
      }
      if (random() % 2 === 0 || at < 0) {
        if (!ring.next()) continue;
        const [value, bytes] = sent.slice(received, received + 2) as [number, number];
        expect([ring.length, ring.more]).toEqual([bytes, value % 3 === 0]);
        const payload = ring.views.bytes.subarray(ring.start, ring.start + ring.length);
        expect(payload.every((byte) => byte === value % 256)).toBe(true);
        ring.release();
        received += 2;
      }
    }
  });

  test("the largest frame fits once the reader has caught up, wherever the positions are", () => {
    const ring = new Ring(new SharedArrayBuffer(ringBytes(256)));
    for (let i = 0; i < 100; i++) {
      for (const length of [8 * (i % 7), ring.largest]) {
        expect(ring.reserve(length)).toBeGreaterThan(0);
        ring.commit();
        expect(ring.next()).toBe(true);
        ring.release();
      }
    }
  });
});

describe("an engine", () => {
  const channel = createChannel();
  const client = new ChannelEnd(channel, "client");
  const service = new EngineService(new ReferenceDevice(), new ChannelEnd(channel, "engine"), () => {
    throw new Error("no one takes the replies");
  });

  function replies(): Reply[] {
    const all: Reply[] = [];
    while (
      client.receive((views, start, length) => all.push(structuredClone(decodeReply(views, start, length))))
    );
    return all;
  }

  function sumWorks(sequence: number, id: number): void {
    const no = { free: new Int32Array(0), args: new Float64Array(0), inline: [], report: 0 };
    const send = (request: Request): void => client.send(request, () => expect.unreachable());
    send({ type: "write", sequence, buffer: id, total: 8, offset: 0, chunk: floats(id, 2) });
    send({ type: "run", sequence: sequence + 1, plan: 1, bindings: Int32Array.of(id, id, id + 1), ...no });
    send({ type: "read", sequence: sequence + 2, buffer: id + 1, offset: 0, bytes: 8 });
    while (service.step());
    const data = replies().at(-1);
    expect(data).toMatchObject({ type: "data", sequence: sequence + 2 });
    expect(numbers((data as { chunk: Uint8Array }).chunk)).toEqual([2 * id, 4]);
    expect(client.completed).toBe(sequence + 2);
  }

  test("answers 6,000 damaged messages with errors and goes on working", () => {
    client.send(
      { type: "define", sequence: 1, plan: 1, graph: JSON.stringify(addition([2])) },
      () => undefined,
    );
    while (service.step());
    expect(replies()).toEqual([]);
    const random = seeded(20261123);
    let errors = 0;
    let sequence = 2;
    for (let i = 0; i < 6000; i++) {
      client.pass(damaged(random, sequence), random() % 50 === 0);
      while (service.step());
      for (const reply of replies()) {
        expect(reply.type).toMatch(/error|usage|welcome|text|data/);
        if (reply.type === "error") errors++;
      }
      // damage can leave a message whole; what it completed counts
      sequence = Math.max(sequence, client.completed + 1);
      if (sequence > 1e6) throw new Error("a damaged number was believed");
      if (i % 500 === 499) {
        client.pass(new Uint8Array(0), false); // ends a message that a damaged flag left open
        while (service.step());
        replies();
        sumWorks(sequence, 1_000_000 + 2 * i);
        sequence += 3;
      }
    }
    expect(errors).toBeGreaterThan(3000);
  });
});

/** Random bytes, or a message that is cut short, made longer, or changed in a byte after its sequence number. */
function damaged(random: () => number, sequence: number): Uint8Array {
  const kind = random() % 4;
  if (kind === 0) return Uint8Array.from({ length: random() % 200 }, () => random() >>> 24);
  const message = REQUESTS[1 + (random() % (REQUESTS.length - 1))]!;
  const bytes = encoded({ ...message, sequence } as Request);
  if (kind === 1) return bytes.subarray(0, random() % bytes.length);
  if (kind === 2) return Uint8Array.from([...bytes, ...new Uint8Array(1 + (random() % 16))]);
  bytes[8 + (random() % Math.max(1, bytes.length - 8))] = random() >>> 24;
  return bytes;
}
