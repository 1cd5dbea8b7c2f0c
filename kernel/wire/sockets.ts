// The five sockets of a kernel, bound where the connection file says.

import { Reply, Router, XPublisher } from "zeromq";
import type { Connection } from "../options.js";
import { type Dropped, fromFrames, Signer } from "../protocol/frames.js";
import { type Message, newMessage } from "../protocol/messages.js";
import { Channel } from "./channel.js";

/** What takes a message of a front end. */
export type Receive = (message: Message, from: "shell" | "control" | "stdin") => void;

export interface Sockets {
  readonly shell: Channel;
  readonly control: Channel;
  readonly iopub: Channel;
  readonly stdin: Channel;
  /** Hands over every well-formed, rightly signed message; others are dropped. */
  receive(handle: Receive): void;
  /** Closes all of them; done when nobody reads any more: a socket that is still read when its thread ends brings the process down. */
  close(): Promise<void>;
}

const SUBSCRIBED = 1;

export async function bindSockets(connection: Connection): Promise<Sockets> {
  const { transport, ip, key, signature_scheme } = connection;
  const signer = new Signer(key, signature_scheme);
  const address = (port: number): string => `${transport}://${ip}${transport === "ipc" ? "-" : ":"}${port}`;
  const options = { linger: 1_000, sendHighWaterMark: 0, receiveHighWaterMark: 0 };

  const shell = new Router({ ...options, handover: true });
  const control = new Router({ ...options, handover: true });
  const stdin = new Router({ ...options, handover: true });
  const iopub = new XPublisher({ ...options, verbosity: "allSubs" });
  const heartbeat = new Reply();
  const all = [shell, control, stdin, iopub, heartbeat];
  const { shell_port, control_port, stdin_port, iopub_port, hb_port } = connection;
  const addresses = [shell_port, control_port, stdin_port, iopub_port, hb_port].map(address);
  const bound = await Promise.allSettled(all.map((socket, i) => socket.bind(addresses[i]!)));
  bound.forEach((result, i) => {
    if (result.status === "fulfilled") return;
    // a thread that ends with open sockets brings the process down before it can say why
    for (const socket of all) socket.close();
    const { code, message } = result.reason as NodeJS.ErrnoException;
    const why = code === "EADDRINUSE" ? "another program uses it; start the kernel again" : message;
    throw new Error(`${addresses[i]!} of the connection file cannot be listened at: ${why}`);
  });
  const channels = {
    shell: new Channel(shell, signer),
    control: new Channel(control, signer),
    iopub: new Channel(iopub, signer),
    stdin: new Channel(stdin, signer),
  };
  const readers = [echo(heartbeat), welcome(iopub, channels.iopub)];
  return {
    ...channels,
    receive: (handle) => {
      const drops = new Drops();
      for (const [name, socket] of Object.entries({ shell, control, stdin }))
        readers.push(
          read(socket, signer, drops, (message) => handle(message, name as "shell" | "control" | "stdin")),
        );
    },
    close: async () => {
      for (const socket of all) socket.close();
      await Promise.allSettled(readers);
    },
  };
}

async function read(
  socket: Router,
  signer: Signer,
  drops: Drops,
  handle: (message: Message) => void,
): Promise<void> {
  for await (const frames of socket) {
    const message = fromFrames(frames, signer);
    if (typeof message === "string") drops.count(message);
    else handle(message);
  }
}

/** Counts what is dropped, and says so in the server's log: the first one, the tenth, the hundredth, ... */
class Drops {
  readonly #counts = new Map<Dropped, number>();
  #all = 0;

  count(reason: Dropped): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    this.#all++;
    if (!/^10*$/.test(String(this.#all))) return;
    const reasons = [...this.#counts].map(([name, count]) => `${count} ${name}`).join(", ");
    process.stderr.write(`Messages dropped so far: ${reasons}.\n`);
  }
}

async function echo(heartbeat: Reply): Promise<void> {
  for await (const frames of heartbeat) await heartbeat.send(frames);
}

/** Tells each new subscriber that its subscription works, so that it knows when nothing will be missed. */
async function welcome(socket: XPublisher, channel: Channel): Promise<void> {
  for await (const [frame] of socket) {
    if (frame === undefined || frame[0] !== SUBSCRIBED) continue;
    const topic = frame.subarray(1);
    channel.send(newMessage("iopub_welcome", { subscription: topic.toString() }, { identities: [topic] }));
  }
}
