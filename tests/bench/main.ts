// npm run bench [-- WORKLOAD... --json FILE --rounds N]: this library beside its peers, in interleaved rounds on this machine.

import { writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { dataFolder } from "gradbook/data/places";
import { HOMES, type Home, startOurs, startTorch } from "./peers.ts";
import type { Runner } from "./runner.ts";
import { median, printRows, type Row, spread } from "./table.ts";
import type { Workload } from "./workload.ts";
import { WORKLOADS } from "./workloads/index.ts";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "string" }, rounds: { type: "string", default: "7" } },
});
const rounds = Number(options.rounds);
const names = positionals.length > 0 ? positionals : Object.keys(WORKLOADS);
for (const name of names) {
  if (!(name in WORKLOADS)) {
    console.error(`There is no workload ${name}. There are: ${Object.keys(WORKLOADS).join(", ")}.`);
    process.exit(2);
  }
}

/** One thing that is measured: a runner with a number of threads. */
interface Contender {
  readonly name: string;
  readonly home?: Home;
  readonly runner: Runner;
  readonly threads: number;
}

const cores = availableParallelism();
const homes = Object.keys(HOMES) as Home[];
const ours: Contender[] = [];
for (const home of homes) {
  const runner = await startOurs(home);
  ours.push({ name: runner.hello.name, home, runner, threads: cores });
}
const torch = await startTorch({ GRADBOOK_FASHION_MNIST: join(dataFolder(), "fashion-mnist") });
const threads = torch === undefined ? 0 : await fasterThreads(torch);
const peers: Contender[] =
  torch === undefined
    ? []
    : [{ name: `PyTorch ${torch.hello.version}, ${threads} of ${cores} threads`, runner: torch, threads }];
if (torch === undefined) {
  console.log(
    "No PyTorch: its columns stay empty. Install python3-torch, or set GRADBOOK_TORCH_PYTHON to a Python with it.",
  );
}

/** How many threads a peer is fastest with here: one, or one a core. */
async function fasterThreads(runner: Runner): Promise<number> {
  const workload = "mlp-sgd-32";
  const best = { threads: 1, seconds: Number.POSITIVE_INFINITY };
  for (const count of new Set([1, cores])) {
    for (let i = 0; i < 4; i++) {
      const { seconds } = await runner.run({ workload, iterations: 50, fresh: i === 0, threads: count });
      if (seconds < best.seconds) Object.assign(best, { threads: count, seconds });
    }
  }
  return best.threads;
}

/** Times of each contender in milliseconds an iteration, taken in turns after a check that all compute the same. */
async function measure(name: string, workload: Workload): Promise<ReadonlyMap<Contender, number[]>> {
  const { iterations, check } = workload;
  const contenders = [...ours, ...peers];
  const times = new Map(contenders.map((contender) => [contender, [] as number[]]));
  const values: number[] = [];
  for (const { runner, threads } of contenders) {
    const { value } = await runner.run({
      workload: name,
      iterations: check.iterations,
      fresh: true,
      threads,
    });
    values.push(value);
  }
  const apart = Math.max(...values) - Math.min(...values);
  if (!(apart <= check.tolerance)) {
    const list = contenders.map((contender, i) => `${contender.name}: ${values[i]}`).join("; ");
    throw new Error(`${name}: the losses after ${check.iterations} iterations differ by ${apart}: ${list}`);
  }
  for (let round = 0; round < rounds; round++) {
    for (const [{ runner, threads }, list] of times) {
      const { seconds } = await runner.run({ workload: name, iterations, fresh: false, threads });
      list.push((seconds * 1000) / iterations);
    }
  }
  return times;
}

const machine = {
  cpu: cpus()[0]?.model ?? "unknown",
  cores,
  node: process.version,
  torch: torch?.hello.version ?? null,
};
console.log(
  `${machine.cpu}, ${cores} cores; Node ${machine.node}; PyTorch ${machine.torch ?? "not found"}; medians of ${rounds} interleaved rounds`,
);

const rows: Row[] = [];
for (const name of names) {
  const workload = WORKLOADS[name]!;
  const missing = await workload.unavailable?.();
  console.log(`\n${name}: ${workload.title}`);
  if (missing !== undefined) {
    console.log(`  not measured: ${missing}`);
    continue;
  }
  const times = await measure(name, workload);
  const found = ours.flatMap((contender): Row[] => {
    const own = times.get(contender)!;
    const row = {
      workload: name,
      device: "wasm",
      home: contender.home!,
      ours: median(own),
      oursSpread: spread(own),
      unit: "ms",
    } as const;
    if (peers.length === 0) return [{ ...row, peer: null, peerValue: null, peerSpread: null, ratio: null }];
    return peers.map((peer) => {
      const theirs = times.get(peer)!;
      const peerValue = median(theirs);
      return { ...row, peer: peer.name, peerValue, peerSpread: spread(theirs), ratio: row.ours / peerValue };
    });
  });
  printRows(found);
  rows.push(...found);
}
for (const { runner } of ours) runner.stop();
torch?.stop();
if (options.json !== undefined)
  writeFileSync(options.json, `${JSON.stringify({ machine, rounds, rows }, null, 2)}\n`);
