// A long-lived child process that runs workloads when asked; the same for this library and for its peers.

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Explanation } from "gradbook/compute/engine/explanation";
import type { Slice } from "./paired.ts";
import type { Hello, PairRequest, ProbeRequest, Reply, Request, RunRequest, Timing } from "./protocol.ts";
import type { Reading } from "./workload.ts";

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

  async run(request: RunRequest): Promise<Timing> {
    return (await this.ask(request, request.workload)) as Timing;
  }

  async probe(request: ProbeRequest): Promise<readonly Reading[]> {
    const { readings } = (await this.ask(request, request.probe)) as { readings: readonly Reading[] };
    return readings;
  }

  async pair(request: PairRequest): Promise<readonly Slice[]> {
    return ((await this.ask(request, request.pair)) as { slices: readonly Slice[] }).slices;
  }

  async kernels(workload: string): Promise<Explanation> {
    const reply = await this.ask({ kernels: workload }, workload);
    return (reply as { readonly explanation: Explanation }).explanation;
  }

  private async ask(request: Request, what: string): Promise<Reply> {
    this.child.stdin.write(`${JSON.stringify(request)}\n`);
    const line = await this.lines.next();
    if (line.done) throw new Error(`${this.hello.name} ended while it ran ${what}`);
    const reply = JSON.parse(line.value) as Reply;
    if ("error" in reply) throw new Error(`${this.hello.name}, ${what}: ${reply.error}`);
    return reply;
  }

  /** Ends the process. */
  stop(): void {
    this.child.stdin.end();
  }
}
