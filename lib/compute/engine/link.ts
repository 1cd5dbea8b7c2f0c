// The client thread of an engine in the compute server: starts the server, owns the connection, carries messages between it
// and the rings that it shares with the client, and reports when the server has gone.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { connect as connectSocket } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { workerData } from "node:worker_threads";
import { SERVER_START_MS } from "../settings.js";
import { Bridge, type Frame } from "./bridge.js";
import { ChannelEnd, type ChannelMemory } from "./channel.js";
import { reportLoss } from "./loss.js";
import { hasCode, REPLIES } from "./protocol.js";
import type { ServerOrder } from "./server.js";

/** What the thread is started with. */
export interface LinkData {
  readonly channel: ChannelMemory;
  readonly order: ServerOrder;
}

const REMEDY =
  "What it held is lost; restart the kernel (or the program) to get a new one, or unset GRADBOOK_SERVER to compute in " +
  "the program's own process";
const STDERR_KEPT = 2000;

const { channel, order } = workerData as LinkData;
const end = new ChannelEnd(channel, "engine");
let complaints = "";

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
  return true;
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
server.stdin.write(`${JSON.stringify(order)}\n`);
