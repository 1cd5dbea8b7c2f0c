// All runs of one kernel as the monitor knows them, built from the messages of the monitor comm.
// Counts sequence numbers and notices gaps; sending requests and drawing happen elsewhere.

import type { RunAnswer } from "gradbook/train/control";
import { BINS } from "gradbook/train/histograms";
import {
  type MonitorMessage,
  type MonitorRequest,
  ROW_LENGTH,
  type RunInfo,
  sampleLength,
} from "gradbook/train/run";
import { RunRecord } from "./record.js";

/** What a message led to: `gap` means that something was missed and a new snapshot is needed. */
export type Applied = "applied" | "gap";

export type StoreEvent =
  | { readonly type: "changed" }
  | { readonly type: "started"; readonly run: string }
  /** What a run says to a request; `buffer`: its numbers, little-endian float32. */
  | { readonly type: "answer"; readonly answer: RunAnswer; readonly buffer: DataView | undefined };

export class RunStore {
  readonly runs: Map<string, RunRecord> = new Map();
  readonly #listeners = new Set<(event: StoreEvent) => void>();
  #sequence = Number.NaN;
  /** The kernel's compute server has ended by itself. */
  engineGone = false;
  /** Sends a request to the kernel; nowhere while there is none. */
  request: (request: MonitorRequest) => void = () => undefined;

  /** Calls `listener` after each change; the returned function ends that. */
  subscribe(listener: (event: StoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The run that started last. */
  get latest(): RunRecord | undefined {
    return [...this.runs.values()].at(-1);
  }

  /** Takes one message of the kernel, with its binary buffer. */
  apply(message: MonitorMessage, buffer?: DataView): Applied {
    if (message.type === "snapshot") {
      this.engineGone = message.engineGone === true;
      const replaced = this.#replace(message, buffer);
      if (!replaced) return "gap";
      this.#sequence = message.sequence;
      return "applied";
    }
    if (message.type === "engine") {
      this.engineGone = message.gone;
      this.#emit({ type: "changed" });
      return "applied";
    }
    if (isAnswer(message)) {
      this.#emit({ type: "answer", answer: message, buffer });
      return "applied";
    }
    if (message.type === "histograms") return this.#addHistograms(message, buffer);
    if (message.sequence !== this.#sequence + 1) return "gap";
    const applied = this.#add(message, buffer);
    if (applied === "applied") this.#sequence = message.sequence;
    return applied;
  }

  /** The kernel is gone: what it told stays readable, and nothing more is expected from it. */
  markLost(): void {
    this.#sequence = Number.NaN;
    this.engineGone = false;
    for (const record of this.runs.values()) record.lost = true;
    this.#emit({ type: "changed" });
  }

  #replace(message: MonitorMessage & { type: "snapshot" }, buffer?: DataView): boolean {
    const records: RunRecord[] = [];
    let offset = 0;
    for (const { info, verdict, ...counts } of message.runs) {
      const record = this.#newRecord(info);
      record.verdict = verdict;
      const length = this.#append(record, counts, buffer, offset);
      if (length === undefined) return false;
      offset += length;
      records.push(record);
    }
    // A restarted kernel knows no runs yet; those of its predecessor stay on show, marked as lost, until it does.
    if (records.length === 0 && this.latest?.lost) return true;
    const known = new Set(this.runs.keys());
    this.runs.clear();
    for (const record of records) this.runs.set(record.info.id, record);
    for (const { info } of records) {
      if (info.status === "running" && !known.has(info.id)) this.#emit({ type: "started", run: info.id });
    }
    this.#emit({ type: "changed" });
    return true;
  }

  #add(
    message: MonitorMessage & { readonly sequence: number; type: "run" | "rows" | "verdict" },
    buffer?: DataView,
  ): Applied {
    if (message.type === "run") return this.#update(message.info);
    return message.type === "rows" ? this.#extend(message, buffer) : this.#judge(message);
  }

  #judge({ run, verdict }: MonitorMessage & { type: "verdict" }): Applied {
    const record = this.runs.get(run);
    if (!record) return "gap";
    record.verdict = verdict;
    this.#emit({ type: "changed" });
    return "applied";
  }

  #update(info: RunInfo): Applied {
    const record = this.runs.get(info.id);
    if (record && !record.lost && record.info.layers.length === info.layers.length) {
      record.info = info;
    } else {
      this.runs.delete(info.id);
      this.runs.set(info.id, this.#newRecord(info));
      this.#emit({ type: "started", run: info.id });
    }
    this.#emit({ type: "changed" });
    return "applied";
  }

  #extend(message: MonitorMessage & { type: "rows" }, buffer?: DataView): Applied {
    const record = this.runs.get(message.run);
    if (!record || this.#append(record, message, buffer, 0) === undefined) return "gap";
    this.#emit({ type: "changed" });
    return "applied";
  }

  /** Takes a run's new rows from a buffer. Gives how many numbers they have, or undefined when some are missing. */
  #append(
    record: RunRecord,
    { rows, samples }: { readonly rows: number; readonly samples: number },
    buffer: DataView | undefined,
    offset: number,
  ): number | undefined {
    const length = rows * ROW_LENGTH;
    const all = floats(buffer, offset, length + samples * sampleLength(record.info.layers.length));
    if (all) record.append(all.subarray(0, length), all.subarray(length));
    return all?.length;
  }

  #addHistograms(message: MonitorMessage & { type: "histograms" }, buffer?: DataView): Applied {
    const record = this.runs.get(message.run);
    const { layer, quantity, steps } = message;
    if (!record || !buffer || buffer.byteLength < steps.length * BINS) return "applied";
    const bytes = new Uint8Array(buffer.buffer, buffer.byteOffset, steps.length * BINS);
    record.addHistograms(layer, quantity, steps, bytes);
    this.#emit({ type: "changed" });
    return "applied";
  }

  #newRecord(info: RunInfo): RunRecord {
    return new RunRecord(info, (layer, quantity, since) =>
      this.request({ type: "histograms", run: info.id, layer, quantity, since }),
    );
  }

  #emit(event: StoreEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

/** `count` little-endian float32 from number `offset` on; a message's buffer may start at any byte. */
function floats(buffer: DataView | undefined, offset: number, count: number): Float32Array | undefined {
  if (count === 0) return new Float32Array(0);
  if (!buffer || buffer.byteLength < 4 * (offset + count)) return undefined;
  return Float32Array.from({ length: count }, (_, index) => buffer.getFloat32(4 * (offset + index), true));
}

const ANSWERS: readonly string[] = ["refused", "microscope", "batch", "code"] satisfies RunAnswer["type"][];
const isAnswer = (message: MonitorMessage): message is RunAnswer => ANSWERS.includes(message.type);
