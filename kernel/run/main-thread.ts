// The thread of user code: puts its parts together and does what the wire thread asks.

import type { MessagePort } from "node:worker_threads";
import { installHost } from "gradbook/train/host";
import type { RunEvent } from "gradbook/train/run";
import { writeCompiledCode } from "../code-cache.js";
import { NOTEBOOK_MODULE, OWN_JSX, PRELOADED } from "../preloaded.js";
import type { ToMain } from "../protocol/threads.js";
import { Bindings } from "./bindings.js";
import { receiveComm } from "./comms.js";
import { connect } from "./connection.js";
import { ErrorReports } from "./errors.js";
import { Executor } from "./executor.js";
import { exitInOrder } from "./exit.js";
import { Inputs } from "./input.js";
import { Interrupts, isInterrupt } from "./interrupt.js";
import { LocalFiles } from "./local-files.js";
import { Modules } from "./modules.js";
import { Output } from "./output.js";
import { mimeBundle } from "./present.js";
import { jsx } from "./rich/jsx.js";
import { RunRequests } from "./run-requests.js";

export interface MainThreadOptions {
  readonly port: MessagePort;
  /** Answers to questions come here. */
  readonly inputs: MessagePort;
  /** What the front end asks of runs comes here. */
  readonly requests: MessagePort;
  readonly words: Int32Array<SharedArrayBuffer>;
  /** The notebook's folder. */
  readonly folder: string;
  /** URL of the library's index. */
  readonly library: string;
}

/** Starts to serve; the library is loaded in the background. */
export function startMainThread(options: MainThreadOptions): void {
  const { port, inputs, words, folder, library } = options;
  const output = new Output(port, words);
  connect(output);
  output.captureStreams();
  exitInOrder(output, words);
  new Inputs(inputs, words, output).install();
  const libraryFolder = new URL("./", library).href;
  const reports = new ErrorReports(libraryFolder, folder);
  const bindings = new Bindings();
  const modules = new Modules(
    folder,
    {
      gradbook: library,
      "gradbook/": libraryFolder,
      [NOTEBOOK_MODULE]: new URL("../notebook.js", import.meta.url).href,
    },
    new LocalFiles((url, positions) => reports.addFile(url, positions)),
  );
  Object.assign(globalThis, { __dirname: modules.meta.dirname, __filename: modules.meta.filename });
  Object.assign(globalThis, { [OWN_JSX]: jsx });
  const executor = new Executor(new Interrupts(words), modules, bindings, reports);

  const requests = new RunRequests(options.requests, words);
  installHost({
    requests,
    cell: () => executor.cell,
    publish: (event) => publish(output, event),
    display: (data, { id, update = false } = {}) =>
      output.say({ type: "display", bundle: mimeBundle(data), update, ...(id === undefined ? {} : { id }) }),
  });

  let failure = "";
  const loaded = preload(modules, bindings, executor, output).catch((error: unknown) => {
    failure = `The library could not be loaded.\n${reports.report(error).traceback.join("\n")}\n`;
  });
  const background = (error: unknown): void => {
    if (isInterrupt(error)) return;
    output.print("stderr", `Not caught: ${reports.report(error).traceback.join("\n")}\n`);
  };
  process.on("unhandledRejection", background);
  process.on("uncaughtException", background);
  showWarnings(output);

  port.on("message", (message: ToMain) => {
    switch (message.type) {
      case "run":
        output.latest = message.execution;
        void loaded
          .then(() => {
            output.print("stderr", failure);
            failure = "";
            return executor.run(message.execution, message.cell);
          })
          .then((outcome) => output.post({ type: "done", execution: message.execution, outcome }));
        break;
      case "interrupt":
        executor.interrupt(message.execution);
        break;
      case "requests":
        requests.serve();
        break;
      case "comm":
        receiveComm(message.event);
        break;
      case "exit":
        process.exit(0);
    }
  });
  output.post({ type: "ready" });
}

/** Node's warnings go where cells print, but not those about features that this kernel chose to use. */
function showWarnings(output: Output): void {
  process.removeAllListeners("warning");
  process.on("warning", ({ name, message }) => {
    if (name !== "ExperimentalWarning") output.print("stderr", `${name}: ${message}\n`);
  });
}

/** Copies rows first: they may be a view of much larger memory, all of which a message would carry. */
function publish(output: Output, event: RunEvent): void {
  if (event.type === "run" || (event.type === "answer" && event.numbers === undefined)) {
    output.say({ type: "run", event });
    return;
  }
  if (event.type === "answer") {
    const numbers = new Float32Array(event.numbers!);
    output.say({ type: "run", event: { ...event, numbers } }, [numbers.buffer]);
    return;
  }
  const steps = new Float32Array(event.steps);
  const samples = new Float32Array(event.samples);
  const histograms = new Uint8Array(event.histograms);
  output.say({ type: "run", event: { ...event, steps, samples, histograms } }, [
    steps.buffer,
    samples.buffer,
    histograms.buffer,
  ]);
}

/** Loads what cells can use without an import. A name that the library does not have stays undefined. */
async function preload(
  modules: Modules,
  bindings: Bindings,
  executor: Executor,
  output: Output,
): Promise<void> {
  for (const { module, names, whole } of PRELOADED) {
    const values = await modules.import(module);
    if (whole !== undefined) bindings.bind(whole, { $v: values });
    for (const name of names) if (name in values) bindings.bind(name, { $v: values[name] });
  }
  const { settleSession, onEngine } = await modules.import("gradbook/tensor/session");
  executor.settle = settleSession as Executor["settle"];
  (onEngine as (listener: (gone: boolean) => void) => void)((gone) => output.say({ type: "engine", gone }));
  writeCompiledCode();
}
