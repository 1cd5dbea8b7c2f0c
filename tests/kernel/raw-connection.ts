// A kernel as VS Code's Jupyter extension runs it: started by its description, and spoken to by JupyterLab's own KernelConnection,
// whose WebSocket is replaced by ZeroMQ sockets (microsoft/vscode-jupyter: kernels/raw/launcher and kernels/raw/session).

import { type ChildProcess, spawn } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Kernel, KernelMessage, ServerConnection } from "@jupyterlab/services";
import { KernelConnection } from "@jupyterlab/services/lib/kernel/default.js";
import { Dealer, Subscriber } from "zeromq";
import { freePorts, PORT_TAKEN, type Ports, STARTS } from "./ports.ts";

const DELIMITER = "<IDS|MSG>";
/** How often it looks whether the kernel listens, in milliseconds. */
const LOOKS = 200;

interface Address extends Ports {
  readonly key: string;
}

/** What KernelConnection takes for a WebSocket. Messages pass through it as objects. */
class RawSocket {
  readonly protocol = "";
  onopen: (event: object) => void = () => {};
  onclose: (event: object) => void = () => {};
  onerror: (event: object) => void = () => {};
  onmessage: (event: object) => void = () => {};
  readonly #key: string;
  readonly #sockets: Readonly<Record<"shell" | "control" | "stdin", Dealer> & { iopub: Subscriber }>;
  #sending: Promise<unknown> = Promise.resolve();

  constructor({ key, ...ports }: Address) {
    this.#key = key;
    // one identity for all three
    const routingId = randomUUID();
    const dealer = (): Dealer => new Dealer({ linger: 0, routingId });
    const iopub = new Subscriber({ linger: 0, receiveHighWaterMark: 0 });
    iopub.subscribe();
    this.#sockets = { shell: dealer(), control: dealer(), stdin: dealer(), iopub };
    for (const channel of ["iopub", "shell", "control", "stdin"] as const) {
      this.#sockets[channel].connect(`tcp://127.0.0.1:${ports[`${channel}_port`]}`);
      void this.#read(channel);
    }
  }

  send({ channel, header, parent_header, metadata, content, buffers = [] }: KernelMessage.IMessage): void {
    const parts = [header, parent_header, metadata, content].map((part) => Buffer.from(JSON.stringify(part)));
    const hmac = createHmac("sha256", this.#key);
    for (const part of parts) hmac.update(part);
    const bytes = buffers.map((given) => {
      const { buffer, byteOffset, byteLength } = ArrayBuffer.isView(given) ? given : new Uint8Array(given);
      return Buffer.from(buffer, byteOffset, byteLength);
    });
    const frames = [DELIMITER, hmac.digest("hex"), ...parts, ...bytes];
    const socket = this.#sockets[channel as "shell" | "control" | "stdin"];
    this.#sending = this.#sending.then(() => socket.send(frames));
  }

  close(): void {
    for (const socket of Object.values(this.#sockets)) socket.close();
  }

  async #read(channel: "shell" | "control" | "stdin" | "iopub"): Promise<void> {
    for await (const frames of this.#sockets[channel]) {
      const at = frames.findIndex((frame: Buffer) => frame.toString() === DELIMITER);
      const [header, parent_header, metadata, content] = frames
        .slice(at + 2, at + 6)
        .map((part: Buffer) => JSON.parse(part.toString()));
      const buffers = frames.slice(at + 6).map((part: Buffer) => new DataView(Uint8Array.from(part).buffer));
      this.onmessage({ data: { channel, header, parent_header, metadata, content, buffers } });
    }
  }
}

/** A kernel that runs, and its connection. */
export interface RawKernel extends AsyncDisposable {
  readonly process: ChildProcess;
  readonly connection: Kernel.IKernelConnection;
  /** Sends what the stop button of VS Code sends for kernels that are interrupted by message: on the shell channel. */
  interrupt(): Promise<void>;
}

/** Starts the kernel of a description (a folder with kernel.json) for a notebook in `folder`. It is ended as VS Code ends one, and
 *  before it starts another in its place: by a signal. */
export async function startRaw(description: string, folder: string): Promise<RawKernel> {
  for (let attempt = 1; ; attempt++) {
    const address = { ...(await freePorts()), key: randomUUID() };
    const { child, log } = launched(description, folder, address);
    if (await listening(child, address)) return connected(child, address);
    if (attempt === STARTS || !PORT_TAKEN.test(log())) throw new Error(`The kernel ended.\n${log()}`);
  }
}

function launched(
  description: string,
  folder: string,
  address: Address,
): { child: ChildProcess; log: () => string } {
  const file = path.join(folder, "connection.json");
  const more = { transport: "tcp", ip: "127.0.0.1", signature_scheme: "hmac-sha256", kernel_name: "" };
  writeFileSync(file, JSON.stringify({ ...address, ...more }));
  const spec = JSON.parse(readFileSync(path.join(description, "kernel.json"), "utf8"));
  const [program, ...args]: string[] = spec.argv.map((text: string) =>
    text.replace("{connection_file}", file),
  );
  const child = spawn(program!, args, {
    cwd: folder,
    env: { ...process.env, GRADBOOK_HISTORY: "", ...spec.env },
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (log += String(chunk)));
  return { child, log: () => log };
}

/** Whether the kernel comes to listen on the ports that VS Code waits for: to look, it connects and hangs up. */
async function listening(child: ChildProcess, { shell_port, iopub_port }: Ports): Promise<boolean> {
  for (const port of [shell_port, iopub_port]) {
    while (!(await answers(port))) {
      if (child.exitCode !== null || child.signalCode !== null) return false;
      await pause(LOOKS);
    }
  }
  return true;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function connected(child: ChildProcess, address: Address): RawKernel {
  const socket = new RawSocket(address);
  const serverSettings = ServerConnection.makeSettings({
    // biome-ignore lint/complexity/useArrowFunction: it is called with `new`
    WebSocket: function () {
      return socket;
    } as unknown as typeof WebSocket,
    wsUrl: "RAW",
    serializer: {
      serialize: (message) => message as unknown as string,
      deserialize: (data) => data as unknown as KernelMessage.IMessage,
    },
  });
  const connection = new KernelConnection({
    serverSettings,
    clientId: randomUUID(),
    username: randomUUID(),
    handleComms: true,
    model: { id: randomUUID(), name: "gradbook" },
  });
  socket.onopen({});
  return {
    process: child,
    connection,
    async interrupt() {
      const message = KernelMessage.createMessage({
        msgType: "interrupt_request" as "inspect_request",
        channel: "shell",
        username: connection.username,
        session: connection.clientId,
        content: {} as KernelMessage.IInspectRequestMsg["content"],
      });
      await connection.sendShellMessage(message, true, true).done;
    },
    async [Symbol.asyncDispose]() {
      connection.dispose();
      socket.close();
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
  };
}
