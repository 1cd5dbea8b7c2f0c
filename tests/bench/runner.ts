// A long-lived child process that runs workloads when asked; the same for this library and for its peers.

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Hello, Reply, Request } from "./protocol.ts";

export class Runner {
  readonly hello: Hello;
  private readonly child: ChildProcessByStdio<Writable, Readable, null>;
  private readonly lines: AsyncIterator<string>;

  private constructor(child: Runner["child"], lines: AsyncIterator<string>, hello: Hello) {
    this.child = child;
    this.lines = lines;
    this.hello = hello;
  }

  /** Starts a command; undefined when it ends before it says what it is. */
  static async start(
    command: string,
    args: readonly string[],
    env: Record<string, string>,
  ): Promise<Runner | undefined> {
    const child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ["pipe", "pipe", "inherit"],
    });
    child.on("error", () => undefined); // no such command: its output ends, which is what is looked at
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await lines.next();
    return first.done ? undefined : new Runner(child, lines, JSON.parse(first.value) as Hello);
  }

  async run(request: Request): Promise<{ seconds: number; value: number }> {
    this.child.stdin.write(`${JSON.stringify(request)}\n`);
    const line = await this.lines.next();
    if (line.done) throw new Error(`${this.hello.name} ended while it ran ${request.workload}`);
    const reply = JSON.parse(line.value) as Reply;
    if ("error" in reply) throw new Error(`${this.hello.name}, ${request.workload}: ${reply.error}`);
    return reply;
  }

  /** Ends the process. */
  stop(): void {
    this.child.stdin.end();
  }
}
