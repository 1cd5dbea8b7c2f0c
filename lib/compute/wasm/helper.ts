// A helper thread of the team: sleeps until a run has work for several, and then takes part in it. See team.ts.

import { type MessagePort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { SPINS_IN_JAVASCRIPT } from "../settings.js";
import type { HelperData, HelperMessage } from "./helpers.js";
import { Linker } from "./link.js";
import type { Help } from "./program.js";
import { TEAM } from "./team.js";

const { thread, memory, library, port } = workerData as HelperData;
const linker = new Linker(memory, library);
const words = new Int32Array(memory.buffer);
const plans = new Map<number, Help>();

const word = (name: keyof typeof TEAM): number => Atomics.load(words, TEAM[name] / 4);

function learn(from: MessagePort): void {
  for (let next = receiveMessageOnPort(from); next !== undefined; next = receiveMessageOnPort(from)) {
    const { plan, module, libraries } = next.message as HelperMessage;
    if (libraries !== undefined) linker.use(libraries);
    if (module === undefined) plans.delete(plan);
    else plans.set(plan, linker.link(module).help as Help);
  }
}

/** The run that the leader has announced last; undefined while it is writing. */
function announced(): { sequence: number; plan: number; block: number; base: number } | undefined {
  const sequence = word("sequence");
  const run = { sequence, plan: word("plan"), block: word("block"), base: word("base") };
  return sequence % 2 === 0 && word("sequence") === sequence ? run : undefined;
}

function sleep(seen: number): void {
  for (let spins = SPINS_IN_JAVASCRIPT; spins > 0; spins--) if (word("limit") !== seen) return;
  Atomics.add(words, TEAM.sleepers / 4, 1);
  Atomics.wait(words, TEAM.limit / 4, seen);
  Atomics.sub(words, TEAM.sleepers / 4, 1);
}

let last = 0;
for (;;) {
  const seen = word("limit");
  const run = announced();
  if (run === undefined || run.sequence === last) {
    learn(port);
    sleep(seen);
    continue;
  }
  last = run.sequence;
  if (!plans.has(run.plan)) learn(port);
  try {
    plans.get(run.plan)?.(run.block, run.base, thread);
  } catch {
    // The leader waits for the chunk that was claimed.
    Atomics.add(words, TEAM.failed / 4, 1);
    Atomics.add(words, TEAM.done / 4, 1);
    Atomics.notify(words, TEAM.done / 4);
  }
}
