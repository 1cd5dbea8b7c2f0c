// Comms: targets that cells register, and the live monitor, also while a cell keeps the main thread busy.

import { randomUUID } from "node:crypto";
import { LIMITS } from "@gradbook/kernel/limits";
import { BINS, histogramBlock } from "gradbook/train/histograms";
import { MONITOR_COMM, ROW_LENGTH, RUN_MIME, sampleLength } from "gradbook/train/run";
import { describe, expect, test } from "vitest";
import type { Received } from "./client.js";
import { sharedKernel } from "./kernel.js";

const kernel = sharedKernel();

const ofComm = (comm: string): Received[] =>
  kernel().received.filter((m) => m.type === "comm_msg" && m.content.comm_id === comm);

/** Waits until the comm has received what is wanted. */
const onComm = (comm: string, wanted: (data: Record<string, unknown>) => boolean): Promise<Received> =>
  kernel().wait(
    (m) =>
      m.type === "comm_msg" &&
      m.content.comm_id === comm &&
      wanted(m.content.data as Record<string, unknown>),
    "a comm message",
  );

const floats = (bytes: Buffer): Float32Array => new Float32Array(new Uint8Array(bytes).buffer);

describe("targets of cells", () => {
  test("get and give data and buffers", async () => {
    await kernel().execute(`
      import { comms } from "@gradbook/kernel/notebook";
      comms.register("echo", (comm, opened) => {
        comm.send({ opened: opened.data });
        comm.onMessage = ({ data, buffers }) => comm.send({ data }, buffers.map((b) => b.toReversed()));
        comm.onClose = () => console.log("closed");
      });`);
    const comm = randomUUID();
    kernel().send("comm_open", { comm_id: comm, target_name: "echo", data: { a: 1 } });
    await onComm(comm, (data) => JSON.stringify(data) === '{"opened":{"a":1}}');
    const info = await kernel().request("comm_info_request", { target_name: "echo" });
    expect(info.content.comms).toEqual({ [comm]: { target_name: "echo" } });

    kernel().send("comm_msg", { comm_id: comm, data: { b: 2 } }, { buffers: [new Uint8Array([1, 2, 3])] });
    const echoed = await onComm(comm, (data) => "data" in data);
    expect(echoed.content.data).toEqual({ data: { b: 2 } });
    expect([...echoed.buffers[0]!]).toEqual([3, 2, 1]);

    kernel().send("comm_close", { comm_id: comm, data: {} });
    await kernel().wait((m) => m.type === "stream" && m.content.text === "closed\n", "closed");
    expect((await kernel().request("comm_info_request", {})).content.comms).toEqual({});
  });

  test("that nobody registered are closed at once", async () => {
    const comm = randomUUID();
    const id = kernel().send("comm_open", { comm_id: comm, target_name: "unknown", data: {} });
    await kernel().idle(id);
    const closed = kernel()
      .of(id)
      .find((m) => m.type === "comm_close");
    expect(closed?.content).toEqual({ comm_id: comm, data: {} });
  });

  test("can be opened by a cell", async () => {
    const { messages } = await kernel().execute(
      `comms.open("front-end", { hello: true }, [new Uint8Array([7])]).send({ more: 1 }); 0`,
    );
    const [open, more] = messages.filter((m) => m.type.startsWith("comm_"));
    expect(open!.content).toMatchObject({ target_name: "front-end", data: { hello: true } });
    expect([...open!.buffers[0]!]).toEqual([7]);
    expect(more!.content).toMatchObject({ comm_id: open!.content.comm_id, data: { more: 1 } });
  });
});

/** Cells use the library's own door to the kernel; a run has two layers. */
const PUBLISHING = `
  const door = (globalThis as any)[Symbol.for("gradbook.host")];
  const layers = [{ path: "0", label: "Linear(2, 2)", kind: "Linear" }, { path: "1", label: "ReLU", kind: "ReLU" }];
  const info = (id: string, status = "running") => ({ id, name: id, startedAt: new Date(0).toISOString(), status, device: "test", layers });
  const begin = (id: string) => door.publish({ type: "run", info: info(id) });
  const record = (id: string, step: number) => {
    const steps = new Float32Array(${ROW_LENGTH}).fill(NaN);
    steps[0] = step; steps[1] = step / 100; steps[2] = 1 / (step + 1);
    const samples = new Float32Array(${sampleLength(2)}).map((_, i) => step + i);
    const histograms = new Uint8Array(${histogramBlock(2)}).fill(step);
    door.publish({ type: "rows", run: id, steps, samples, histograms });
  };`;

const openMonitor = (): string => {
  const comm = randomUUID();
  kernel().send("comm_open", { comm_id: comm, target_name: MONITOR_COMM, data: { type: "sync", since: -1 } });
  return comm;
};

describe("the live monitor", () => {
  test("sends a snapshot, then numbered deltas, in a synchronous cell, at ten messages a second", async () => {
    await kernel().execute(PUBLISHING);
    await kernel().execute("begin('first'); record('first', 0); record('first', 1);");
    const comm = openMonitor();
    const snapshot = await onComm(comm, ({ type }) => type === "snapshot");
    const data = snapshot.content.data as { sequence: number; runs: object[] };
    expect(data.runs).toMatchObject([{ info: { id: "first", status: "finished" }, rows: 2, samples: 2 }]);
    const rows = floats(snapshot.buffers[0]!);
    expect(rows).toHaveLength(2 * ROW_LENGTH + 2 * sampleLength(2));
    const [samples] = [rows.subarray(2 * ROW_LENGTH)];
    expect([rows[0], rows[2], rows[ROW_LENGTH]]).toEqual([0, 1, 1]);
    expect([samples[0], samples[sampleLength(2)], samples[sampleLength(2) + 7]]).toEqual([0, 1, 8]);

    const busy = kernel().startCell(
      "(() => { begin('busy'); const end = Date.now() + 1500; let step = 0; let next = 0; while (Date.now() < end) if (Date.now() >= next) { record('busy', step++); next = Date.now() + 5 } })()",
    );
    const late = await kernel().wait((m) => m.parent === busy && m.type === "execute_input", "the start");
    // A second front end comes while the cell is busy, and the first one asks again.
    await onComm(comm, ({ type, run }) => type === "rows" && run === "busy");
    const wanted = { run: "busy", layer: 1, quantity: "output", since: 0 };
    kernel().send("comm_msg", { comm_id: comm, data: { type: "histograms", ...wanted } });
    const second = openMonitor();
    await onComm(second, ({ type }) => type === "snapshot");
    kernel().send("comm_msg", { comm_id: comm, data: { type: "sync", since: 0 } });
    await kernel().finished(busy);
    const idle = kernel().of(busy).at(-1)!;

    for (const id of [comm, second]) {
      const messages = ofComm(id);
      let known = -1;
      for (const { content } of messages) {
        const { type, sequence } = content.data as { type: string; sequence: number };
        if (type === "histograms") continue;
        if (type !== "snapshot") expect(sequence).toBe(known + 1);
        known = sequence;
      }
      const live = messages.filter((m) => m.at > late.at && m.at < idle.at);
      expect(live.length).toBeGreaterThan(5);
      expect(live.length).toBeLessThan(25);
    }
    expect(ofComm(comm).filter((m) => (m.content.data as { type: string }).type === "snapshot")).toHaveLength(
      2,
    );
    const steps = ofComm(comm).flatMap((m) => {
      const { type, run, rows } = m.content.data as { type: string; run: string; rows: number };
      return type === "rows" && run === "busy"
        ? [...floats(m.buffers[0]!).subarray(0, rows * ROW_LENGTH)].filter((_, i) => i % ROW_LENGTH === 0)
        : [];
    });
    const answer = ofComm(comm).find((m) => (m.content.data as { type: string }).type === "histograms")!;
    expect(answer.at).toBeLessThan(idle.at);
    const answered = answer.content.data as { steps: number[] };
    expect(answered).toMatchObject({ run: "busy", layer: 1, quantity: "output" });
    expect(answered.steps[0]).toBe(1);
    expect([...answer.buffers[0]!]).toEqual(answered.steps.flatMap((step) => new Array(BINS).fill(step)));
    expect(new Set(steps).size).toBe(steps.length);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
  });

  test("serves so many front ends, and closes the comm of the one that came first", async () => {
    const opened = Array.from({ length: LIMITS.commsOfTarget + 1 }, openMonitor);
    const closed = await kernel().wait(
      (m) => m.type === "comm_close" && opened.includes(m.content.comm_id as string),
      "a comm that is closed",
    );
    expect(closed.content.comm_id).toBe(opened[0]);
    const { comms } = (await kernel().request("comm_info_request", { target_name: MONITOR_COMM })).content;
    expect(Object.keys(comms as object)).toEqual(opened.slice(1));
    await kernel().execute("begin('crowd'); record('crowd', 0)");
    await onComm(opened.at(-1)!, ({ type, run }) => type === "rows" && run === "crowd");
    expect(ofComm(opened[0]!).map((m) => (m.content.data as { type: string }).type)).toEqual(["snapshot"]);
    for (const comm of opened) kernel().send("comm_close", { comm_id: comm, data: {} });
  });

  test("tells how a run ended", async () => {
    const comm = openMonitor();
    await onComm(comm, ({ type }) => type === "snapshot");
    const ended = (run: string, status: string) =>
      onComm(comm, ({ type, info }) => {
        const { id, status: now } = (info ?? {}) as { id?: string; status?: string };
        return type === "run" && id === run && now === status;
      });
    await kernel().execute("begin('fine'); record('fine', 0)");
    await ended("fine", "finished");
    await kernel().execute("begin('bad'); record('bad', 0); throw new Error('x')");
    await ended("bad", "failed");
    await kernel().execute("record('fine', 1); await new Promise((r) => setTimeout(r, 300))");
    await ended("fine", "running");
    const id = kernel().startCell("begin('long'); record('long', 0); console.log('go'); while (true);");
    await kernel().wait((m) => m.parent === id && m.type === "stream", "go");
    await kernel().request("interrupt_request", {}, "control");
    await ended("long", "stopped");
  });

  test("rows that come after the end of their cell are kept, and do not start the run again", async () => {
    const comm = openMonitor();
    const id = kernel().startCell(
      "begin('tail'); record('tail', 0); setTimeout(() => record('tail', 1), 200); 0",
    );
    await kernel().finished(id);
    const rows = await kernel().wait(
      (m) => m.content.comm_id === comm && m.type === "comm_msg" && m.buffers.some((b) => floats(b)[0] === 1),
      "the last row",
    );
    expect(rows.content.data).toMatchObject({ type: "rows", run: "tail", rows: 1 });
    const again = openMonitor();
    const snapshot = await onComm(again, ({ type }) => type === "snapshot");
    const { runs } = snapshot.content.data as { runs: { info: { id: string }; rows: number }[] };
    expect(runs.find(({ info }) => info.id === "tail")).toMatchObject({
      info: { status: "finished" },
      rows: 2,
    });
  });

  test("a run's picture stands in the cell that trains and ends with its last state", async () => {
    const { messages } = await kernel().execute(
      "begin('drawn'); for (let i = 0; i < 1000; i++) record('drawn', i)",
    );
    const shown = messages.filter((m) => m.type === "display_data");
    expect(shown).toHaveLength(1);
    const last = messages.filter((m) => m.type === "update_display_data").at(-1)!;
    expect(last.content.transient).toEqual(shown[0]!.content.transient);
    const data = last.content.data as Record<string, unknown>;
    const snapshot = data[RUN_MIME] as {
      version: number;
      info: { status: string };
      rows: (number | null)[][];
    };
    expect(snapshot.info.status).toBe("finished");
    expect(snapshot.rows.length).toBeLessThanOrEqual(300);
    expect([snapshot.rows[0]![0], snapshot.rows.at(-1)![0]]).toEqual([0, 999]);
    expect(snapshot.rows[0]![3]).toBeNull();
    expect(String(data["image/svg+xml"])).toMatch(/^<svg .*<\/svg>$/s);
    expect(String(data["text/plain"])).toContain("drawn: finished after 1000 steps");
  });
});
