// npm run bench -- --kernel [--starts N --cells N --long N --json FILE]: how fast the kernel answers, beside tslab's own kernel and Python's.

import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { KernelClient } from "../../kernel/client.ts";
import { median, spread } from "../table.ts";
import { type Contestant, contestants } from "./kernels.ts";
import { measureStopChecks } from "./stop-checks.ts";

const { values: options } = parseArgs({
  allowPositionals: true,
  options: {
    kernel: { type: "boolean" },
    starts: { type: "string", default: "20" },
    cells: { type: "string", default: "200" },
    long: { type: "string", default: "500" },
    json: { type: "string" },
  },
});
const [starts, cells] = [Number(options.starts), Number(options.cells)];
/** Cells after which a session counts as long. */
const LONG = Number(options.long);

/** What is measured, and the most it may be, in milliseconds; memory in MiB. */
const TARGETS: Readonly<Record<string, number | undefined>> = {
  "start to first reply": 300,
  "start to first result": 2000,
  "one-line cell": 20,
  [`one-line cell after ${LONG}`]: 30,
  completion: 50,
  inspection: 50,
  "memory at the start, MiB": undefined,
  [`memory after ${LONG} cells, MiB`]: undefined,
};

type Measurements = Record<string, number[]>;

function note(into: Measurements, what: string, value: number): void {
  into[what] ??= [];
  into[what].push(value);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await work();
  return performance.now() - since;
}

/** Memory of the kernel's process, in MiB. */
function memory({ process: { pid } }: KernelClient): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}

async function measureStart(contestant: Contestant, into: Measurements): Promise<void> {
  const since = performance.now();
  const client = await contestant.start();
  note(into, "start to first reply", performance.now() - since);
  await client.execute(contestant.oneLine(1));
  note(into, "start to first result", performance.now() - since);
  await client.close();
}

async function measureSession(contestant: Contestant, into: Measurements): Promise<void> {
  const { oneLine, define, complete, inspect } = contestant;
  const client = await contestant.start();
  await client.execute(oneLine(1));
  if (process.platform === "linux") note(into, "memory at the start, MiB", memory(client));
  for (let n = 0; n < cells; n++) note(into, "one-line cell", await timed(() => client.execute(oneLine(n))));
  for (let n = 0; n < 30; n++) {
    const ask = (type: string, code: string) =>
      timed(() => client.request(type, { code, cursor_pos: code.length, detail_level: 0 }));
    note(into, "completion", await ask("complete_request", complete));
    note(into, "inspection", await ask("inspect_request", inspect));
  }
  for (let n = 0; n < LONG - cells; n++) await client.execute(define(n));
  for (let n = 0; n < 50; n++)
    note(into, `one-line cell after ${LONG}`, await timed(() => client.execute(oneLine(n))));
  if (process.platform === "linux") note(into, `memory after ${LONG} cells, MiB`, memory(client));
  await client.close();
}

const racing = contestants();
const found = new Map(racing.map(({ name }) => [name, {} as Measurements]));
for (let round = 0; round < starts; round++)
  for (const contestant of racing) await measureStart(contestant, found.get(contestant.name)!);
for (const contestant of racing) await measureSession(contestant, found.get(contestant.name)!);

console.log(
  `medians over ${starts} starts and ${cells} cells (least to most), milliseconds where nothing is said`,
);
const rows = Object.entries(TARGETS).map(([what, target]) => {
  const values = Object.fromEntries(
    [...found].map(([name, all]) => [
      name,
      { median: median(all[what] ?? []), spread: spread(all[what] ?? []) },
    ]),
  );
  const texts = Object.entries(values).map(
    ([
      name,
      {
        median: middle,
        spread: [low, high],
      },
    ]) => `${name} ${middle.toFixed(1)} (${low.toFixed(1)}-${high.toFixed(1)})`.padEnd(34),
  );
  const limit = target === undefined ? "" : `at most ${target}`;
  console.log(`  ${what.padEnd(30)} ${texts.join("")}${limit}`);
  return { what, target: target ?? null, ...values };
});
const checks = await measureStopChecks();
if (options.json !== undefined)
  writeFileSync(options.json, `${JSON.stringify([...rows, ...checks], null, 2)}\n`);
