// npm run bench [-- NAME... --json FILE --rounds N]: this library beside its peers, in interleaved rounds on this machine.
// With --device webgpu: on the GPU, beside PyTorch with CUDA. A NAME is a workload's, or what several names begin with. With
// --kernels: instead, where the time of the step goes.

import { writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import * as gb from "gradbook";
import { type Contender, Field } from "./contenders.ts";
import { device, homes, onGpu, rivals } from "./peers.ts";
import { type Limits, overheadRows, printRate, printRows, type Row, rateOf, rowsOf } from "./table.ts";
import { TINY } from "./tiny.ts";
import { PAIRS, probesFor, workloadsFor } from "./workloads/index.ts";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "string" },
    rounds: { type: "string", default: "7" },
    kernels: { type: "boolean", default: false },
    device: { type: "string" },
  },
});
if (options.device !== undefined) process.env.GRADBOOK_DEVICE = options.device;
const WORKLOADS = workloadsFor(onGpu());
const probes = probesFor(onGpu());
// what watching costs is looked at on the CPU
const pairs = onGpu() ? {} : PAIRS;
const rounds = Number(options.rounds);
/** Rounds of a pair: each is a whole run, and measures thousands of times. */
const pairRounds = Math.min(4, rounds);
const all = [WORKLOADS, pairs, probes].flatMap((kind) => Object.keys(kind));
for (const start of positionals) {
  if (!all.some((name) => name.startsWith(start))) {
    console.error(`There is no workload ${start}. There are: ${all.join(", ")}.`);
    process.exit(2);
  }
}
// a whole name means that workload alone, also where longer names begin with it
const chosen = (name: string): boolean =>
  positionals.length === 0 ||
  positionals.some((start) => (all.includes(start) ? name === start : name.startsWith(start)));

const field = new Field();
const cpu = cpus()[0]?.model ?? "unknown";
const cores = availableParallelism();
const gpu = onGpu() ? gb.device().find(({ name }) => name === "webgpu") : undefined;
const rows: Row[] = [];
const limits: Limits = {};
const peerThreads: Record<string, Record<string, Contender["threads"]>> = {};
const say = (line: string): void => console.log(`  ${line}`);

/** What was found so far: who ends a long benchmark early has that. */
function save(): void {
  if (options.json === undefined) return;
  const date = new Date().toISOString().slice(0, 10);
  const machine = { date, gpu, cpu, cores, node: process.version, versions: field.versions(), peerThreads };
  writeFileSync(options.json, `${JSON.stringify({ machine, rounds, rows }, null, 2)}\n`);
}

console.log(`${cpu}, ${cores} cores; Node ${process.version}`);
if (gpu !== undefined)
  console.log(`GPU: ${gpu.description}${gpu.problem === undefined ? "" : `: ${gpu.problem}`}`);
if (gpu?.description.endsWith("in software") && !TINY && Object.keys(WORKLOADS).some(chosen)) {
  console.error(
    "A GPU in software takes hours for this. GRADBOOK_BENCH_TINY=1 runs tiny sizes, to see that they run.",
  );
  process.exit(2);
}
if (options.kernels) {
  for (const name of Object.keys(WORKLOADS).filter(chosen)) {
    console.log(`\n${name}: ${WORKLOADS[name]!.title}`);
    for (const line of await field.kernels(name, say)) say(line);
  }
  field.stop();
  process.exit();
}

console.log(`Medians of ${rounds} interleaved rounds (the fastest and the slowest); ratio: ours / peer's.`);
for (const name of Object.keys(WORKLOADS).filter(chosen)) {
  const workload = WORKLOADS[name]!;
  const missing = await workload.unavailable?.();
  console.log(`\n${name}: ${workload.title}`);
  if (missing !== undefined) {
    say(`not measured: ${missing}`);
    continue;
  }
  const contenders = await field.race(name, workload, rounds, say).catch((error: Error) => {
    say(error.message);
    process.exitCode = 1;
    return [];
  });
  const found = rowsOf(name, contenders);
  for (const peer of rivals(workload.peers)) {
    const threads = contenders.find((contender) => contender.name === peer)?.threads;
    if (threads !== undefined) peerThreads[name] = { ...peerThreads[name], [peer]: threads };
  }
  printRows(found);
  const { work } = workload;
  const [first] = found;
  if (work === undefined || first === undefined) rows.push(...found);
  else {
    if (work.sets) limits[work.unit] = work.amount / (first.ours / 1000);
    const rate = rateOf(first, work, limits);
    printRate(rate, work);
    rows.push(...found.map((row) => ({ ...row, ...rate })));
  }
  save();
}
for (const name of Object.keys(pairs).filter(chosen)) {
  const pair = PAIRS[name]!;
  console.log(`\n${name}: ${pair.title}; medians of ${pairRounds} runs`);
  const found = overheadRows(name, homes()[0]!, pair.limit, await field.pair(name, pair, pairRounds));
  printRows(found);
  rows.push(...found);
}
for (const name of Object.keys(probes).filter(chosen)) {
  console.log(`\n${name}: ${probes[name]!.title}`);
  for (const { name: what, value, unit, limit } of await field.probe(name)) {
    say(`${what.padEnd(36)} ${value.toPrecision(4)} ${unit}  (at most ${limit})`);
    const [peer, ratio] = [{ peer: "limit", peerValue: limit, peerSpread: null }, value / limit];
    const own = { workload: `${name}, ${what}`, device: device(), home: homes()[0]!, ours: value };
    rows.push({ ...own, oursSpread: [value, value], unit, ...peer, ratio });
  }
}
save();
field.stop();
