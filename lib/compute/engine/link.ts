// The client thread of an engine in the compute server: starts the server, owns the connection, carries messages between it
// and the rings that it shares with the client, and reports when the server has gone.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { connect as connectSocket } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import { HUNG_MS, SERVER_START_MS } from "../settings.js";
import { Bridge, type Frame } from "./bridge.js";
import { ChannelEnd, type ChannelMemory, notAfter } from "./channel.js";
import { reportLoss } from "./loss.js";
import { hasCode, REPLIES } from "./protocol.js";
import type { ServerOrder } from "./server.js";

/** What the thread is started with. */
export interface LinkData {
  readonly channel: ChannelMemory;
  readonly order: ServerOrder;
}

const REMEDY =
  "The values that it held are lost; the next operation starts a new one, so make models and data anew. Or unset " +
  "GRADBOOK_SERVER to compute in the program's own process";
const STDERR_KEPT = 2000;

const { channel, order } = workerData as LinkData;
const end = new ChannelEnd(channel, "engine");
let complaints = "";
/** Runs while it is not known whether the server hangs. */
let doubt: NodeJS.Timeout | undefined;

function startServer(): ChildProcessWithoutNullStreams {
  const server = spawn(process.execPath, [fileURLToPath(new URL("./server.js", import.meta.url))], {
    stdio: "pipe",
    windowsHide: true,
  });
  server.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints = (complaints + text).slice(-STDERR_KEPT);
  });
  server.stdin.on("error", () => undefined); // it has ended; "close" says more
  server.on("error", (error) => reportLoss(channel, `the compute server cannot start: ${error.message}`));
  server.on("close", (code, signal) => {
    parentPort?.close();
    const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
    const said = complaints.trim() === "" ? "" : ` It said: ${complaints.trim()}`;
    reportLoss(channel, `the compute server has ended ${how}. ${REMEDY}.${said}`);
  });
  return server;
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
  clearTimeout(doubt);
  doubt = undefined;
  return true;
}

/** The client has asked it to stop, and in vain. */
function killUnlessAlive(server: ChildProcessWithoutNullStreams, sequence: number): void {
  if (notAfter(sequence, end.completed)) return;
  doubt ??= setTimeout(() => {
    complaints += `\nIt did not obey a stop, and finished nothing for ${HUNG_MS / 1000} s: a device that hangs.`;
    server.kill("SIGKILL");
  }, HUNG_MS);
}

const server = startServer();
const late = setTimeout(() => {
  complaints += `\nnot ready after ${SERVER_START_MS / 1000} s`;
  server.kill("SIGKILL");
}, SERVER_START_MS);
createInterface(server.stdout).once("line", (address) => {
  clearTimeout(late);
  carry(server, address);
});
parentPort?.on("message", (sequence: number) => killUnlessAlive(server, sequence));
server.stdin.write(`${JSON.stringify(order)}\n`);
