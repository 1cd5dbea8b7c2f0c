// An engine whose device learns late whether a check has failed, as a GPU does: it goes on meanwhile, and what it says in the end is
// what a device says that knows at once.

import type { Device, Outcome } from "gradbook/compute/device";
import { ChannelEnd, createChannel } from "gradbook/compute/engine/channel";
import { decodeReply, type Reply, type Request } from "gradbook/compute/engine/protocol";
import { EngineService } from "gradbook/compute/engine/serve";
import { ReferenceDevice } from "gradbook/compute/reference/device";
import { beforeEach, expect, test } from "vitest";
import { checking, ints } from "./graphs.js";

/** Tells as many outcomes as it is asked to, unless somebody waits. */
class LateDevice extends ReferenceDevice implements Device {
  known = 0;
  readonly #outcomes: Outcome[] = [];

  runAhead(...run: Parameters<Device["run"]>): "cancelled" | undefined {
    const outcome = this.run(...run);
    if (outcome === "cancelled") return outcome;
    this.#outcomes.push(outcome ?? "done");
    return undefined;
  }

  outcome(wait: boolean): Outcome | undefined {
    if (!wait && this.known-- <= 0) return undefined;
    return this.#outcomes.shift();
  }
}

let device: LateDevice;
let client: ChannelEnd;
let service: EngineService;
let sequence = 0;

beforeEach(() => {
  const channel = createChannel();
  device = new LateDevice();
  client = new ChannelEnd(channel, "client");
  service = new EngineService(device, new ChannelEnd(channel, "engine"), () => expect.unreachable());
  sequence = 0;
  send({ type: "define", plan: 1, graph: JSON.stringify(checking([1])) });
  put(10, 3);
  put(20, 17);
});

type Unnumbered<R> = R extends Request ? Omit<R, "sequence"> : never;

/** Has the engine handle a request; its number. */
function send(request: Unnumbered<Request>): number {
  client.send({ ...request, sequence: ++sequence } as Request, () => expect.unreachable());
  while (service.step());
  return sequence;
}

function put(buffer: number, label: number): void {
  send({ type: "write", buffer, total: 4, offset: 0, chunk: ints(label) });
}

function run(plan: number, ...bindings: number[]): number {
  const nothing = { free: new Int32Array(0), args: new Float64Array(0), inline: [], report: 0 };
  return send({ type: "run", plan, bindings: Int32Array.from(bindings), ...nothing });
}

const read = (buffer: number): number => send({ type: "read", buffer, offset: 0, bytes: 4 });

/** What has arrived: for data the number, for errors the request that failed first. */
function replies(): object[] {
  const all: object[] = [];
  const note = (reply: Reply): void => {
    if (reply.type === "data")
      all.push({ of: reply.sequence, value: new Int32Array(reply.chunk.slice().buffer)[0] });
    else if (reply.type === "error")
      all.push({ of: reply.sequence, origin: reply.origin, text: reply.message });
    else all.push(reply);
  };
  while (client.receive((views, start, length) => note(decodeReply(views, start, length))));
  return all;
}

const text = "label 17 is out of range for 10 classes";

test("takes the next run meanwhile, and is done with runs in their order", () => {
  const first = run(1, 10, 11);
  const second = run(1, 10, 12);
  put(30, 1);
  expect(client.completed).toBe(first - 1);
  expect(service.ahead).toBe(true);
  device.known = 1;
  service.look();
  expect(client.completed).toBe(second - 1);
  device.known = 1;
  service.look();
  expect(client.completed).toBe(sequence);
  expect(service.ahead).toBe(false);
  expect(replies()).toEqual([]);
});

test("tells what has failed before it answers anything else", () => {
  const bad = run(1, 20, 21);
  const good = run(1, 10, 11);
  const asked = read(10);
  expect(replies()).toEqual([
    { of: bad, origin: bad, text },
    { of: asked, value: 3 },
  ]);
  expect(client.completed).toBe(sequence);
  const failed = read(21);
  const right = read(11);
  expect(replies()).toEqual([
    { of: failed, origin: bad, text },
    { of: right, value: 3 },
  ]);
  expect(good).toBeGreaterThan(bad);
});

test("waits before it takes a result that may be none", () => {
  const bad = run(1, 20, 21);
  const dependent = run(1, 21, 22);
  expect(replies()).toEqual([
    { of: bad, origin: bad, text },
    { of: dependent, origin: bad, text },
  ]);
});

test("leaves a result alone that another run has made since", () => {
  const bad = run(1, 20, 21);
  run(1, 10, 21);
  const value = read(21);
  expect(replies()).toEqual([
    { of: bad, origin: bad, text },
    { of: value, value: 3 },
  ]);
});

test("forgets results that were given back", () => {
  const bad = run(1, 20, 21);
  send({ type: "free", buffers: Int32Array.of(21) });
  device.known = 1;
  service.look();
  const missing = read(21);
  expect(replies()).toEqual([
    { of: bad, origin: bad, text },
    { of: missing, origin: missing, text: "there is no buffer 21" },
  ]);
});
