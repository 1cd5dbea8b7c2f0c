// The client thread of an engine in the compute server: starts the server, kills it when it hangs, and reports when it has gone.
// Where the server cannot look at the client's channel itself, it carries messages between the channel and a socket.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect as connectSocket } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import { HUNG_MS, SERVER_MEMORY_POLL_MS, SERVER_START_MS } from "../settings.js";
import { Bridge, type Frame } from "./bridge.js";
import { ChannelEnd, type ChannelMemory, notAfter } from "./channel.js";
import { reportLoss } from "./loss.js";
import { closeProcessFile } from "./process-memory.js";
import { hasCode, REPLIES } from "./protocol.js";
import type { ServerOrder } from "./server.js";

/** What the thread is started with. */
export interface LinkData {
  readonly channel: ChannelMemory;
  /** The channel's memory as a file for the server; undefined: it is reached by a socket. */
  readonly file: number | undefined;
  readonly order: Omit<ServerOrder, "shared">;
}

const REMEDY =
  "The values that it held are lost; the next operation starts a new one, so make models and data anew. Or unset " +
  "GRADBOOK_SERVER to compute in the program's own process";
const STDERR_KEPT = 2000;

const { channel, file, order } = workerData as LinkData;
const end = new ChannelEnd(channel, "engine");
let complaints = "";
/** The most memory that the server has taken, in MiB, where the system tells. */
let peak: number | undefined;
/** How far the server was when its life was last doubted, and what kills it unless it has come further by then. */
let doubt: { readonly completed: number; readonly timer: NodeJS.Timeout } | undefined;

function startServer(): ChildProcessWithoutNullStreams {
  const server = spawn(process.execPath, [fileURLToPath(new URL("./server.js", import.meta.url))], {
    stdio: ["pipe", "pipe", "pipe", ...(file === undefined ? [] : [file])],
    windowsHide: true,
  }) as ChildProcessWithoutNullStreams;
  if (file !== undefined) closeProcessFile(file);
  server.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints = (complaints + text).slice(-STDERR_KEPT);
  });
  server.stdin.on("error", () => undefined); // it has ended; "close" says more
  server.on("error", (error) => reportLoss(channel, `the compute server cannot start: ${error.message}`));
  server.on("close", (code, signal) => {
    parentPort?.close();
    const how = signal === null ? `with exit code ${code}` : howKilled(server, signal);
    const said = complaints.trim() === "" ? "" : ` It said: ${complaints.trim()}`;
    reportLoss(channel, `the compute server has ended ${how}. ${REMEDY}.${said}`);
  });
  return server;
}

function howKilled({ killed }: ChildProcessWithoutNullStreams, signal: string): string {
  if (killed || signal !== "SIGKILL") return `by ${signal}`;
  // not by this thread
  const taken = peak === undefined ? "" : `; it had taken ${peak.toFixed(0)} MiB`;
  return `by SIGKILL, which the system sends when memory runs out${taken}`;
}

function carry(server: ChildProcessWithoutNullStreams, address: string): void {
  const socket = connectSocket(address);
  new Bridge(socket, end, {
    inOrder: noteCompleted,
    // The server's own end says best what happened; it follows at once, or is brought about.
    closed: () => server.kill("SIGKILL"),
  });
}

/** The engine's word on how far it is becomes the shared word that the client looks at. */
function noteCompleted({ views, length, more }: Frame): boolean {
  if (more || !hasCode(views, 0, length, REPLIES.completed.code)) return false;
  end.complete(views.words[1]!);
  return true;
}

/** The client has asked it to stop, and in vain. */
function killUnlessAlive(server: ChildProcessWithoutNullStreams, sequence: number): void {
  const { completed } = end;
  if (notAfter(sequence, completed) || doubt?.completed === completed) return;
  clearTimeout(doubt?.timer);
  const timer = setTimeout(() => {
    if (end.completed !== completed) return;
    complaints += `\nIt did not obey a stop, and finished nothing for ${HUNG_MS / 1000} s: a device that hangs.`;
    server.kill("SIGKILL");
  }, HUNG_MS);
  doubt = { completed, timer };
}

/** After its end nobody can tell any more. */
function lookAtMemory({ pid }: ChildProcessWithoutNullStreams): void {
  try {
    const kibibytes = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
    if (kibibytes !== undefined) peak = Number(kibibytes) / 1024;
  } catch {
    // another system, or it has ended
  }
}

const server = startServer();
const looks = setInterval(lookAtMemory, SERVER_MEMORY_POLL_MS, server);
server.once("close", () => clearInterval(looks));
const late = setTimeout(() => {
  complaints += `\nnot ready after ${SERVER_START_MS / 1000} s`;
  server.kill("SIGKILL");
}, SERVER_START_MS);
createInterface(server.stdout).once("line", (address) => {
  clearTimeout(late);
  lookAtMemory(server);
  if (file === undefined) carry(server, address);
});
parentPort?.on("message", (sequence: number) => killUnlessAlive(server, sequence));
const whole: ServerOrder = { ...order, shared: file !== undefined };
server.stdin.write(`${JSON.stringify(whole)}\n`);
