// The kernel's entry: starts the wire thread, which answers Jupyter within milliseconds, and turns this thread into the one
// that runs user code.

import { getHeapStatistics } from "node:v8";
import { MessageChannel, Worker } from "node:worker_threads";
import { keepCompiledCode } from "./code-cache.js";
import { readOptions } from "./options.js";
import { SHARED } from "./protocol/threads.js";
import type { WireThreadData } from "./wire/thread.js";

keepCompiledCode();
const { connection, library, paths, historyFolder } = readOptions(process.argv.slice(2));
const words = new Int32Array(new SharedArrayBuffer(SHARED.length * Int32Array.BYTES_PER_ELEMENT));
const { port1, port2 } = new MessageChannel();
const inputs = new MessageChannel();
const requests = new MessageChannel();

const data: WireThreadData = {
  connection,
  paths,
  historyFolder,
  words,
  heapLimit: getHeapStatistics().heap_size_limit,
  port: port2,
  inputs: inputs.port2,
  requests: requests.port2,
};
const wire = new Worker(new URL("./wire/thread.js", import.meta.url), {
  workerData: data,
  transferList: [port2, inputs.port2, requests.port2],
  stdout: true,
  stderr: true,
  execArgv: ["--disable-warning=ExperimentalWarning"],
});
// Taken before cells' prints are captured: what the kernel itself has to say goes to the server's log.
const log = process.stderr.write.bind(process.stderr);
wire.stdout.on("data", (chunk: Buffer) => log(chunk));
wire.stderr.on("data", (chunk: Buffer) => log(chunk));
wire.on("error", (error: Error) => {
  log(`The kernel's connection failed: ${error.stack ?? error.message}\n`);
  // the exit would wait for the thread to close its sockets
  Atomics.store(words, SHARED.closed, 1);
  process.exit(1);
});

const { startMainThread } = await import("./run/main-thread.js");
startMainThread({
  port: port1,
  inputs: inputs.port1,
  requests: requests.port1,
  words,
  folder: process.cwd(),
  library,
});
