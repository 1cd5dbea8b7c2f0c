// npm run bench -- --kernel [--starts N --cells N --long N --json FILE]: how fast the kernel answers, beside tslab's own kernel and Python's.

import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import { KernelClient } from "../../kernel/client.ts";
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
/** Requests of each kind in a session. */
const REQUESTS = 30;
/** A kernel that has answered and not become idle so long after, in milliseconds, has lost the message. */
const LOST = 3000;
/** Cells after which a session counts as long. */
const LONG = Number(options.long);

/** How many requests of a session were answered, but the kernel lost the word that it is idle again; to a notebook they still run. */
const NEVER_ENDED = "requests that never end";

/** How many starts failed: the kernel never answered its first request, and another one was started. */
const FAILED = "starts that failed";
/** So many in a row, and the benchmark gives up. */
const MOST_FAILED = 5;

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
  [NEVER_ENDED]: undefined,
  [FAILED]: undefined,
};

type Measurements = Record<string, number[]>;

function note(into: Measurements, what: string, value: number): void {
  into[what] ??= [];
  into[what].push(value);
}

/** Sends a request and gives the milliseconds until the kernel has answered and is idle; undefined if it never is. */
async function timed(client: KernelClient, type: string, content: object): Promise<number | undefined> {
  const since = performance.now();
  const id = client.send(type, content);
  const reply = await client.wait(
    (m) => m.parent === id && m.channel === "shell",
    `reply to ${type}`,
    60_000,
  );
  const ended = await client.idle(id, LOST).then(
    () => true,
    () => false,
  );
  if (reply.content.status !== "ok") throw new Error(`${type}: ${JSON.stringify(reply.content)}`);
  return ended ? performance.now() - since : undefined;
}

/** Memory of the kernel's process, in MiB. */
function memory({ process: { pid } }: KernelClient): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}

/** A kernel that has answered, and when it was started. Those that do not answer are counted and started again. */
async function start({ name, command }: Contestant): Promise<{ client: KernelClient; since: number }> {
  for (let failed = 0; ; ) {
    const since = performance.now();
    try {
      return { client: await KernelClient.start({ command }), since };
    } catch (error) {
      failures.set(name, (failures.get(name) ?? 0) + 1);
      console.error(`${name} did not start: ${error instanceof Error ? error.message : error}`);
      if (++failed === MOST_FAILED) throw error;
    }
  }
}

async function measureStart(contestant: Contestant, into: Measurements): Promise<void> {
  const { client, since } = await start(contestant);
  const reply = client.received.find(({ channel }) => channel === "shell")!;
  note(into, "start to first reply", reply.at - since);
  await client.execute(contestant.oneLine(1));
  note(into, "start to first result", performance.now() - since);
  await client.close();
}

async function measureSession(contestant: Contestant, into: Measurements): Promise<void> {
  const { oneLine, define, complete, inspect } = contestant;
  const { client } = await start(contestant);
  let lost = 0;
  const ask = async (what: string | undefined, type: string, content: object): Promise<void> => {
    const milliseconds = await timed(client, type, content);
    if (milliseconds === undefined) lost++;
    else if (what !== undefined) note(into, what, milliseconds);
  };
  const run = (what: string | undefined, code: string): Promise<void> =>
    ask(what, "execute_request", { code, silent: false, store_history: true });
  const look = (what: string, type: string, code: string): Promise<void> =>
    ask(what, type, { code, cursor_pos: code.length, detail_level: 0 });

  await run(undefined, oneLine(1));
  if (process.platform === "linux") note(into, "memory at the start, MiB", memory(client));
  for (let n = 0; n < cells; n++) await run("one-line cell", oneLine(n));
  for (let n = 0; n < REQUESTS; n++) {
    await look("completion", "complete_request", complete);
    await look("inspection", "inspect_request", inspect);
  }
  for (let n = 0; n < LONG - cells; n++) await run(undefined, define(n));
  for (let n = 0; n < 50; n++) await run(`one-line cell after ${LONG}`, oneLine(n));
  if (process.platform === "linux") note(into, `memory after ${LONG} cells, MiB`, memory(client));
  note(into, NEVER_ENDED, lost);
  await client.close();
}

const racing = contestants();
const failures = new Map<string, number>();
const found = new Map(racing.map(({ name }) => [name, {} as Measurements]));
for (let round = 0; round < starts; round++)
  for (const contestant of racing) await measureStart(contestant, found.get(contestant.name)!);
for (const contestant of racing) await measureSession(contestant, found.get(contestant.name)!);
for (const [name, measurements] of found) note(measurements, FAILED, failures.get(name) ?? 0);

const machine = { cpu: cpus()[0]?.model ?? "unknown", cores: availableParallelism(), node: process.version };
console.log(`${machine.cpu}, ${machine.cores} cores; Node ${machine.node}`);
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
if (options.json !== undefined) {
  const results = { machine, starts, cells, long: LONG, rows: [...rows, ...checks] };
  writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
}
