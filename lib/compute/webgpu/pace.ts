// How often the package `webgpu` looks whether the GPU is done. Left to itself it looks all the time, by setImmediate, for as long as
// anything is on its way, and takes a whole core for that: from the notebook, and from a GPU in software.

/** Milliseconds between two looks, at most, and as a part of what the wait has lasted so far. */
const LONGEST_MS = 1;
const SHARE = 1 / 16;
/** For so long it looks all the time. */
const EAGER_MS = 0.1;

/** Has `globalThis.setImmediate`, which the package looks up each time, put its callbacks off while nothing else is to be done.
 *  `word` of `control`: how many requests were sent, and `handled` how many have come; a new one ends the wait. */
export function paceLooks(control: Int32Array<SharedArrayBuffer>, word: number, handled: () => number): void {
  const immediately = globalThis.setImmediate;
  /** Which request came last, and when. */
  let request = 0;
  let since = 0;
  const paced = (look: () => void): NodeJS.Immediate =>
    immediately(() => {
      const now = performance.now();
      if (request !== handled()) {
        request = handled();
        since = now;
      }
      const waited = now - since;
      if (waited > EAGER_MS) Atomics.wait(control, word, request, Math.min(LONGEST_MS, waited * SHARE));
      look();
    });
  globalThis.setImmediate = paced as typeof setImmediate;
}
