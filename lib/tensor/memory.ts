// Where memory goes, and giving it back early: `memory()` lists what is alive, `scope()` frees what was made inside it.
// Neither is needed for correct programs: what nobody can reach is freed by itself.

import { AsyncLocalStorage } from "node:async_hooks";
import type { Storage } from "../compute/buffer.js";
import { printsAs } from "./printing.js";
import { session } from "./session.js";

/** What a scope needs to know of a tensor. */
interface Disposable {
  readonly storage: Storage;
  dispose(): void;
}

class Scope {
  readonly made: Disposable[] = [];
  /** Modules made inside: what they hold stays. */
  readonly modules: object[] = [];
}

const current = new AsyncLocalStorage<Scope | undefined>();
/** Scopes that have not ended: without one, tensors need not ask. */
let open = 0;

/** Says that an operation has made `tensor`. */
export function madeInScope(tensor: Disposable): void {
  if (open > 0) current.getStore()?.made.push(tensor);
}

/** Says that `module` was made: its parameters and buffers outlive the scope. */
export function moduleMadeInScope(module: object): void {
  if (open > 0) current.getStore()?.modules.push(module);
}

/** Runs `body`, then frees the memory of all tensors that operations made inside it, at once. What it returns survives (tensors,
 *  also inside arrays, records, maps and modules), and so do parameters, gradients and the state of optimizers. `body` may be
 *  async: the scope then ends when its promise does. Reading a tensor that was freed is an error.
 *
 *  Nobody has to use it: tensors that nobody can reach are found and freed anyway. It keeps a peak low where large values are
 *  made one after the other.
 *
 *  @example
 *  const mean = gb.scope(() => tensor.randn(1000, 1000).exp().mean());
 *  mean.item(); */
export function scope<T>(body: () => T): T {
  const outer = current.getStore();
  const own = new Scope();
  open++;
  let result: T;
  try {
    result = current.run(own, body);
  } catch (error) {
    end(own, outer, undefined);
    throw error;
  }
  if (!(result instanceof Promise)) {
    end(own, outer, result);
    return result;
  }
  const ended = result.then(
    (value) => {
      end(own, outer, value);
      return value;
    },
    (error) => {
      end(own, outer, undefined);
      throw error;
    },
  );
  return ended as T;
}

function end(own: Scope, outer: Scope | undefined, result: unknown): void {
  open--;
  const kept = storagesIn([result, ...own.modules]);
  // what survives must not need what is freed
  const pending = [...kept].map(({ node }) => node).filter((node) => node.pending);
  if (pending.length > 0) session().evaluate(pending);
  for (const tensor of own.made) {
    if (!kept.has(tensor.storage)) tensor.dispose();
    else outer?.made.push(tensor);
  }
  outer?.modules.push(...own.modules);
}

/** The storages of all tensors in `values`, whatever holds them. */
function storagesIn(values: readonly unknown[]): Set<Storage> {
  const storages = new Set<Storage>();
  const seen = new Set<object>();
  const waiting = [...values];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if ((typeof value !== "object" && typeof value !== "function") || value === null) continue;
    if (seen.has(value) || ArrayBuffer.isView(value)) continue;
    seen.add(value);
    if (isTensor(value)) storages.add(value.storage);
    else if (value instanceof Map) waiting.push(...value.keys(), ...value.values());
    else if (value instanceof Set) waiting.push(...value);
    else waiting.push(...Object.values(value));
  }
  return storages;
}

const isTensor = (value: object): value is Disposable => "storage" in value && "dispose" in value;

/** Tensors of one kind that are in memory. */
export interface LiveTensors {
  /** The operation and the shape. */
  readonly what: string;
  /** The line that asked for the value first: "cell [3], line 12". */
  readonly where: string;
  readonly count: number;
  readonly bytes: number;
}

/** Where memory goes; prints as a table. */
export class MemoryReport {
  /** Bytes of values that can be reached, and of all buffers, which may wait for runs on their way. */
  readonly liveBytes: number;
  readonly allocatedBytes: number;
  /** Bytes for values inside plans; all plans share them. */
  readonly arenaBytes: number;
  /** Bytes that were freed and are used again for the next values. */
  readonly pooledBytes: number;
  readonly tensors: readonly LiveTensors[];

  constructor(
    tensors: readonly LiveTensors[],
    engine: { readonly allocatedBytes: number; readonly arenaBytes: number; readonly reservedBytes: number },
  ) {
    this.tensors = tensors;
    this.liveBytes = tensors.reduce((sum, { bytes }) => sum + bytes, 0);
    this.allocatedBytes = engine.allocatedBytes;
    this.arenaBytes = engine.arenaBytes;
    this.pooledBytes = engine.reservedBytes - engine.allocatedBytes;
  }

  toString(): string {
    const rows = this.tensors
      .slice(0, ROWS)
      .map(({ what, where, count, bytes }) => [mebibytes(bytes), String(count), what, where]);
    const rest = this.tensors.slice(ROWS);
    if (rest.length > 0) {
      const sum = (pick: (row: LiveTensors) => number): number =>
        rest.reduce((all, row) => all + pick(row), 0);
      rows.push([mebibytes(sum(({ bytes }) => bytes)), String(sum(({ count }) => count)), "others", ""]);
    }
    const table = [["MiB", "tensors", "what", "where"], ...rows];
    const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]!.length)));
    const lines = table.map(([size, count, what, where]) =>
      `${size!.padStart(widths[0]!)}  ${count!.padStart(widths[1]!)}  ${what!.padEnd(widths[2]!)}  ${where}`.trimEnd(),
    );
    return [
      `${mebibytes(this.liveBytes)} MiB in tensors, ${mebibytes(this.arenaBytes)} MiB inside plans, ` +
        `${mebibytes(this.pooledBytes)} MiB free for the next ones`,
      ...lines,
    ].join("\n");
  }
}

// console.log and the notebook show the table
printsAs(MemoryReport);

/** Lines of the table; small kinds beyond are added up. */
const ROWS = 20;

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(2);

/** What is in memory now: bytes by the operation and line that made them. What nobody can reach is freed first.
 *
 *  @example
 *  const x = tensor.randn(512, 512).realize();
 *  gb.memory().liveBytes >= 4 * x.numel(); // true */
export function memory(): MemoryReport {
  const tensors = session().liveValues();
  return new MemoryReport(tensors, session().client.memory());
}
