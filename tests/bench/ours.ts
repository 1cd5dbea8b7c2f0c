// The process that runs workloads on this library; see protocol.ts. Its engine's home and device come from the environment.

import { createInterface } from "node:readline";
import { closeSession } from "gradbook/tensor/session";
import type { Hello, Reply, Request } from "./protocol.ts";
import { WORKLOADS } from "./workloads/index.ts";

const say = (message: Hello | Reply): void => console.log(JSON.stringify(message));
const built = new Map<string, (iterations: number) => number>();

async function answer({ workload, iterations, fresh }: Request): Promise<Reply> {
  if (fresh) built.set(workload, await WORKLOADS[workload]!.prepare());
  const run = built.get(workload)!;
  const since = performance.now();
  const value = run(iterations);
  return { seconds: (performance.now() - since) / 1000, value };
}

const { GRADBOOK_DEVICE: device = "wasm", GRADBOOK_SERVER: server = "0" } = process.env;
say({ name: `gradbook ${device}, ${server === "1" ? "server" : "thread"}`, version: process.version });
for await (const line of createInterface({ input: process.stdin })) {
  say(await answer(JSON.parse(line)).catch((error: Error) => ({ error: error.stack ?? error.message })));
}
closeSession();
