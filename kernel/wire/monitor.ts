// The comm `gradbook.monitor`: a front end opens it and gets all runs, then what is new, up to ten times a second, numbered. Nothing
// waits for it and nothing relies on every message arriving: whoever misses a number asks for everything again.

import { isQuantity } from "gradbook/train/histograms";
import {
  type MonitorMessage,
  ROW_LENGTH,
  type RunEvent,
  type RunRows,
  sampleLength,
} from "gradbook/train/run";
import { LIMITS } from "../limits.js";
import type { Json } from "../protocol/messages.js";
import type { Target, WireComm } from "./comms.js";
import type { Recorder, RunListener, RunRecord } from "./recorder.js";
import { thin } from "./rows.js";
import { RunRequests } from "./run-requests.js";

export class Monitor implements Target, RunListener {
  readonly #recorder: Recorder;
  readonly #requests: RunRequests;
  readonly #comms = new Set<WireComm>();
  readonly #newInfos = new Set<RunRecord>();
  readonly #newVerdicts = new Set<RunRecord>();
  readonly #newRows = new Map<RunRecord, RunRows[]>();
  #engineGone = false;
  #sequence = 0;
  #timer: NodeJS.Timeout | undefined;
  #sentAt = Number.NEGATIVE_INFINITY;

  constructor(recorder: Recorder, requests: RunRequests) {
    this.#recorder = recorder;
    this.#requests = requests;
    recorder.listen(this);
  }

  opened(comm: WireComm): void {
    this.#sync(comm);
    this.#comms.add(comm);
  }

  message(comm: WireComm, data: Json): void {
    if (data.type === "sync") this.#sync(comm);
    else if (data.type === "histograms") this.#sendHistograms(comm, data);
    else if (RunRequests.has(data.type)) this.#ask(comm, data);
  }

  /** What a run says, to all front ends. */
  answer({ answer, numbers }: Extract<RunEvent, { type: "answer" }>): void {
    // what it knows of the run is to be there before
    this.#send();
    this.#broadcast(answer, numbers === undefined ? [] : [bytes([numbers])]);
  }

  /** Whether what computes has ended by itself. */
  setEngine(gone: boolean): void {
    if (gone === this.#engineGone) return;
    this.#engineGone = gone;
    this.#broadcast({ type: "engine", gone }, []);
  }

  closed(comm: WireComm): void {
    this.#comms.delete(comm);
  }

  infoChanged(run: RunRecord): void {
    this.#newInfos.add(run);
    this.#schedule();
  }

  rowsAdded(run: RunRecord, rows: RunRows): void {
    const waiting = this.#newRows.get(run);
    if (waiting === undefined) this.#newRows.set(run, [rows]);
    else waiting.push(rows);
    this.#schedule();
  }

  verdictChanged(run: RunRecord): void {
    this.#newVerdicts.add(run);
    this.#schedule();
  }

  cellEnded(): void {
    this.#send();
  }

  #ask(comm: WireComm, request: Json): void {
    const run = this.#recorder.runs.find(({ info }) => info.id === request.run);
    const refusal = this.#requests.post(request, run);
    if (refusal !== undefined) comm.send({ type: "refused", run: request.run, text: refusal });
  }

  #schedule(): void {
    const wait = this.#sentAt + LIMITS.monitorMilliseconds - performance.now();
    this.#timer ??= setTimeout(() => this.#send(), Math.max(wait, LIMITS.monitorGatherMilliseconds));
  }

  /** Everything there is, as one message. What the others have not seen yet is sent to them first, so that numbers agree. */
  #sync(comm: WireComm): void {
    this.#send();
    const { runs } = this.#recorder;
    const message: MonitorMessage = {
      type: "snapshot",
      sequence: this.#sequence,
      ...(this.#engineGone && { engineGone: true as const }),
      runs: runs.map(({ info, rows, samples, verdict }) => ({
        info,
        rows: rows.count,
        samples: samples.count,
        ...(verdict && { verdict }),
      })),
    };
    comm.send({ ...message }, [bytes(runs.flatMap(({ rows, samples }) => [rows.values, samples.values]))]);
  }

  /** A request that names no histograms of ours is not answered. */
  #sendHistograms(comm: WireComm, { run: id, layer, quantity, since }: Json): void {
    const run = this.#recorder.runs.find(({ info }) => info.id === id);
    if (run === undefined || typeof layer !== "number" || run.info.layers[layer] === undefined) return;
    if (!isQuantity(quantity) || typeof since !== "number") return;
    const { steps, bytes } = run.samples.histograms(layer, quantity, since);
    const message: MonitorMessage = { type: "histograms", run: run.info.id, layer, quantity, steps };
    comm.send({ ...message }, [bytes]);
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sentAt = performance.now();
    for (const { info } of this.#newInfos) {
      this.#broadcast({ type: "run", sequence: ++this.#sequence, info }, []);
    }
    for (const [run, parts] of this.#newRows) {
      const rows = thin(joined(parts.map(({ steps }) => steps)), ROW_LENGTH, LIMITS.monitorRows);
      const samples = joined(parts.map((part) => part.samples));
      const message: MonitorMessage = {
        type: "rows",
        sequence: ++this.#sequence,
        run: run.info.id,
        rows: rows.length / ROW_LENGTH,
        samples: samples.length / sampleLength(run.info.layers.length),
      };
      this.#broadcast(message, [bytes([rows, samples])]);
    }
    for (const { info, verdict } of this.#newVerdicts) {
      if (verdict === undefined) continue;
      this.#broadcast({ type: "verdict", sequence: ++this.#sequence, run: info.id, verdict }, []);
    }
    this.#newInfos.clear();
    this.#newVerdicts.clear();
    this.#newRows.clear();
  }

  #broadcast(message: MonitorMessage, buffers: readonly Uint8Array[]): void {
    for (const comm of this.#comms) comm.send({ ...message }, buffers);
  }
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** A copy of the numbers' bytes; every machine that Node runs on stores them little-endian. */
function bytes(parts: readonly Float32Array[]): Uint8Array {
  return new Uint8Array(joined(parts).slice().buffer);
}
