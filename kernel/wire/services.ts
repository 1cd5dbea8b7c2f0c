// All that the wire thread does for Jupyter, whatever user code does. This file puts the parts of the folder together.

import { setTimeout as pause } from "node:timers/promises";
import type { RunStatus } from "gradbook/train/run";
import { Debugger } from "../debug/adapter.js";
import { LIMITS } from "../limits.js";
import { CELLS_COMM } from "../protocol/cells.js";
import { type Json, type Message, objectField, textField } from "../protocol/messages.js";
import { type FromMain, type Outcome, SHARED, type ToMain } from "../protocol/threads.js";
import { Cells } from "./cells.js";
import { Comms } from "./comms.js";
import { Diagnoser } from "./diagnoser.js";
import { Executions } from "./executions.js";
import { requestHandlers } from "./handlers.js";
import { History } from "./history.js";
import { Inputs } from "./inputs.js";
import { MemoryGuard } from "./memory.js";
import { Monitor } from "./monitor.js";
import { Pictures } from "./pictures.js";
import { Recorder } from "./recorder.js";
import type { Request } from "./requests.js";
import { RunRequests } from "./run-requests.js";
import { Stop } from "./stop.js";
import { Subshells } from "./subshells.js";
import { data, kill, language, publisher, sockets } from "./thread.js";

const { historyFolder, words, heapLimit, port, inputs: inputPort, requests: requestPort } = data;
const history = new History(historyFolder);
const recorder = new Recorder();
// before all who pass verdicts on, so that the last one of a cell reaches them with its end
recorder.listen(new Diagnoser(recorder));
const toMain = (message: ToMain): void => port.postMessage(message);
const monitor = new Monitor(recorder, new RunRequests(requestPort, words, toMain));
const cells = new Cells();
const comms = new Comms(publisher, { "gradbook.monitor": monitor, [CELLS_COMM]: cells }, (event) =>
  toMain({ type: "comm", event }),
);
const debug = new Debugger({
  publish: (event) => publisher.publish("debug_event", { ...event }, executions.running[0]?.parent ?? {}),
  full: () => memory.full(),
});
const inputs = new Inputs(sockets.stdin, inputPort, words);
const executions = new Executions({
  publisher,
  language,
  history,
  cells,
  toMain,
  starting: () => {
    Atomics.store(words, SHARED.interrupt, 0);
    debug.starting();
  },
  prepare: (cell) => debug.prepare(cell),
  ended: (execution, outcome) => {
    memory.ended();
    inputs.forget(execution);
    recorder.cellEnded(execution, statusOfRuns(outcome));
  },
});
const stop = new Stop(words, executions, publisher, toMain);
const memory = new MemoryGuard(heapLimit, {
  stop: (error) => {
    if (executions.running.length === 0) publisher.stream("stderr", `${error.traceback.join("\n")}\n`, {});
    executions.blame(error);
    stop.interrupt();
    void debug.letGo();
  },
  isRunning: () => executions.running.length > 0,
  isDebugged: () => debug.isOn,
});
recorder.listen(
  new Pictures((execution, data, id, update) => showDisplay(execution, { data, metadata: {} }, id, update)),
);
const subshells = new Subshells();
let ending = false;
const handlers = requestHandlers({
  language,
  comms,
  history,
  subshells,
  debug,
  interrupt: () => {
    stop.interrupt();
    void debug.letGo();
  },
  shutdown: () => setTimeout(() => void shutDown(), 0),
});

port.on("message", (message: FromMain) => {
  try {
    FROM_MAIN[message.type](message as never);
  } catch (error) {
    // A record that makes no sense must not cost the user the kernel.
    process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  }
});

/** Takes a message of a front end. */
export function handle(message: Message, from: "shell" | "control" | "stdin"): void {
  if (from === "stdin") {
    if (message.header.msg_type === "input_reply") inputs.answered(message.content);
    return;
  }
  const reply = (content: Json): void => sockets[from].reply(message, content);
  const shell = textField({ ...message.header }, "subshell_id");
  const request = { message, channel: from, shell, reply };
  if (
    message.header.msg_type === "execute_request" &&
    from === "shell" &&
    subshells.missing(shell) === undefined
  )
    executions.add(request);
  else void answer(request);
}

/** Busy, the reply, idle. A cell that runs meanwhile is announced as busy again, since front ends show the latest status. */
async function answer(request: Request): Promise<void> {
  const { header } = request.message;
  publisher.status("busy", header);
  try {
    const handler = Object.hasOwn(handlers, header.msg_type) ? handlers[header.msg_type] : undefined;
    const missing = subshells.missing(request.shell);
    const content =
      missing === undefined ? await handler?.(request) : { ...missing, execution_count: executions.count };
    if (content !== undefined) request.reply(content);
  } catch (error) {
    const evalue = error instanceof Error ? error.message : String(error);
    request.reply({ status: "error", ename: "KernelError", evalue, traceback: [evalue] });
  }
  publisher.status("idle", header);
  const [running] = executions.running;
  if (running !== undefined) publisher.status("busy", running.parent);
}

type Handlers = { [T in FromMain["type"]]: (message: Extract<FromMain, { type: T }>) => void };

const FROM_MAIN: Handlers = {
  ready: () => {},
  stream: ({ execution, name, text }) => {
    const record = executions.record(execution);
    if (record?.silent !== true) publisher.stream(name, text, record?.parent ?? {});
    Atomics.add(words, SHARED.charactersTaken, text.length);
    Atomics.notify(words, SHARED.charactersTaken);
  },
  display: ({ execution, bundle, id, update }) => showDisplay(execution, { ...bundle }, id, update),
  page: ({ execution, text }) => executions.page(execution, text),
  clear: ({ execution, wait }) => show(execution, "clear_output", { wait }),
  input: (question) => {
    publisher.flush();
    inputs.ask(question, executions.requestOf(question.execution));
  },
  done: ({ execution, outcome }) => executions.done(execution, outcome),
  run: ({ execution, event }) => {
    if (event.type === "answer") monitor.answer(event);
    else recorder.record(event, execution, executions.isRunning(execution));
  },
  engine: ({ gone }) => monitor.setEngine(gone),
  target: ({ name, registered }) => comms.setMainTarget(name, registered),
  comm: ({ execution, event }) => comms.fromMain(event, executions.record(execution)?.parent ?? {}),
  exit: ({ execution, code }) => void executions.leave(execution, code).then(end),
};

function showDisplay(execution: number, bundle: Json, id: string | undefined, update: boolean): void {
  const transient = id === undefined ? {} : { display_id: id };
  const content = { data: objectField(bundle, "data"), metadata: objectField(bundle, "metadata"), transient };
  show(execution, update ? "update_display_data" : "display_data", content);
}

function show(execution: number, type: string, content: Json): void {
  const record = executions.record(execution);
  if (record?.silent !== true) publisher.publish(type, content, record?.parent ?? {});
}

function statusOfRuns(outcome: Outcome): RunStatus {
  if (outcome.status === "ok") return "finished";
  return outcome.interrupted ? "stopped" : "failed";
}

/** Ends the process, by force if user code does not let go. */
async function shutDown(): Promise<void> {
  void end();
  await sent();
  setTimeout(() => kill(), LIMITS.shutdownKillMilliseconds);
}

/** Lets the last messages go; then the main thread may end the process. */
async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  publisher.flush();
  debug.detach().catch(() => {});
  memory.close();
  await sent();
  await pause(LIMITS.shutdownMilliseconds);
  await sockets.close();
  Atomics.store(words, SHARED.closed, 1);
  Atomics.notify(words, SHARED.closed);
  toMain({ type: "exit" });
}

async function sent(): Promise<void> {
  await Promise.all([sockets.shell.sent(), sockets.control.sent(), sockets.iopub.sent()]);
}
