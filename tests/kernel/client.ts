// A Jupyter client that speaks raw ZeroMQ to a kernel process of its own. Every message it receives is checked against the
// signature and the schema; problems are collected in `problems`.

import { type ChildProcess, spawn } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Dealer, Request, Subscriber } from "zeromq";
import { freePorts, PORT_TAKEN, type Ports, STARTS } from "./ports.ts";
import { type AnyMessage, schemaProblems } from "./schema.ts";

export const KERNEL_MAIN: string = fileURLToPath(new URL("../../kernel/dist/main.js", import.meta.url));
const DELIMITER = "<IDS|MSG>";
/** A kernel that does not listen yet is tried again so soon, in milliseconds: the wait is the kernel's, not the client's. */
const RECONNECT = 10;

export interface Received extends AnyMessage {
  readonly channel: "shell" | "control" | "iopub" | "stdin";
  readonly type: string;
  /** msg_id of the message this one answers. */
  readonly parent: string;
  readonly buffers: Buffer[];
  /** The frames before the delimiter. */
  readonly identities: Buffer[];
  readonly at: number;
}

export interface StartOptions {
  /** Environment variables on top of this process's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Index of the library to preload instead of gradbook. */
  readonly library?: string;
  /** The notebook's folder; by default an empty one. */
  readonly folder?: string;
  /** Routing identity of the shell socket. */
  readonly identity?: string;
  /** Starts another kernel instead: the program and its arguments, given the connection file. */
  readonly command?: (connectionFile: string) => readonly [program: string, ...args: string[]];
}

export interface Executed {
  readonly reply: Received;
  /** Everything on iopub that belongs to the cell, in order. */
  readonly messages: readonly Received[];
  readonly stdout: string;
  readonly stderr: string;
  /** text/plain of the result. */
  readonly result: string | undefined;
  readonly seconds: number;
}

export class KernelClient {
  readonly received: Received[] = [];
  readonly problems: string[] = [];
  process: ChildProcess;
  readonly folder: string;
  readonly key: string;
  readonly sockets: { shell: Dealer; control: Dealer; stdin: Dealer; iopub: Subscriber; heartbeat: Request };
  readonly #scratch: string;
  readonly #launch: () => ChildProcess;
  readonly #waiting = new Set<() => void>();
  #sending: Promise<unknown> = Promise.resolve();
  log = "";

  private constructor(
    launch: () => ChildProcess,
    key: string,
    ports: Ports,
    scratch: string,
    options: StartOptions,
  ) {
    this.#launch = launch;
    this.process = this.#started();
    this.key = key;
    this.folder = options.folder ?? scratch;
    this.#scratch = scratch;
    const at = (port: number) => `tcp://127.0.0.1:${port}`;
    const routingId = options.identity ?? randomUUID();
    const shell = new Dealer({ linger: 0, reconnectInterval: RECONNECT, routingId });
    const control = new Dealer({ linger: 0, reconnectInterval: RECONNECT });
    // A kernel asks by the identity of the shell socket.
    const stdin = new Dealer({ linger: 0, reconnectInterval: RECONNECT, routingId });
    const iopub = new Subscriber({ linger: 0, reconnectInterval: RECONNECT, receiveHighWaterMark: 0 });
    const heartbeat = new Request({ linger: 0, reconnectInterval: RECONNECT });
    this.sockets = { shell, control, stdin, iopub, heartbeat };
    shell.connect(at(ports.shell_port));
    control.connect(at(ports.control_port));
    stdin.connect(at(ports.stdin_port));
    iopub.connect(at(ports.iopub_port));
    heartbeat.connect(at(ports.hb_port));
    iopub.subscribe("");
    void this.#read(shell, "shell");
    void this.#read(control, "control");
    void this.#read(stdin, "stdin");
    void this.#read(iopub, "iopub");
  }

  #started(): ChildProcess {
    const child = this.#launch();
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.log += chunk.toString();
      });
    }
    return child;
  }

  /** Starts the next kernel with the same connection file once this one has ended, as Jupyter restarts a kernel; does not wait for it. */
  async restart(): Promise<void> {
    await this.#exit();
    this.process = this.#started();
  }

  async #exit(): Promise<void> {
    const { exitCode, signalCode } = this.process;
    if (exitCode === null && signalCode === null)
      await new Promise((resolve) => this.process.once("exit", resolve));
  }

  /** A kernel that has answered its first request. Between the choice of its ports and their use others may take one; then it is
   *  started again. */
  static async start(options: StartOptions = {}): Promise<KernelClient> {
    for (let attempt = 1; ; attempt++) {
      const client = await KernelClient.#spawn(options);
      try {
        await client.#answering(options.command === undefined);
        return client;
      } catch (error) {
        await client.close();
        if (attempt === STARTS || !PORT_TAKEN.test(client.log)) throw error;
      }
    }
  }

  static async #spawn(options: StartOptions): Promise<KernelClient> {
    const scratch = mkdtempSync(path.join(os.tmpdir(), "gradbook-kernel-test-"));
    const key = randomUUID();
    const ports = await freePorts();
    const connection = {
      transport: "tcp",
      ip: "127.0.0.1",
      key,
      signature_scheme: "hmac-sha256",
      ...ports,
    };
    const file = path.join(scratch, "connection.json");
    writeFileSync(file, JSON.stringify(connection));
    const args = [KERNEL_MAIN, "--connection-file", file];
    if (options.library !== undefined) args.push("--library", options.library);
    const [program, ...given] = options.command?.(file) ?? [process.execPath, ...args];
    const launch = (): ChildProcess => {
      const child = spawn(program, given, {
        cwd: options.folder ?? scratch,
        stdio: "pipe",
        env: { ...process.env, GRADBOOK_HISTORY: "", ...options.env },
      });
      // kernels of others do not end with whoever started them
      if (options.command !== undefined) {
        const kill = (): void => void child.kill("SIGKILL");
        process.once("exit", kill);
        child.once("exit", () => process.off("exit", kill));
      }
      return child;
    };
    return new KernelClient(launch, key, ports, scratch, options);
  }

  /** Done when the first request has been answered and what the kernel says on iopub arrives. */
  async #answering(welcomes: boolean): Promise<void> {
    const ended = new Promise<never>((_, reject) => {
      this.process.once("close", (code, signal) =>
        reject(new Error(`The kernel ended at its start (${code ?? signal}).\n${this.log}`)),
      );
    });
    const asked = async (): Promise<void> => {
      await this.wait((m) => m.type === "iopub_welcome", "the welcome on iopub");
      await this.request("kernel_info_request", {});
    };
    await Promise.race([ended, welcomes ? asked() : this.#subscribed()]);
  }

  /** Kernels that do not welcome a subscriber are asked until what they say on iopub arrives. */
  async #subscribed(): Promise<void> {
    for (let asked = 0; asked < 50; asked++) {
      const id = this.send("kernel_info_request", {});
      await this.wait((m) => m.parent === id && m.channel === "shell", "the first reply");
      const heard = this.wait((m) => m.parent === id && m.channel === "iopub", "a status", 300);
      if (await heard.then(Boolean, () => false)) return this.idle(id);
    }
    throw new Error(`The kernel answers, and says nothing on iopub.\n${this.log}`);
  }

  /** Sends a message and gives its msg_id. */
  send(
    type: string,
    content: object,
    more: {
      channel?: "shell" | "control" | "stdin";
      buffers?: Uint8Array[];
      metadata?: object;
      subshell?: string;
    } = {},
  ): string {
    const id = randomUUID();
    const header = {
      msg_id: id,
      msg_type: type,
      session: "test-session",
      username: "test",
      date: new Date().toISOString(),
      version: "5.5",
      ...(more.subshell === undefined ? {} : { subshell_id: more.subshell }),
    };
    const parts = [header, {}, more.metadata ?? {}, content].map((part) => Buffer.from(JSON.stringify(part)));
    void this.sendFrames([DELIMITER, this.sign(parts), ...parts, ...(more.buffers ?? [])], more.channel);
    return id;
  }

  /** Sends frames as they are. */
  sendFrames(
    frames: (string | Uint8Array)[],
    channel: "shell" | "control" | "stdin" = "shell",
  ): Promise<unknown> {
    this.#sending = this.#sending.then(() => this.sockets[channel].send(frames));
    return this.#sending;
  }

  sign(parts: readonly Uint8Array[]): string {
    const hmac = createHmac("sha256", this.key);
    for (const part of parts) hmac.update(part);
    return hmac.digest("hex");
  }

  /** The reply to a request, once the kernel is idle again after it. */
  async request(type: string, content: object, channel: "shell" | "control" = "shell"): Promise<Received> {
    const id = this.send(type, content, { channel });
    await this.idle(id);
    return this.wait((m) => m.parent === id && m.channel === channel, `the reply to ${type}`);
  }

  /** Runs a cell to its end. */
  async execute(code: string, options: object = {}): Promise<Executed> {
    return this.finished(this.startCell(code, options));
  }

  /** Sends a cell, to the main shell or a subshell, and does not wait. */
  startCell(code: string, options: object = {}, subshell?: string): string {
    const content = { code, silent: false, store_history: true, ...options };
    return this.send("execute_request", content, subshell === undefined ? {} : { subshell });
  }

  /** The next question of a cell. */
  question(id: string, number = 0): Promise<Received> {
    let seen = 0;
    return this.wait(
      (m) => m.parent === id && m.type === "input_request" && seen++ === number,
      `question ${number} of a cell`,
    );
  }

  answer(value: string): void {
    this.send("input_reply", { value, status: "ok" }, { channel: "stdin" });
  }

  /** What came of a cell, once it has ended. */
  async finished(id: string): Promise<Executed> {
    const start = performance.now();
    await this.idle(id);
    const reply = await this.wait((m) => m.parent === id && m.type === "execute_reply", "execute_reply");
    const messages = this.of(id);
    const streamed = (name: string): string =>
      messages
        .filter((m) => m.type === "stream" && m.content.name === name)
        .map((m) => m.content.text)
        .join("");
    const result = messages.find((m) => m.type === "execute_result")?.content.data as
      | Record<string, string>
      | undefined;
    return {
      reply,
      messages,
      stdout: streamed("stdout"),
      stderr: streamed("stderr"),
      result: result?.["text/plain"],
      seconds: (performance.now() - start) / 1000,
    };
  }

  /** The iopub messages that belong to a request so far. */
  of(id: string): Received[] {
    return this.received.filter((m) => m.channel === "iopub" && m.parent === id);
  }

  async idle(id: string, milliseconds?: number): Promise<void> {
    await this.wait(
      (m) => m.parent === id && m.type === "status" && m.content.execution_state === "idle",
      "idle",
      milliseconds,
    );
  }

  /** The first message, received already or to come, that is wanted. */
  async wait(wanted: (message: Received) => boolean, what: string, milliseconds = 20_000): Promise<Received> {
    const deadline = performance.now() + milliseconds;
    for (let from = 0; ; ) {
      for (; from < this.received.length; from++) {
        const message = this.received[from]!;
        if (wanted(message)) return message;
      }
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`No ${what} within ${milliseconds} ms.\n${this.log}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, left);
        const waiting = this.#waiting;
        function done(): void {
          clearTimeout(timer);
          waiting.delete(done);
          resolve();
        }
        waiting.add(done);
      });
    }
  }

  /** Ends the kernel without asking it, and forgets everything. */
  async close(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.#exit();
    for (const socket of Object.values(this.sockets)) socket.close();
    rmSync(this.#scratch, { recursive: true, force: true });
  }

  async #read(socket: Dealer | Subscriber, channel: Received["channel"]): Promise<void> {
    for await (const frames of socket) {
      const message = this.#parse(frames, channel);
      if (message === undefined) continue;
      this.received.push(message);
      for (const wake of [...this.#waiting]) wake();
    }
  }

  #parse(frames: Buffer[], channel: Received["channel"]): Received | undefined {
    const at = frames.findIndex((frame) => frame.toString() === DELIMITER);
    const [signature, ...rest] = frames.slice(at + 1);
    const parts = rest.slice(0, 4);
    if (at < 0 || signature === undefined || signature.toString() !== this.sign(parts)) {
      this.problems.push(`badly signed or malformed: ${frames.map(String).join(" | ").slice(0, 300)}`);
      return undefined;
    }
    const [header, parent_header, metadata, content] = parts.map((part) => JSON.parse(part.toString()));
    const message = { header, parent_header, metadata, content };
    const problems = schemaProblems(message);
    for (const problem of problems) this.problems.push(`${header.msg_type}: ${problem}`);
    return {
      ...message,
      channel,
      type: header.msg_type,
      parent: parent_header.msg_id ?? "",
      buffers: rest.slice(4),
      identities: frames.slice(0, at),
      at: performance.now(),
    };
  }
}
