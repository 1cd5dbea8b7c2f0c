// The engine: plans and buffers by number, and what each request does to them. It knows one device, and nothing of threads,
// rings or sockets: requests come in order through `handle`, replies leave through a function.

import type { GraphSpec } from "../../graph/spec.js";
import { type Device, type DeviceBuffer, DeviceLostError, type Executable, type Fault } from "../device.js";
import type { Plan } from "../ir.js";
import { buildPlan } from "../plan/index.js";
import { CHUNK_BYTES } from "../settings.js";
import { type Failure, RequestFailure } from "./errors.js";
import { type Explanation, explain, operationCounts, timed } from "./explanation.js";
import { bytesOf, parseGraph } from "./graph.js";
import {
  type ErrorKind,
  PROTOCOL_VERSION,
  type Reply,
  type Request,
  type RequestOf,
  type RequestType,
  TO_THE_END,
} from "./protocol.js";
import { padded } from "./ring.js";
import { sharedMemoryOf } from "./shared-memory.js";

interface Stored {
  readonly bytes: number;
  /** What lies on the device, or why there is nothing. */
  readonly content: DeviceBuffer | Failure;
  /** The last run it was bound in. */
  boundIn: number | undefined;
}

interface Prepared {
  readonly executable: Executable;
  /** Bytes of each binding: first the inputs, then the new results. */
  readonly bindingBytes: readonly number[];
  readonly inputs: number;
  readonly args: number;
  readonly graph: Explanation["graph"];
}

/** A run that is ahead of its checks: what its faults say, and what they would take from it. */
interface Ahead {
  readonly sequence: number;
  readonly faults: readonly string[];
  readonly results: ReadonlyMap<number, Stored>;
}

/** Requests that need not wait until it is known how the runs before them have ended. */
const NEEDS_NO_OUTCOME: ReadonlySet<RequestType> = new Set(["run", "write", "free", "cancel"]);

export interface EngineOptions {
  readonly reply: (message: Reply) => void;
  /** Whether a request need not be finished; looked at between kernels. */
  readonly cancelled?: (sequence: number) => boolean;
  /** From graph to plan; another one only in tests. */
  readonly plan?: (graph: GraphSpec, device: Device) => Plan;
}

export class Engine {
  readonly #device: Device;
  readonly #options: EngineOptions;
  readonly #plans = new Map<number, Prepared | Failure>();
  readonly #buffers = new Map<number, Stored>();
  /** Oldest first. */
  readonly #ahead: Ahead[] = [];
  #compiles = 0;
  #ended = false;

  constructor(device: Device, options: EngineOptions) {
    this.#device = device;
    this.#options = options;
  }

  /** True after `shutdown`, and once the device is lost. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The number of the oldest request of which it is not known how it has ended. */
  get unsettled(): number | undefined {
    return this.#ahead[0]?.sequence;
  }

  /** Does what `request` asks and sends the replies. What fails is replied as an error; nothing is thrown. */
  handle(request: Request): void {
    this.#attempt(request.sequence, () => {
      this.#settle(!NEEDS_NO_OUTCOME.has(request.type));
      (this.#handlers[request.type] as (request: Request) => void)(request);
      this.#settle(false);
    });
  }

  /** Looks how runs have ended, where there is nothing else to do. */
  look(): void {
    if (this.unsettled !== undefined) this.#attempt(this.unsettled, () => this.#settle(false));
  }

  #attempt(sequence: number, what: () => void): void {
    try {
      what();
    } catch (error) {
      const lost = error instanceof DeviceLostError;
      // it was lost in the oldest run that has not ended, whoever has noticed
      this.refuse(sequence, error, lost ? this.unsettled : sequence);
      if (lost) this.#ended = true;
    }
  }

  /** Replies that request `sequence` failed because of `error`, of request `cause` unless it says otherwise. */
  refuse(sequence: number, error: unknown, cause: number = sequence): void {
    const { kind, message, origin } = failureOf(error, cause);
    this.#options.reply({ type: "error", sequence, origin, kind, message });
  }

  readonly #handlers: { readonly [K in RequestType]: (request: RequestOf<K>) => void } = {
    hello: ({ sequence, version, device }) => {
      if (version !== PROTOCOL_VERSION)
        throw refusal(sequence, `this engine speaks version ${PROTOCOL_VERSION}, the client ${version}`);
      const { name, description } = this.#device;
      if (device !== name) throw refusal(sequence, `this engine has the device "${name}", not "${device}"`);
      this.#options.reply({ type: "welcome", sequence, version, device: name, description });
    },
    define: (request) => this.#define(request),
    run: (request) => this.#run(request),
    write: (request) => {
      const { sequence, buffer, total, offset, chunk } = request;
      if (offset + chunk.length > total)
        throw refusal(sequence, `a write ends at byte ${offset + chunk.length} of ${total}`);
      if (!this.#buffers.has(buffer)) this.#create(buffer, total, sequence);
      const stored = this.#stored(buffer, sequence);
      if (stored.bytes !== total)
        throw refusal(sequence, `buffer ${buffer} has ${stored.bytes} bytes, not ${total}`);
      if (chunk.length > 0) this.#device.write(stored.content, offset, chunk);
    },
    read: ({ sequence, buffer, offset, bytes }) => this.#sendBytes(buffer, offset, bytes, sequence),
    gather: ({ sequence, buffers }) => {
      const stored = Array.from(buffers, (buffer) => this.#stored(buffer, sequence));
      const all = new Uint8Array(stored.reduce((sum, { bytes }) => sum + padded(bytes), 0));
      let at = 0;
      for (const { content, bytes } of stored) {
        all.set(this.#device.read(content, 0, bytes), at);
        at += padded(bytes);
      }
      this.#sendAll(all.length, sequence, (from, bytes) => all.subarray(from, from + bytes));
    },
    locate: (request) => {
      const { sequence, buffer, offset } = request;
      const shared = sharedMemoryOf(this.#device);
      const { content, bytes } = this.#range(buffer, offset, request.bytes, sequence);
      const address = shared?.address(content);
      if (address === undefined) return this.#handlers.read({ ...request, type: "read" });
      this.#options.reply({ type: "place", sequence, address: address + offset, bytes });
    },
    free: ({ buffers }) => this.#free(buffers),
    explain: ({ sequence, plan, measure }) => {
      const { executable, graph } = this.#prepared(plan, sequence);
      const known = explain(executable, graph);
      const explanation = measure === 0 ? known : timed(this.#device, executable.plan, known);
      this.#options.reply({ type: "text", sequence, text: JSON.stringify(explanation) });
    },
    memory: ({ sequence }) => {
      this.#device.finish?.();
      const { allocatedBytes, arenaBytes, reservedBytes } = this.#device;
      const [buffers, plans] = [this.#buffers.size, this.#plans.size];
      this.#options.reply({
        type: "usage",
        sequence,
        allocatedBytes,
        arenaBytes,
        reservedBytes,
        buffers,
        plans,
        compiles: this.#compiles,
      });
    },
    // Only of use where it overtakes; whoever carries messages to an engine takes care of that.
    cancel: () => undefined,
    shutdown: () => {
      this.#ended = true;
      for (const prepared of this.#plans.values()) if (!isFailure(prepared)) prepared.executable.release();
      for (const { content } of this.#buffers.values()) if (!isFailure(content)) this.#device.free(content);
      this.#plans.clear();
      this.#buffers.clear();
      this.#device.close();
    },
  };

  #define({ sequence, plan, graph }: RequestOf<"define">): void {
    if (this.#plans.has(plan)) throw refusal(sequence, `plan ${plan} is defined already`);
    try {
      const spec = parseGraph(graph);
      const executable = this.#device.compile((this.#options.plan ?? buildPlan)(spec, this.#device));
      this.#compiles++;
      this.#plans.set(plan, { executable, graph: operationCounts(spec), ...bindingsOf(spec) });
    } catch (error) {
      if (error instanceof DeviceLostError) throw error;
      const failure = { ...failureOf(error, sequence), kind: "plan" as const };
      this.#plans.set(plan, failure);
      throw new RequestFailure(failure);
    }
  }

  #run(request: RequestOf<"run">): void {
    const { sequence, plan, bindings, report, free } = request;
    this.#free(free);
    try {
      this.#execute(this.#prepared(plan, sequence), request);
      if (report > 0) this.#sendBytes(bindings[report - 1] ?? 0, 0, TO_THE_END, sequence);
    } catch (error) {
      // Whoever reads one of the results is told why it is not there. Results of a plan that is not known: all new ids.
      const prepared = this.#plans.get(plan);
      const first = prepared === undefined || isFailure(prepared) ? 0 : prepared.inputs;
      const failure = failureOf(error, sequence);
      for (const id of bindings.subarray(first))
        if (!this.#buffers.has(id)) this.#buffers.set(id, { bytes: 0, content: failure, boundIn: undefined });
      throw error;
    }
  }

  /** Learns how runs have ended, as far as that is known, or with `wait` to the last. */
  #settle(wait: boolean): void {
    for (let [run] = this.#ahead; run !== undefined; [run] = this.#ahead) {
      const outcome = this.#device.outcome!(wait);
      if (outcome === undefined) return;
      this.#ahead.shift();
      if (outcome === "done") continue;
      const { sequence, faults, results } = run;
      const error = faulty(sequence, faults, outcome);
      for (const [id, stored] of results) {
        // unless it was given back, or to another run
        if (this.#buffers.get(id) !== stored || stored.boundIn !== sequence) continue;
        this.#free([id]);
        this.#buffers.set(id, { bytes: 0, content: error.failure, boundIn: undefined });
      }
      this.refuse(sequence, error);
    }
  }

  #execute(prepared: Prepared, request: RequestOf<"run">): void {
    const { sequence, plan, bindings, args, inline, report } = request;
    const { executable, bindingBytes, inputs } = prepared;
    if (bindings.length !== bindingBytes.length || args.length !== prepared.args)
      throw refusal(
        sequence,
        `plan ${plan} takes ${bindingBytes.length} bindings and ${prepared.args} arguments, ` +
          `got ${bindings.length} and ${args.length}`,
      );
    for (const { binding, data } of inline) this.#bring(bindings, binding, data, inputs, sequence);
    const uncertain = (id: number): boolean => this.#ahead.some(({ results }) => results.has(id));
    if (report > 0 || bindings.subarray(0, inputs).some(uncertain)) this.#settle(true);
    const bound: DeviceBuffer[] = [];
    for (let i = 0; i < inputs; i++) {
      const stored = this.#stored(bindings[i]!, sequence);
      if (stored.bytes < bindingBytes[i]!)
        throw refusal(
          sequence,
          `input ${i} of plan ${plan} takes ${bindingBytes[i]} bytes, its buffer has ${stored.bytes}`,
        );
      stored.boundIn = sequence;
      bound.push(stored.content);
    }
    try {
      for (let i = inputs; i < bindings.length; i++)
        bound.push(this.#createOrReuse(bindings[i]!, bindingBytes[i]!, sequence));
      const { faults } = executable.plan;
      const ahead = report === 0 && faults.length > 0 && this.#device.runAhead !== undefined;
      const cancelled = (): boolean => this.#options.cancelled?.(sequence) ?? false;
      const outcome = ahead
        ? this.#device.runAhead!(executable, bound, args, cancelled)
        : this.#device.run(executable, bound, args, cancelled);
      if (outcome === "cancelled") throw failed(sequence, "cancelled", "the run was stopped by an interrupt");
      if (outcome !== undefined) throw faulty(sequence, faults, outcome);
      if (!ahead) return;
      const results = [...bindings.subarray(inputs)].map((id) => [id, this.#buffers.get(id)!] as const);
      this.#ahead.push({ sequence, faults, results: new Map(results) });
    } catch (error) {
      this.#free(bindings.subarray(inputs, bound.length));
      throw error;
    }
  }

  /** Makes the buffer of an input whose bytes came with the run. */
  #bring(bindings: Int32Array, binding: number, data: Uint8Array, inputs: number, sequence: number): void {
    if (binding >= inputs) throw refusal(sequence, `data for binding ${binding} of ${inputs} inputs`);
    const buffer = this.#create(bindings[binding]!, data.length, sequence);
    if (data.length > 0) this.#device.write(buffer, 0, data);
  }

  #free(ids: Iterable<number>): void {
    for (const id of ids) {
      const stored = this.#buffers.get(id);
      if (stored === undefined) continue;
      this.#buffers.delete(id);
      if (!isFailure(stored.content)) this.#device.free(stored.content);
    }
  }

  #sendBytes(buffer: number, offset: number, bytes: number, sequence: number): void {
    const { content, bytes: total } = this.#range(buffer, offset, bytes, sequence);
    this.#sendAll(total, sequence, (from, count) => this.#device.read(content, offset + from, count));
  }

  /** Replies with `total` bytes, a chunk after the other. */
  #sendAll(total: number, sequence: number, read: (from: number, bytes: number) => Uint8Array): void {
    if (total === 0)
      this.#options.reply({ type: "data", sequence, total, offset: 0, chunk: new Uint8Array(0) });
    for (let offset = 0; offset < total; offset += CHUNK_BYTES) {
      const chunk = read(offset, Math.min(CHUNK_BYTES, total - offset));
      this.#options.reply({ type: "data", sequence, total, offset, chunk });
    }
  }

  #create(id: number, bytes: number, sequence: number): DeviceBuffer {
    if (this.#buffers.has(id)) throw refusal(sequence, `buffer ${id} exists already`);
    try {
      const content = this.#device.allocate(bytes);
      this.#buffers.set(id, { bytes, content, boundIn: sequence });
      return content;
    } catch (error) {
      const failure = { origin: sequence >>> 0, kind: "memory" as const, message: (error as Error).message };
      this.#buffers.set(id, { bytes, content: failure, boundIn: undefined });
      throw new RequestFailure(failure);
    }
  }

  /** The buffer of a result: a new one, or one whose value is no longer needed, if it has the right size. */
  #createOrReuse(id: number, bytes: number, sequence: number): DeviceBuffer {
    const stored = this.#buffers.get(id);
    if (stored === undefined) return this.#create(id, bytes, sequence);
    if (stored.boundIn === sequence) throw refusal(sequence, `buffer ${id} is bound already`);
    stored.boundIn = sequence;
    const { content } = stored;
    if (!isFailure(content) && stored.bytes === bytes) return content;
    this.#free([id]);
    return this.#create(id, bytes, sequence);
  }

  #stored(id: number, sequence: number): Stored & { readonly content: DeviceBuffer } {
    const stored = this.#buffers.get(id);
    if (stored === undefined) throw refusal(sequence, `there is no buffer ${id}`);
    if (isFailure(stored.content)) throw new RequestFailure(stored.content);
    return stored as Stored & { readonly content: DeviceBuffer };
  }

  /** What is to be read, and how many bytes of it. */
  #range(
    id: number,
    offset: number,
    asked: number,
    sequence: number,
  ): { content: DeviceBuffer; bytes: number } {
    const { content, bytes } = this.#stored(id, sequence);
    const end = asked === TO_THE_END ? bytes : offset + asked;
    if (offset <= end && end <= bytes) return { content, bytes: end - offset };
    throw refusal(sequence, `bytes ${offset} to ${end} of buffer ${id} cannot be read: it has ${bytes}`);
  }

  #prepared(id: number, sequence: number): Prepared {
    const prepared = this.#plans.get(id);
    if (prepared === undefined) throw refusal(sequence, `there is no plan ${id}`);
    if (isFailure(prepared)) throw new RequestFailure(prepared);
    return prepared;
  }
}

function bindingsOf(graph: GraphSpec): Omit<Prepared, "executable" | "graph"> {
  const bindingBytes = new Array<number>(graph.inputs).fill(0);
  for (const node of graph.nodes)
    if (node.op === "input") {
      const binding = node.attributes.binding as number;
      bindingBytes[binding] = Math.max(bindingBytes[binding]!, bytesOf(node));
    }
  for (const { node, overwrites } of graph.results)
    if (overwrites === undefined) bindingBytes.push(bytesOf(graph.nodes[node]!));
  return { bindingBytes, inputs: graph.inputs, args: graph.args };
}

function isFailure(value: object): value is Failure {
  return "origin" in value;
}

function failureOf(error: unknown, sequence: number): Failure {
  if (error instanceof RequestFailure) return error.failure;
  const message = error instanceof Error ? error.message : String(error);
  // whoever hears of a lost device knows that nothing more can be asked of this engine
  const kind = error instanceof DeviceLostError ? "connection" : "device";
  return { origin: sequence >>> 0, kind, message };
}

function failed(sequence: number, kind: ErrorKind, message: string): RequestFailure {
  return new RequestFailure({ origin: sequence >>> 0, kind, message });
}

function faulty(sequence: number, faults: readonly string[], { fault, value }: Fault): RequestFailure {
  const text = faults[fault] ?? "a value is out of range: {value}";
  return failed(sequence, "fault", text.replaceAll("{value}", String(value)));
}

function refusal(sequence: number, message: string): RequestFailure {
  return failed(sequence, "protocol", message);
}
