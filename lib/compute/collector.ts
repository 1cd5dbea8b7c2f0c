// What is asked of JavaScript's garbage collector: to take recorded graphs for short-lived, and to run now.

import v8 from "node:v8";
import vm from "node:vm";

/** Has V8 make all objects in the memory for young ones. By itself it learns at which places in the code objects live long, and
 *  makes the next ones there among the old, for good. While a program is new and that memory small, a whole step of a deep
 *  network outlives some collections, and so the lists of a node's inputs count as such. From then on each dead list keeps
 *  alive, until the next full collection, what it lists, and through that the graph of its step: with 20 layers and batch
 *  norm a quarter of all that is recorded, copied twice. Without, next to nothing. */
export function expectShortLives(): void {
  v8.setFlagsFromString("--no-allocation-site-pretenuring");
}

/** JavaScript keeps what a weak reference was made of, or was asked for, alive until the current job ends, which in a synchronous
 *  loop it does not. V8 forgets that list whenever it has emptied a queue of microtasks; this context has one of its own, so that
 *  no code of the user's runs. Takes 1 us; on a list of thousands each new weak reference takes 0.9 us, on a short one 0.2. */
export function forgetWeaklyReferenced(): void {
  endJob ??= makeEndJob();
  endJob();
}

let endJob: (() => void) | undefined;

function makeEndJob(): () => void {
  const context = vm.createContext({}, { microtaskMode: "afterEvaluate" });
  const script = new vm.Script("0");
  return () => script.runInContext(context);
}

let gc: ((options: { type: "minor" | "major" }) => void) | undefined;

/** Runs the garbage collector so that weak references to what is dead are cleared, also within a synchronous loop. */
export function collectGarbage(kind: "minor" | "major"): void {
  gc ??= exposedCollector();
  forgetWeaklyReferenced();
  gc({ type: kind });
}

function exposedCollector(): NonNullable<typeof gc> {
  v8.setFlagsFromString("--expose-gc");
  return vm.runInNewContext("gc") as NonNullable<typeof gc>;
}
