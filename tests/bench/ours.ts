// The process that runs workloads on this library; see protocol.ts. Its engine's home and device come from the environment.

import { createInterface } from "node:readline";
import { MessageChannel } from "node:worker_threads";
import type { Explanation } from "gradbook/compute/engine/explanation";
import { closeSession, session } from "gradbook/tensor/session";
import { installHost } from "gradbook/train/host";
import { planRunMost } from "./most-run.ts";
import type { Hello, Reply, Request } from "./protocol.ts";
import type { Task, Variant } from "./workload.ts";
import { PAIRS, probesFor, workloadsFor } from "./workloads/index.ts";
import { streamTask } from "./workloads/stream.ts";

const { GRADBOOK_DEVICE: device = "wasm", GRADBOOK_SERVER: server = "0" } = process.env;
const say = (message: Hello | Reply): void => console.log(JSON.stringify(message));
const onGpu = device === "webgpu";
const workloads = workloadsFor(onGpu);
const built = new Map<string, Task>();

// As in a notebook, what a watched model records is posted to another thread's port.
const { port1, port2 } = new MessageChannel();
port2.on("message", () => undefined).unref();
installHost({ publish: (event) => port1.postMessage(event), display: () => undefined });

const prepare = (workload: string, variant: Variant): Promise<Task> =>
  workload === "stream" ? streamTask() : workloads[workload]!.prepare(variant);

/** The plan that a task runs most often. */
function explainMost(task: Task): Explanation {
  const most = planRunMost(() => task.run(20));
  return session().client.explain(most, true);
}

async function answer(request: Request): Promise<Reply> {
  if ("probe" in request) return { readings: await probesFor(onGpu)[request.probe]!.measure() };
  if ("pair" in request) return { slices: await PAIRS[request.pair]!.measure(request.watchedFirst) };
  if ("kernels" in request) return { explanation: explainMost(built.get(`${request.kernels} plain`)!) };
  const { workload, variant, iterations, fresh } = request;
  const key = `${workload} ${variant}`;
  if (fresh) {
    // what others hold is wanted for this one, where a GPU has little memory
    for (const other of built.keys()) if (!other.startsWith(`${workload} `)) built.delete(other);
    built.set(key, await prepare(workload, variant));
  }
  const task = built.get(key)!;
  const since = performance.now();
  task.run(iterations);
  // a GPU is still at it when the engine has handed everything over
  if (onGpu) session().client.memory();
  return { seconds: (performance.now() - since) / 1000, value: task.value() };
}

say({ name: `gradbook ${device}, ${server === "1" ? "server" : "thread"}`, version: process.version });
for await (const line of createInterface({ input: process.stdin })) {
  say(await answer(JSON.parse(line)).catch((error: Error) => ({ error: error.stack ?? error.message })));
}
closeSession();
