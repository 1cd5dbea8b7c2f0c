// Starting an engine in one of its homes, and the client to it.

import { randomBytes } from "node:crypto";
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { Device } from "../device.js";
import { ENGINE_NURSERY_MEBIBYTES, environment } from "../settings.js";
import { guardLoading } from "../wasm/koffi.js";
import { ChannelEnd, createChannel, createProcessChannel } from "./channel.js";
import { EngineClient, type Home } from "./client.js";
import type { DeviceName } from "./devices.js";
import type { LinkData } from "./link.js";
import { reportLoss } from "./loss.js";
import { unmapProcessMemory } from "./process-memory.js";
import { EngineService } from "./serve.js";
import type { SharedHeap } from "./shared-memory.js";
import type { ThreadData } from "./thread.js";

export interface ConnectOptions {
  /** Default: GRADBOOK_DEVICE, else "wasm". */
  readonly device?: DeviceName;
  /** "thread": in this process. "server": in a process of its own. Default: "server" for a GPU, which may hang or take its process
   *  with it; else GRADBOOK_SERVER, else "thread". */
  readonly home?: "thread" | "server";
  /** Has a server reached by a socket, also where it could share memory with this process. */
  readonly socket?: boolean;
}

/** Starts an engine and gives its client at once; what goes wrong at the start is thrown by the first call that waits. */
export function connect(options: ConnectOptions = {}): EngineClient {
  const device = options.device ?? (environment("GRADBOOK_DEVICE") as DeviceName);
  const home =
    options.home ?? (device === "webgpu" || environment("GRADBOOK_SERVER") === "1" ? "server" : "thread");
  return new EngineClient(home === "server" ? serverHome(device, options.socket) : threadHome(device));
}

function threadHome(device: DeviceName): Home {
  const channel = createChannel();
  const { port1, port2 } = new MessageChannel();
  const data: ThreadData = { channel, device, port: port2 };
  const worker = startWorker(new URL("./thread.js", import.meta.url), data, [port2]);
  worker.on("error", (error) => reportLoss(channel, `the engine thread has failed: ${messageOf(error)}`));
  port1.unref();
  let heap: SharedHeap | undefined;
  return {
    device,
    channel,
    token: "",
    keepAlive: (on) => (on ? worker.ref() : worker.unref()),
    heap: () => {
      heap ??= receiveMessageOnPort(port1)?.message as SharedHeap | undefined;
      return heap;
    },
  };
}

/** Memory that processes share is unmapped when nobody can look at it any more. */
const unused = new FinalizationRegistry(unmapProcessMemory);

function serverHome(device: DeviceName, socket = false): Home {
  const shared = socket ? undefined : createProcessChannel();
  const channel = shared?.memory ?? createChannel();
  const token = randomBytes(32).toString("hex");
  const data: LinkData = { channel, file: shared?.file, order: { token, device } };
  const worker = startWorker(new URL("./link.js", import.meta.url), data);
  worker.on("error", (error) => reportLoss(channel, `the client thread has failed: ${messageOf(error)}`));
  const home: Home = {
    device,
    channel,
    token,
    keepAlive: (on) => (on ? worker.ref() : worker.unref()),
    ended: (listener) => void worker.once("exit", listener),
    heap: () => undefined,
    doubt: (sequence) => worker.postMessage(sequence),
  };
  // the client thread looks at it, too, and the client has it for as long as it has its home
  if (shared !== undefined) worker.once("exit", () => unused.register(home, shared.memory));
  return home;
}

/** A client whose engine runs in this very thread, within each call. For tests of plans and devices. */
export function connectInline(device: Device): EngineClient {
  const channel = createChannel();
  let drainReplies = (): void => undefined;
  const service = new EngineService(device, new ChannelEnd(channel, "engine"), () => drainReplies());
  return new EngineClient({
    device: device.name,
    channel,
    token: "",
    keepAlive: () => undefined,
    heap: () => undefined,
    work: (drain) => {
      drainReplies = drain;
      while (service.step());
    },
  });
}

/** A worker that does not keep the process alive, and gets none of the flags and hooks of this one. */
function startWorker(url: URL, data: unknown, transfer: MessagePort[] = []): Worker {
  guardLoading();
  const worker = new Worker(url, {
    workerData: data,
    transferList: transfer,
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: ENGINE_NURSERY_MEBIBYTES },
  });
  worker.unref();
  return worker;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
