// The compute server: a process with an engine thread, for one client. This thread does not compute, so that a long or hung
// kernel never keeps the server from noticing that its client is gone; then it ends, whatever the engine does.
//
// It is told an order as one line of JSON on its standard input, and answers with a line on its standard output. The input stays
// open as long as the parent lives. Where both can share memory, the client's channel comes as file 3, and the engine looks at
// it without anybody between. Elsewhere the answer is the address of a socket, and this thread carries messages.

import { randomBytes, timingSafeEqual } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Worker } from "node:worker_threads";
import { PARENT_POLL_MS } from "../settings.js";
import { guardLoading } from "../wasm/koffi.js";
import { Bridge, type Frame, FrameReader, wireMessage } from "./bridge.js";
import { ChannelEnd, type ChannelMemory, createChannel, openProcessChannel } from "./channel.js";
import type { DeviceName } from "./devices.js";
import { decodeRequest, hasCode, PROTOCOL_VERSION, REQUESTS } from "./protocol.js";
import type { ThreadData } from "./thread.js";

/** What the server is told at its start. */
export interface ServerOrder {
  readonly token: string;
  readonly device: DeviceName;
  /** Whether the client's channel is file 3. */
  readonly shared?: boolean;
}

const CHANNEL_FILE = 3;

const parent = process.ppid;
let folder: string | undefined;

/** Ends this process even when the engine thread hangs. */
function leave(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  process.kill(process.pid, "SIGKILL");
}

/** Where to listen: a folder that only this user can look into, or a pipe with a name no one can guess. */
function newAddress(): string {
  if (process.platform === "win32") return `\\\\.\\pipe\\gradbook-${randomBytes(16).toString("hex")}`;
  folder = mkdtempSync(join(tmpdir(), "gradbook-"));
  return join(folder, "socket");
}

function start({ token, device, shared = false }: ServerOrder): void {
  if (!shared) {
    const channel = createChannel();
    listen(token, startEngine(device, channel), new ChannelEnd(channel, "client"));
    return;
  }
  const engine = startEngine(device, openProcessChannel(CHANNEL_FILE));
  engine.on("message", leave);
  engine.on("exit", leave);
  process.stdout.write("ready\n");
}

function startEngine(device: DeviceName, channel: ChannelMemory): Worker {
  const data: ThreadData = { channel, device, alone: true };
  guardLoading();
  const engine = new Worker(new URL("./thread.js", import.meta.url), { workerData: data, execArgv: [] });
  engine.on("error", (error) => {
    process.stderr.write(`${(error as Error).stack}\n`);
    leave();
  });
  return engine;
}

function listen(token: string, engine: Worker, end: ChannelEnd): void {
  const address = newAddress();
  const server = createServer((socket) => {
    greet(socket, token, (first) => {
      server.close();
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
      serve(socket, engine, end, first);
    });
  });
  server.listen(address, () => process.stdout.write(`${address}\n`));
}

/** Waits for the hello with the right token; anything else gets an error and is hung up on. */
function greet(socket: Socket, token: string, welcome: (received: Uint8Array) => void): void {
  const received: Buffer[] = [];
  const reader = new FrameReader(4096);
  socket.on("error", () => socket.destroy());
  const listener = (data: Buffer): void => {
    received.push(data);
    try {
      for (const frame of reader.read(data)) {
        checkHello(frame, token);
        socket.off("data", listener);
        welcome(Buffer.concat(received));
        return;
      }
    } catch (error) {
      const { message } = error as Error;
      socket.end(wireMessage({ type: "error", sequence: 0, origin: 0, kind: "protocol", message }));
    }
  };
  socket.on("data", listener);
}

function checkHello({ views, length }: Frame, token: string): void {
  const hello = decodeRequest(views, 0, length);
  if (hello.type !== "hello") throw new Error(`the first message must be "hello", not "${hello.type}"`);
  const [given, right] = [Buffer.from(hello.token), Buffer.from(token)];
  if (given.length !== right.length || !timingSafeEqual(given, right)) throw new Error("the token is wrong");
  if (hello.version !== PROTOCOL_VERSION)
    throw new Error(
      `this server speaks version ${PROTOCOL_VERSION} of the protocol, the client ${hello.version}`,
    );
}

function serve(socket: Socket, engine: Worker, end: ChannelEnd, first: Uint8Array): void {
  const urgent = (frame: Frame): boolean => obeyCancel(frame, end);
  const bridge = new Bridge(socket, end, { urgent, announce: true, closed: leave });
  bridge.arrive(first);
  // Once the engine has ended, after `shutdown` or a failure, the client is still told what there is to tell.
  const finish = (): void => {
    bridge.flush();
    socket.end(leave);
  };
  engine.on("message", finish);
  engine.on("exit", finish);
}

/** A cancel must not wait behind the run that it is to stop. */
function obeyCancel({ views, length, more }: Frame, end: ChannelEnd): boolean {
  if (more || !hasCode(views, 0, length, REQUESTS.cancel.code)) return false;
  try {
    const request = decodeRequest(views, 0, length);
    if (request.type === "cancel") end.cancel(request.upTo | 0);
  } catch {
    // malformed: the engine will say so
  }
  return false;
}

process.on("SIGINT", () => undefined); // Ctrl-C in a terminal reaches all its processes; the client decides what ends
process.stdin.on("end", leave);
setInterval(() => process.ppid !== parent && leave(), PARENT_POLL_MS);
createInterface(process.stdin).once("line", (line) => start(JSON.parse(line) as ServerOrder));
