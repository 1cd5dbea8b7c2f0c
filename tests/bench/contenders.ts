// Who takes part in a workload, and how they are measured: a check that all compute the same, then rounds in turns.

import { kernelTable, type MachineLimits, measureLimits } from "./kernels.ts";
import { HOMES, type Home, PEERS, type PeerName, startOurs } from "./peers.ts";
import type { RunRequest, Threads, Timing } from "./protocol.ts";
import type { Runner } from "./runner.ts";
import type { Reading, Variant, Workload } from "./workload.ts";
import { WORKLOADS } from "./workloads/index.ts";

/** Seconds of a round, and of the runs before it that let everybody warm up. */
const ROUND_SECONDS = 0.07;
const WARM_UP_SECONDS = 0.25;

export interface Contender {
  readonly name: Home | PeerName;
  readonly variant: Variant;
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
    for (const home of Object.keys(HOMES) as Home[])
      for (const variant of workload.watchable ? (["plain", "watched"] as const) : (["plain"] as const))
        contenders.push({ name: home, variant, threads: { own: 0, blas: 0 }, times: [] });
    for (const peer of workload.peers) {
      if ((await this.peer(peer)) === undefined) say(`${peer} is left out: ${this.missing.get(peer)}`);
      else {
        const threads = await this.fastestThreads(name, workload, peer);
        contenders.push({ name: peer, variant: "plain", threads, times: [] });
      }
    }
    await this.check(name, workload, contenders);
    const iterations = new Map<Contender, number>();
    for (const contender of contenders)
      iterations.set(contender, workload.queued ?? (await this.warmUp(name, workload, contender)));
    for (let round = 0; round < rounds; round++) {
      for (const contender of contenders) {
        const count = iterations.get(contender)!;
        const { seconds } = await this.run(name, workload, contender, count, workload.once ?? false);
        contender.times.push((seconds * 1000) / count);
      }
    }
    return contenders;
  }

  async probe(name: string): Promise<readonly Reading[]> {
    return (await this.runner("thread")).probe({ probe: name });
  }

  /** Where the time of a workload's most frequent plan goes, as a table. */
  async kernels(name: string): Promise<string[]> {
    const ours = await this.runner("thread");
    const [threads] = PEERS.openblas.threads;
    this.limits ??= await measureLimits(ours, await this.peer("openblas"), threads);
    const { operations, bytes } = this.limits;
    await ours.run({
      workload: name,
      variant: "plain",
      twin: WORKLOADS[name]!.twin,
      iterations: 20,
      fresh: true,
      threads,
    });
    return [
      `of limit: ${(operations / 1e9).toFixed(0)} GFLOP/s or ${(bytes / 1e9).toFixed(1)} GB/s, whichever lasts longer;`,
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

  private async fastestThreads(name: string, workload: Workload, peer: PeerName): Promise<Threads> {
    const { threads } = PEERS[peer];
    let best: Threads = threads[0];
    if (threads.length === 1 || workload.once) return threads.at(-1)!;
    let fastest = Number.POSITIVE_INFINITY;
    for (const count of threads) {
      const contender: Contender = { name: peer, variant: "plain", threads: count, times: [] };
      await this.run(name, workload, contender, 1, count === threads[0]);
      const iterations = workload.queued ?? (await this.warmUp(name, workload, contender));
      const { seconds } = await this.run(name, workload, contender, iterations, false);
      if (seconds / iterations < fastest) {
        fastest = seconds / iterations;
        best = count;
      }
    }
    return best;
  }

  /** Throws unless all contenders have the same value after some iterations. */
  private async check(name: string, workload: Workload, contenders: readonly Contender[]): Promise<void> {
    const { iterations, tolerance } = workload.check;
    const values: number[] = [];
    for (const contender of contenders)
      values.push((await this.run(name, workload, contender, iterations, true)).value);
    const apart = Math.max(...values) - Math.min(...values);
    if (apart <= tolerance * Math.max(...values.map(Math.abs))) return;
    const list = contenders.map((contender, i) => `${contender.name}: ${values[i]}`).join("; ");
    throw new Error(`${name}: the values after ${iterations} iterations differ by ${apart}: ${list}`);
  }

  /** Runs until it is warm; gives how many iterations make a round. */
  private async warmUp(name: string, workload: Workload, contender: Contender): Promise<number> {
    let iterations = 1;
    let spent = 0;
    for (;;) {
      const { seconds } = await this.run(name, workload, contender, iterations, false);
      spent += seconds;
      const wanted = Math.max(1, Math.round((iterations * ROUND_SECONDS) / seconds));
      if (spent >= WARM_UP_SECONDS || seconds >= ROUND_SECONDS) return wanted;
      iterations = Math.min(wanted, iterations * 10);
    }
  }
}
