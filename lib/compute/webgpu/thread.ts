// The thread that owns the GPU: does one request after another, and writes answers into shared memory.

import { setImmediate } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { webgpuLoss } from "../settings.js";
import { chooseAdapter, describeAdapter } from "./adapter.js";
import { CONTROL, type GpuRequest, KIND, type Opened, type Shared } from "./messages.js";
import { paceLooks } from "./pace.js";
import { OutOfMemory, Runner } from "./runner.js";

const shared = workerData as Shared;
const control = new Int32Array(shared.control);
const answers = new Uint8Array(shared.answer);
const encoder = new TextEncoder();

function answer(kind: number, bytes: Uint8Array): void {
  answers.set(bytes);
  control[CONTROL.kind] = kind;
  control[CONTROL.length] = bytes.length;
  wake(CONTROL.answered, 1);
}

function wake(word: number, value: number): void {
  Atomics.store(control, word, value);
  Atomics.notify(control, word);
}

/** Whoever waits learns that nothing will come any more. */
function lose(message: string): void {
  if (lost) return;
  lost = true;
  const bytes = encoder.encode(message || "unknown reason").subarray(0, shared.loss.byteLength);
  new Uint8Array(shared.loss).set(bytes);
  Atomics.store(control, CONTROL.lost, bytes.length);
  wake(CONTROL.answered, 1);
  Atomics.notify(control, CONTROL.done);
}

/** `faults`: the words of the check that has failed, where a run has checks. */
function count(slot: number, faults: Int32Array = NO_FAULTS): void {
  control.set(faults, CONTROL.faults + 2 * slot);
  Atomics.add(control, CONTROL.done, 1);
  Atomics.notify(control, CONTROL.done);
}

const ANSWERED: ReadonlySet<GpuRequest["type"]> = new Set(["open", "grow", "read", "compile", "finish"]);
/** Requests that have come. */
let handled = 0;
let runner: Runner | undefined;
let runs = 0;
const loss = webgpuLoss();
/** Once whoever waits was told that the GPU is lost, there is nothing more to say. */
let lost = false;
/** What is waited for after each run: in their order. */
let ends: Promise<void> = Promise.resolve();
const NOTHING = new Uint8Array(0);
const NO_FAULTS = new Int32Array(2);
const json = (value: unknown): Uint8Array => encoder.encode(JSON.stringify(value));

/** Gives the answer; undefined where none is expected. */
async function handle(request: GpuRequest): Promise<Uint8Array | undefined> {
  if (request.type === "open") {
    const adapter = await chooseAdapter();
    runner = await Runner.open(adapter, lose);
    return json({ adapter: describeAdapter(adapter) } satisfies Opened);
  }
  const gpu = runner!;
  switch (request.type) {
    case "grow":
      await gpu.grow(request.bytes);
      return NOTHING;
    case "write":
      gpu.write(request.offset, request.data);
      return undefined;
    case "read":
      return gpu.read(request.offset, request.bytes);
    case "compile":
      await gpu.compile(request.id, request.program);
      return NOTHING;
    case "run": {
      if (++runs === loss) gpu.lose();
      const { ended } = await gpu.run(request.id, request.parameters);
      ends = Promise.all([ended, ends]).then(([faults]) => {
        count(request.slot, faults);
        // while the notebook makes up its mind
        if (Atomics.load(control, CONTROL.sent) === handled) gpu.prepare(request.id);
      }, fail);
      return undefined;
    }
    case "release":
      gpu.release(request.id);
      return undefined;
    case "finish":
      await gpu.finish();
      return NOTHING;
  }
}

/** Nobody waits for an answer, so that nobody would learn of it. */
async function fail(error: unknown): Promise<void> {
  // what fails because the GPU is lost may fail before the loss is reported
  await setImmediate();
  lose((error as Error).message);
}

let last: Promise<void> = Promise.resolve();
paceLooks(control, CONTROL.sent, () => handled);
parentPort!.on("message", (request: GpuRequest) => {
  handled = (handled + 1) | 0;
  last = last.then(async () => {
    try {
      const bytes = await handle(request);
      if (bytes !== undefined) answer(KIND.answer, bytes);
    } catch (error) {
      if (!ANSWERED.has(request.type)) return fail(error);
      await setImmediate();
      if (lost) return;
      const { message } = error as Error;
      answer(error instanceof OutOfMemory ? KIND.memory : KIND.error, encoder.encode(message));
    }
  });
});
