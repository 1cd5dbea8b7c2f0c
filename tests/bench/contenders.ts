// Who takes part in a workload, and how they are measured: a check that all compute the same, then rounds in turns.

import { CPU_YARDSTICKS, kernelTable, type MachineLimits, measureLimits } from "./kernels.ts";
import { overhead } from "./paired.ts";
import { HOMES, type Home, homes, onGpu, PEERS, type PeerName, rivals, startOurs } from "./peers.ts";
import type { RunRequest, Threads, Timing } from "./protocol.ts";
import type { Runner } from "./runner.ts";
import { type Measured, median } from "./table.ts";
import type { Pair, Reading, Workload } from "./workload.ts";
import { GPU_YARDSTICKS } from "./workloads/gpu.ts";
import { workloadsFor } from "./workloads/index.ts";

/** Seconds of a round, and of the runs before it that let everybody warm up. */
const ROUND_SECONDS = 0.06;
const WARM_UP_SECONDS = 0.2;
/** Steps that a watched run has behind it: watch() looks at all of the first ones, then at ever fewer. */
const WATCHED_STEPS = 1000;

export interface Contender extends Measured {
  readonly name: Home | PeerName;
  readonly threads: Threads;
  /** Milliseconds an iteration, one for each round. */
  readonly times: number[];
}

/** The processes that are measured, started when they are needed first. */
export class Field {
  private readonly runners = new Map<string, Runner>();
  private readonly missing = new Map<PeerName, string>();
  private limits: MachineLimits | undefined;

  /** Measures a workload. */
  async race(
    name: string,
    workload: Workload,
    rounds: number,
    say: (line: string) => void,
  ): Promise<Contender[]> {
    const contenders: Contender[] = [];
    for (const home of homes())
      for (const variant of workload.watchable ? (["plain", "watched"] as const) : (["plain"] as const))
        contenders.push({ name: home, variant, threads: { own: 0, blas: 0 }, times: [] });
    for (const peer of rivals(workload.peers)) {
      if ((await this.peer(peer)) === undefined) say(`${peer} is left out: ${this.missing.get(peer)}`);
      else {
        const all: readonly Threads[] = PEERS[peer].threads;
        for (const threads of workload.once ? all.slice(-1) : all)
          contenders.push({ name: peer, variant: "plain", threads, times: [] });
      }
    }
    await this.check(name, workload, contenders);
    const counts = await this.warmUpAll(name, workload, contenders);
    for (let round = 0; round < rounds; round++) {
      for (const [contender, count] of counts) {
        const { seconds } = await this.run(name, workload, contender, count, workload.once ?? false);
        contender.times.push((seconds * 1000) / count);
      }
    }
    return fastestOfEach([...counts.keys()]);
  }

  /** Warms everybody up; gives how many iterations each runs in a round. A number of threads with which a peer is much slower
   *  than with another one is left out. */
  private async warmUpAll(
    name: string,
    workload: Workload,
    contenders: readonly Contender[],
  ): Promise<Map<Contender, number>> {
    const counts = new Map<Contender, number>();
    const fastest = new Map<string, number>();
    const seconds = new Map<Contender, number>();
    for (const contender of contenders) {
      const { iterations, each } = await this.warmUp(name, workload, contender);
      const key = `${contender.name} ${contender.variant}`;
      counts.set(contender, workload.queued ?? iterations);
      seconds.set(contender, each);
      fastest.set(key, Math.min(each, fastest.get(key) ?? each));
    }
    for (const [contender, each] of seconds)
      if (each > 1.5 * fastest.get(`${contender.name} ${contender.variant}`)!) counts.delete(contender);
    return counts;
  }

  async probe(name: string): Promise<readonly Reading[]> {
    return (await this.runner(homes()[0]!)).probe({ probe: name });
  }

  /** What watching costs, as a share: ours in new processes, in turns one in which each run goes first; PyTorch's, which is large,
   *  once. */
  async pair(name: string, { twin }: Pair, rounds: number): Promise<{ ours: number[]; pytorch: number[] }> {
    const ours: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const runner = await startOurs(homes()[0]!);
      try {
        ours.push(overhead(await runner.pair({ pair: name, twin, watchedFirst: round % 2 === 1 })));
      } finally {
        runner.stop();
      }
    }
    const peer = await this.peer("pytorch");
    const slices = await peer?.pair({ pair: name, twin, watchedFirst: false });
    return { ours, pytorch: slices === undefined ? [] : [overhead(slices)] };
  }

  /** Where the time of a workload's most frequent plan goes, as a table. */
  async kernels(name: string, say: (line: string) => void): Promise<string[]> {
    const ours = await this.runner(homes()[0]!);
    const [threads] = PEERS.openblas.threads;
    const gpu = onGpu();
    if (this.limits === undefined) say("measuring what the device can do at best");
    this.limits ??= gpu
      ? await measureLimits(GPU_YARDSTICKS, ours, undefined, threads)
      : await measureLimits(CPU_YARDSTICKS, ours, await this.peer("openblas"), threads);
    const { operations, bytes } = this.limits;
    say("running it, then each of its kernels alone");
    await ours.run({
      workload: name,
      variant: "plain",
      twin: workloadsFor(gpu)[name]!.twin,
      iterations: 20,
      fresh: true,
      threads,
    });
    return [
      `of limit: ${(operations / 1e9).toPrecision(3)} GFLOP/s or ${(bytes / 1e9).toPrecision(3)} GB/s, whichever lasts longer;`,
      "kernels are run alone, with their data in the cache as far as they fit: more than 100 % can happen",
      ...kernelTable(await ours.kernels(name), this.limits),
    ];
  }

  /** What takes part so far, in words. */
  versions(): Record<string, string> {
    const all = [...this.runners].map(([name, { hello }]): [string, string] => [
      name,
      hello.blas === undefined ? hello.version : `${hello.version} with ${hello.blas}`,
    ]);
    return Object.fromEntries(all);
  }

  stop(): void {
    for (const runner of this.runners.values()) runner.stop();
  }

  private async peer(name: PeerName): Promise<Runner | undefined> {
    if (this.missing.has(name)) return undefined;
    const known = this.runners.get(name);
    if (known !== undefined) return known;
    const found = await PEERS[name].start();
    if (typeof found === "string") {
      this.missing.set(name, found);
      return undefined;
    }
    this.runners.set(name, found);
    return found;
  }

  private async runner(name: Home | PeerName): Promise<Runner> {
    if (!(name in HOMES)) return (await this.peer(name as PeerName))!;
    const home = name as Home;
    const known = this.runners.get(home) ?? (await startOurs(home));
    this.runners.set(home, known);
    return known;
  }

  private async run(
    workload: string,
    { twin, once }: Workload,
    { name, variant, threads }: Pick<Contender, "name" | "variant" | "threads">,
    iterations: number,
    fresh: boolean,
  ): Promise<Timing> {
    const request: RunRequest = { workload, variant, twin, iterations, fresh, threads };
    if (!once) return (await this.runner(name)).run(request);
    const runner = name in HOMES ? await startOurs(name as Home) : await PEERS[name as PeerName].start();
    if (typeof runner === "string") throw new Error(runner);
    try {
      return await runner.run(request);
    } finally {
      runner.stop();
    }
  }

  /** Throws unless all contenders have the same value after some iterations. */
  private async check(name: string, workload: Workload, contenders: readonly Contender[]): Promise<void> {
    const { iterations, tolerance } = workload.check;
    const exact: { readonly name: string; readonly value: number }[] = [];
    for (const contender of contenders) {
      const { value } = await this.run(name, workload, contender, iterations, true);
      // the others are rounded on purpose
      if (contender.name !== "pytorch-tf32") exact.push({ name: contender.name, value });
    }
    const values = exact.map(({ value }) => value);
    const apart = Math.max(...values) - Math.min(...values);
    if (apart <= tolerance * Math.max(...values.map(Math.abs))) return;
    const list = exact.map(({ name: who, value }) => `${who}: ${value}`).join("; ");
    throw new Error(`${name}: the values after ${iterations} iterations differ by ${apart}: ${list}`);
  }

  /** Runs until it is warm; gives how many iterations make a round, and the seconds of each. */
  private async warmUp(
    name: string,
    workload: Workload,
    contender: Contender,
  ): Promise<{ iterations: number; each: number }> {
    let iterations = workload.queued ?? 1;
    let spent = 0;
    let steps = 0;
    // an iteration of what is queued is many steps: an epoch of the book's loop, for one
    const enough = contender.variant === "watched" && workload.queued === undefined ? WATCHED_STEPS : 0;
    for (;;) {
      const { seconds } = await this.run(name, workload, contender, iterations, workload.once ?? false);
      spent += seconds;
      steps += iterations;
      const wanted = Math.max(1, Math.round((iterations * ROUND_SECONDS) / seconds));
      const warm = steps >= enough && (spent >= WARM_UP_SECONDS || seconds >= ROUND_SECONDS);
      if (warm || workload.once === true) return { iterations: wanted, each: seconds / iterations };
      iterations = workload.queued ?? Math.min(wanted, iterations * 10);
    }
  }
}

/** Of contenders that differ in their threads only, the one with the lowest median. */
function fastestOfEach(contenders: readonly Contender[]): Contender[] {
  const best = new Map<string, Contender>();
  for (const contender of contenders) {
    const key = `${contender.name} ${contender.variant}`;
    const known = best.get(key);
    if (known === undefined || median(contender.times) < median(known.times)) best.set(key, contender);
  }
  return [...best.values()];
}
