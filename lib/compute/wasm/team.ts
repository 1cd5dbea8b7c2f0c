// The team that runs a plan: a leader, which is the engine's own thread, and helpers. Each part of a plan is cut into chunks
// that anyone of the team claims, in generated code, by raising a ticket. Who is late gets none, and the leader waits only for
// chunks that have been claimed: a helper that the operating system has put aside holds nobody up that it did not have to.
//
// Tickets count on from run to run (modulo 2^32), so that a helper which comes back from a sleep of several runs finds that
// everything it knew of is over, and never takes a chunk of something else.

import { SPINS } from "../settings.js";
import { FunctionBuilder } from "./encoder.js";
import { I32, OP, type ValueType } from "./instructions.js";
import type { ModuleBuilder } from "./module.js";

/** What leader and helpers share: byte addresses at the begin of the heap, on cache lines of their own. */
export const TEAM = {
  /** Odd while the leader writes the next three: which plan runs, its run block, the ticket it started from. */
  sequence: 512,
  plan: 516,
  block: 520,
  base: 524,
  /** Tickets below this one may be claimed. Who has nothing to do sleeps on it. */
  limit: 576,
  /** The next ticket to be claimed. */
  ticket: 640,
  /** Chunks that helpers have finished, ever. The leader sleeps on it. */
  done: 704,
  leaderSleeps: 708,
  /** How many helpers sleep. */
  sleepers: 768,
  /** Chunks of helpers that threw, ever. */
  failed: 832,
} as const;

/** Every function that works on one chunk: run block, chunk, thread, step. */
export const CHUNK_PARAMETERS: readonly ValueType[] = [I32, I32, I32, I32];
export const CHUNK = 1;
export const THREAD = 2;
export const STEP = 3;

/** Work (see `workOf`) after which the leader looks whether the run was cancelled: about a millisecond. */
export const LOOK_WORK = 2e7;

/** The functions by which a plan's module is run together; generated into each. */
export class TeamWriter {
  readonly #module: ModuleBuilder;
  readonly #cancelled: number;
  /** Per thread: the ticket after the current part; `done` when the helpers have finished what they claimed; work since. */
  readonly #end: number;
  readonly #awaited: number;
  readonly #since: number;
  /** (work) -> whether the run was cancelled. */
  readonly look: number;
  /** (block, slot, chunks, step, work of a chunk) -> whether the run was cancelled. Comes back when all chunks are done. */
  readonly lead: number;
  /** (block, slot, chunks, step, thread): takes part as long as there are chunks. */
  readonly assist: number;

  /** `cancelled`: the import that says whether to stop. */
  constructor(module: ModuleBuilder, cancelled: number) {
    this.#module = module;
    this.#cancelled = cancelled;
    this.#end = module.global();
    this.#awaited = module.global();
    this.#since = module.global();
    this.look = module.add(this.#look());
    this.lead = module.add(this.#lead());
    this.assist = module.add(this.#assist());
  }

  /** Leader: at the start of a run whose first ticket is the local `base`. */
  begin(f: FunctionBuilder, base: number): void {
    this.join(f, base);
    loadWord(f, TEAM.done);
    f.setGlobal(this.#awaited);
    f.i32(0);
    f.setGlobal(this.#since);
  }

  /** Helper: the same. */
  join(f: FunctionBuilder, base: number): void {
    f.get(base);
    f.setGlobal(this.#end);
  }

  /** Leader: everything up to the ticket `base` + `total` counts as claimed, whatever is left. */
  finish(f: FunctionBuilder, base: number, total: number): void {
    for (const word of [TEAM.ticket, TEAM.limit]) {
      storeWord(f, word, () => {
        f.get(base);
        f.i32(total);
        f.op(OP.i32_add);
      });
    }
    this.#wake(f);
  }

  #look(): FunctionBuilder {
    const f = new FunctionBuilder([I32], [I32]);
    f.getGlobal(this.#since);
    f.get(0);
    f.op(OP.i32_add);
    f.tee(0);
    f.setGlobal(this.#since);
    f.get(0);
    f.i32(LOOK_WORK);
    f.op(OP.i32_lt_s);
    f.if(() => {
      f.i32(0);
      f.return();
    });
    f.i32(0);
    f.setGlobal(this.#since);
    f.call(this.#cancelled);
    return f;
  }

  #lead(): FunctionBuilder {
    const f = new FunctionBuilder([I32, I32, I32, I32, I32], [I32]);
    const [block, slot, chunks, step, work] = [0, 1, 2, 3, 4] as const;
    const [mine, stopped] = [f.local(I32), f.local(I32)];
    this.#open(f, chunks);
    storeWord(f, TEAM.limit, () => f.getGlobal(this.#end));
    this.#wake(f);
    this.#claims(f, () => {
      this.#work(f, [block, slot, chunks, step], () => f.i32(0));
      f.advance(mine, 1);
      f.get(work);
      f.call(this.look);
      f.if(() => {
        f.i32(1);
        f.set(stopped);
        // What is left counts as done by the leader.
        f.get(mine);
        f.getGlobal(this.#end);
        f.i32(0);
        f.getGlobal(this.#end);
        f.atomic(OP.i32_atomic_exchange, TEAM.ticket);
        f.op(OP.i32_sub);
        f.op(OP.i32_add);
        f.set(mine);
      });
    });
    f.getGlobal(this.#awaited);
    f.get(chunks);
    f.get(mine);
    f.op(OP.i32_sub);
    f.op(OP.i32_add);
    f.setGlobal(this.#awaited);
    this.#awaitHelpers(f);
    f.get(stopped);
    return f;
  }

  #assist(): FunctionBuilder {
    const f = new FunctionBuilder([I32, I32, I32, I32, I32]);
    const [block, slot, chunks, step, thread] = [0, 1, 2, 3, 4] as const;
    const limit = f.local(I32);
    this.#open(f, chunks);
    spinThenSleep(
      f,
      () => {
        loadWord(f, TEAM.limit);
        f.tee(limit);
        f.getGlobal(this.#end);
        f.op(OP.i32_sub);
        f.i32(0);
        f.op(OP.i32_ge_s);
      },
      () => {
        addTo(f, TEAM.sleepers, 1);
        waitOn(f, TEAM.limit, limit);
        addTo(f, TEAM.sleepers, -1);
      },
    );
    this.#claims(f, () => {
      this.#work(f, [block, slot, chunks, step], () => f.get(thread));
      addTo(f, TEAM.done, 1);
      loadWord(f, TEAM.leaderSleeps);
      f.if(() => notify(f, TEAM.done));
    });
    return f;
  }

  #open(f: FunctionBuilder, chunks: number): void {
    f.getGlobal(this.#end);
    f.get(chunks);
    f.op(OP.i32_add);
    f.setGlobal(this.#end);
  }

  /** Claims tickets until there are none left, and does `each` for every one; it is `#claimed` then. */
  #claims(f: FunctionBuilder, each: () => void): void {
    const ticket = f.local(I32);
    this.#claimed = ticket;
    f.block(() => {
      f.loop(() => {
        loadWord(f, TEAM.ticket);
        f.tee(ticket);
        f.getGlobal(this.#end);
        f.op(OP.i32_sub);
        f.i32(0);
        f.op(OP.i32_ge_s);
        f.branchIf(1);
        f.i32(0);
        f.get(ticket);
        f.get(ticket);
        f.i32(1);
        f.op(OP.i32_add);
        f.atomic(OP.i32_atomic_compare_exchange, TEAM.ticket);
        f.get(ticket);
        f.op(OP.i32_ne);
        f.branchIf(0);
        each();
        f.branch(0);
      });
    });
  }

  #claimed = 0;

  /** Calls the function in the slot for the claimed chunk. */
  #work(
    f: FunctionBuilder,
    [block, slot, chunks, step]: readonly [number, number, number, number],
    thread: () => void,
  ): void {
    f.get(block);
    f.get(chunks);
    f.getGlobal(this.#end);
    f.get(this.#claimed);
    f.op(OP.i32_sub);
    f.op(OP.i32_sub);
    thread();
    f.get(step);
    f.get(slot);
    f.callIndirect(this.#module.signature(CHUNK_PARAMETERS));
  }

  #wake(f: FunctionBuilder): void {
    loadWord(f, TEAM.sleepers);
    f.if(() => notify(f, TEAM.limit));
  }

  #awaitHelpers(f: FunctionBuilder): void {
    const done = f.local(I32);
    const finished = (): void => {
      loadWord(f, TEAM.done);
      f.tee(done);
      f.getGlobal(this.#awaited);
      f.op(OP.i32_eq);
    };
    spinThenSleep(f, finished, () => {
      storeWord(f, TEAM.leaderSleeps, () => f.i32(1));
      finished();
      f.op(OP.i32_eqz);
      f.if(() => waitOn(f, TEAM.done, done));
      storeWord(f, TEAM.leaderSleeps, () => f.i32(0));
    });
  }
}

/** Looks for `condition` SPINS times in vain, then sleeps again and again until it holds. */
function spinThenSleep(f: FunctionBuilder, condition: () => void, sleep: () => void): void {
  const spins = f.local(I32);
  f.i32(SPINS);
  f.set(spins);
  f.block(() => {
    f.loop(() => {
      condition();
      f.branchIf(1);
      f.advance(spins, -1);
      f.get(spins);
      f.i32(0);
      f.op(OP.i32_ge_s);
      f.branchIf(0);
      sleep();
      f.branch(0);
    });
  });
}

function loadWord(f: FunctionBuilder, word: number): void {
  f.i32(0);
  f.atomic(OP.i32_atomic_load, word);
}

function storeWord(f: FunctionBuilder, word: number, push: () => void): void {
  f.i32(0);
  push();
  f.atomic(OP.i32_atomic_store, word);
}

function addTo(f: FunctionBuilder, word: number, by: number): void {
  f.i32(0);
  f.i32(by);
  f.atomic(OP.i32_atomic_add, word);
  f.op(OP.drop);
}

/** Sleeps while the word has the value of the local `seen`. */
function waitOn(f: FunctionBuilder, word: number, seen: number): void {
  f.i32(0);
  f.get(seen);
  f.forever();
  f.atomic(OP.atomic_wait32, word);
  f.op(OP.drop);
}

/** Wakes all who sleep on the word. */
function notify(f: FunctionBuilder, word: number): void {
  f.i32(0);
  f.i32(-1);
  f.atomic(OP.atomic_notify, word);
  f.op(OP.drop);
}
