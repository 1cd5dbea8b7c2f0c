// Requests of the front end on their way to the training loop of the run they are for. A loop may keep its thread busy for an
// hour, so nothing comes by event here: the loop looks at one shared word in each step.

import { REFUSALS, type RunAnswer, type RunRequest } from "../control.js";
import { host, type RequestSource } from "../host.js";

/** Whose requests are handed over, by the runs' ids. Weak: a mailbox must not keep a run alive. */
const receivers = new Map<string, WeakRef<Receiver>>();

export interface Receiver {
  receive(request: RunRequest): void;
}

let source: RequestSource | undefined;
let seen = 0;

/** From now on `receiver` gets the requests for this run, as long as there is one. */
export function receiveRequests(run: string, receiver: Receiver): void {
  receivers.set(run, new WeakRef(receiver));
  const { requests } = host() ?? {};
  if (requests !== source) {
    source = requests;
    seen = 0;
    requests?.listen(deliver);
  }
}

/** Hands over what has come in since the last time. Costs a few nanoseconds where nothing has. */
export function deliver(): void {
  if (source === undefined) return;
  const count = Atomics.load(source.count, 0);
  if (count === seen) return;
  seen = count;
  for (let request = source.take(); request !== undefined; request = source.take()) {
    const receiver = receivers.get(request.run)?.deref();
    if (receiver !== undefined) receiver.receive(request);
    else refuse(request.run, REFUSALS.gone);
  }
}

/** Says something in the front end; `numbers` are a message's buffer. */
export function answer(what: RunAnswer, numbers?: Float32Array): void {
  host()?.publish({ type: "answer", answer: what, ...(numbers && { numbers }) });
}

/** Says in the front end that a request could not be met. */
export function refuse(run: string, text: string): void {
  answer({ type: "refused", run, text });
}

const NOBODY = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/** Blocks this thread until there is another request, for so many milliseconds at most. */
export function waitForRequest(milliseconds: number): void {
  if (source === undefined) Atomics.wait(NOBODY, 0, 0, milliseconds);
  else Atomics.wait(source.count, 0, seen, milliseconds);
}
