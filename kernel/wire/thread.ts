// The wire thread's entry: says what kind of kernel this is, which front ends ask first, as early as it can. Only then the rest of
// the thread is loaded (services.ts), whatever it grows to; other messages wait for that.

import { type MessagePort, workerData } from "node:worker_threads";
import type { Connection } from "../options.js";
import type { Message } from "../protocol/messages.js";
import { KERNEL_INFO } from "./kernel-info.js";
import { LanguageClient } from "./language.js";
import { watchParent } from "./parent.js";
import { Publisher } from "./publisher.js";
import { bindSockets, type Receive, type Sockets } from "./sockets.js";

export interface WireThreadData {
  readonly connection: Connection;
  readonly paths: Record<string, string[]>;
  /** Folder of the sessions' histories; undefined: none is kept. */
  readonly historyFolder: string | undefined;
  readonly words: Int32Array<SharedArrayBuffer>;
  /** The bytes that the values of user code may take. */
  readonly heapLimit: number;
  readonly port: MessagePort;
  /** Answers to main's questions go here. */
  readonly inputs: MessagePort;
  /** What the front end asks of runs goes here. */
  readonly requests: MessagePort;
}

// before anybody knows of this kernel, who may be gone a moment later
watchParent(kill);

export const data: WireThreadData = workerData as WireThreadData;
export const sockets: Sockets = await bindSockets(data.connection);
export const publisher: Publisher = new Publisher(sockets.iopub);
export const language: LanguageClient = new LanguageClient(data.paths);

/** Messages that wait for the services. */
const waiting: Parameters<Receive>[] = [];
let receive: Receive = (message, from) => {
  receive = early;
  early(message, from);
  void loadServices();
};

publisher.status("starting", {});
sockets.receive((message, from) => receive(message, from));
language.start();

/** Ends the process at once. */
export function kill(): void {
  process.kill(process.pid, "SIGKILL");
}

function early(message: Message, from: Parameters<Receive>[1]): void {
  if (message.header.msg_type !== "kernel_info_request") {
    waiting.push([message, from]);
    return;
  }
  publisher.status("busy", message.header);
  sockets[from].reply(message, KERNEL_INFO);
  publisher.status("idle", message.header);
}

async function loadServices(): Promise<void> {
  await Promise.all([sockets.shell.sent(), sockets.control.sent(), sockets.iopub.sent()]);
  const { handle } = await import("./services.js");
  receive = handle;
  for (const [message, from] of waiting) handle(message, from);
}
