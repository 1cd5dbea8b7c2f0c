// The team that runs a plan: a leader, which is the engine's own thread, and helpers. Each part of a plan is cut into chunks
// that anyone of the team claims, in generated code. Who is late gets none, and the leader waits only for chunks that have been
// claimed: a helper that the operating system has put aside holds nobody up that it did not have to.
//
// The leader claims from the front, its first helper from the back: from step to step each finds in its own cache what it
// worked on before (300 x 32 x 784 on two cores: 150 us when chunks went to whoever came, 190 on one core).
//
// Parts are known by a count of chunks that goes on from run to run (modulo 2^32), so that a helper which comes back from a
// sleep of several runs finds that everything it knew of is over, and never takes a chunk of something else.

import { SPINS } from "../settings.js";
import { FunctionBuilder } from "./encoder.js";
import { I32, I64, OP, type ValueType } from "./instructions.js";
import type { ModuleBuilder } from "./module.js";

/** What leader and helpers share: byte addresses at the begin of the heap, on cache lines of their own. */
export const TEAM = {
  /** Odd while the leader writes the next three: which plan runs, its run block, the count it started from. */
  sequence: 512,
  plan: 516,
  block: 520,
  base: 524,
  /** The count after the part that is open. Who has nothing to do sleeps on it. */
  limit: 576,
  /** What is left of the open part, in eight bytes: the first chunk (16 bits) and the end (16) of those that nobody has claimed;
   *  above them the count after the part, so that no one claims from another part than he thinks. */
  left: 640,
  /** Chunks that helpers have finished, ever. The leader sleeps on it. */
  done: 704,
  leaderSleeps: 708,
  /** How many helpers sleep. */
  sleepers: 768,
  /** Chunks of helpers that threw, ever. */
  failed: 832,
  /** Not 0 while the leader runs a plan without helpers: they are neither told nor woken. */
  alone: 896,
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
  /** Variables of each thread: the count after the current part; what `done` will be when the helpers have finished what they
   *  claimed; the work since the last look. */
  readonly end: number;
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
    this.end = module.global();
    this.#awaited = module.global();
    this.#since = module.global();
    this.look = module.add(this.#look());
    this.lead = module.add(this.#lead());
    this.assist = module.add(this.#assist());
  }

  /** Leader: at the start of a run that starts from the count in the local `base`. */
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
    f.setGlobal(this.end);
  }

  /** Leader: everything up to the count `base` + `total` is over, whatever is left. */
  finish(f: FunctionBuilder, base: number, total: number): void {
    const end = f.local(I32);
    f.get(base);
    f.i32(total);
    f.op(OP.i32_add);
    f.set(end);
    f.i32(0);
    pushLeft(f, () => f.get(end), undefined);
    f.atomic(OP.i64_atomic_store, TEAM.left);
    storeWord(f, TEAM.limit, () => f.get(end));
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
    f.i32(0);
    pushLeft(
      f,
      () => f.getGlobal(this.end),
      () => f.get(chunks),
    );
    f.atomic(OP.i64_atomic_store, TEAM.left);
    loadWord(f, TEAM.alone);
    f.op(OP.i32_eqz);
    f.if(() => {
      storeWord(f, TEAM.limit, () => f.getGlobal(this.end));
      this.#wake(f);
    });
    const front = (): void => f.i32(1);
    this.#claims(f, front, (chunk) => {
      this.#work(f, [block, slot, chunk, step], () => f.i32(0));
      f.advance(mine, 1);
      f.get(work);
      f.call(this.look);
      f.if(() => {
        f.i32(1);
        f.set(stopped);
        // What is left counts as done by the leader.
        const rest = f.local(I64);
        f.i32(0);
        pushLeft(f, () => f.getGlobal(this.end), undefined);
        f.atomic(OP.i64_atomic_exchange, TEAM.left);
        f.set(rest);
        f.get(mine);
        pushEndOf(f, rest);
        pushFirstOf(f, rest);
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
        f.getGlobal(this.end);
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
    const fromBack = f.local(I32);
    f.get(thread);
    f.i32(1);
    f.op(OP.i32_and);
    f.set(fromBack);
    const front = (): void => {
      f.get(fromBack);
      f.op(OP.i32_eqz);
    };
    this.#claims(f, front, (chunk) => {
      this.#work(f, [block, slot, chunk, step], () => f.get(thread));
      addTo(f, TEAM.done, 1);
      loadWord(f, TEAM.leaderSleeps);
      f.if(() => notify(f, TEAM.done));
    });
    return f;
  }

  #open(f: FunctionBuilder, chunks: number): void {
    f.getGlobal(this.end);
    f.get(chunks);
    f.op(OP.i32_add);
    f.setGlobal(this.end);
  }

  /** Claims chunks of the current part until there are none left, and does `each` for every one. `front` pushes whether to
   *  take the first of those left, or the last. */
  #claims(f: FunctionBuilder, front: () => void, each: (chunk: number) => void): void {
    const [left, chunk] = [f.local(I64), f.local(I32)];
    f.block(() => {
      f.loop(() => {
        f.i32(0);
        f.atomic(OP.i64_atomic_load, TEAM.left);
        f.tee(left);
        f.i64(32);
        f.op(OP.i64_shr_u);
        f.op(OP.i32_wrap_i64);
        f.getGlobal(this.end);
        f.op(OP.i32_ne);
        f.branchIf(1);
        pushFirstOf(f, left);
        pushEndOf(f, left);
        f.op(OP.i32_eq);
        f.branchIf(1);
        f.i32(0);
        f.get(left);
        f.get(left);
        f.i64(1);
        f.i64(-65536);
        front();
        f.op(OP.select);
        f.op(OP.i64_add);
        f.atomic(OP.i64_atomic_compare_exchange, TEAM.left);
        f.get(left);
        f.op(OP.i64_ne);
        f.branchIf(0);
        pushFirstOf(f, left);
        pushEndOf(f, left);
        f.i32(1);
        f.op(OP.i32_sub);
        front();
        f.op(OP.select);
        f.set(chunk);
        each(chunk);
        f.branch(0);
      });
    });
  }

  /** Calls the function in the slot for one chunk. */
  #work(
    f: FunctionBuilder,
    [block, slot, chunk, step]: readonly [number, number, number, number],
    thread: () => void,
  ): void {
    f.get(block);
    f.get(chunk);
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

/** The count after a part and its chunks from the first on, as `TEAM.left` has them; none are left without `chunks`. */
function pushLeft(f: FunctionBuilder, end: () => void, chunks: (() => void) | undefined): void {
  end();
  f.op(OP.i64_extend_i32_u);
  f.i64(32);
  f.op(OP.i64_shl);
  if (chunks === undefined) return;
  chunks();
  f.i32(16);
  f.op(OP.i32_shl);
  f.op(OP.i64_extend_i32_u);
  f.op(OP.i64_or);
}

/** The first chunk that is left, of the i64 local `left`. */
function pushFirstOf(f: FunctionBuilder, left: number): void {
  f.get(left);
  f.op(OP.i32_wrap_i64);
  f.i32(0xffff);
  f.op(OP.i32_and);
}

/** The end of the chunks that are left. */
function pushEndOf(f: FunctionBuilder, left: number): void {
  f.get(left);
  f.op(OP.i32_wrap_i64);
  f.i32(16);
  f.op(OP.i32_shr_u);
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
  f.i64(-1);
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
