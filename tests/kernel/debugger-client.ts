// A front end's side of the debugger, for tests: requests, whose answers are checked against the protocol, and what they say.

import { afterEach, beforeEach, expect } from "vitest";
import type { KernelClient, Received } from "./client.js";
import { dapProblems } from "./dap-schema.js";

type Body = Record<string, unknown>;
type Content = Received["content"];

export interface Stopped {
  readonly reason: string;
  readonly text?: string;
  /** Like `f cell:3`, the innermost first; the name of a cell's file is left out. */
  readonly frames: readonly string[];
  readonly paths: readonly string[];
}

export interface DebuggerClient {
  /** The whole answer to a request of the debugger. */
  ask(command: string, given?: object): Promise<Content>;
  /** What a request is answered that succeeds. */
  dap(command: string, given?: object): Promise<Body>;
  start(): Promise<void>;
  /** Has the debugger on in each test of a group; one that fails leaves no cell standing still or running. */
  started(): void;
  /** Sets breakpoints in a source; gives what is answered. */
  setBreakpoints(path: string, ...wanted: (number | object)[]): Promise<Body>;
  /** Sets breakpoints in a cell's text; gives its path. */
  breakpoints(code: string, ...wanted: (number | object)[]): Promise<string>;
  /** Sends something, and waits until the program stands still after it. */
  stopAfter(act: () => Promise<unknown> | unknown): Promise<Stopped>;
  /** The frames after a request that has the program go on. */
  places(command: string): Promise<readonly string[]>;
  /** The variables of a scope, as text. */
  variables(scope: string, frameId?: number): Promise<Record<string, string>>;
  evaluate(expression: string, context?: string): Promise<Content>;
}

export function debuggerClient(kernel: () => KernelClient): DebuggerClient {
  let sequence = 0;
  const client: DebuggerClient = {
    async ask(command, given = {}) {
      const content = { type: "request", seq: ++sequence, command, arguments: given };
      const reply = await kernel().request("debug_request", content, "control");
      expect(reply.content).toMatchObject({ type: "response", command, request_seq: sequence });
      expect(dapProblems(reply.content)).toEqual([]);
      return reply.content;
    },
    async dap(command, given = {}) {
      const { success, body, message } = await client.ask(command, given);
      expect({ command, success, message }).toEqual({ command, success: true, message: undefined });
      return body as Body;
    },
    async start() {
      await client.dap("initialize", { clientID: "test", adapterID: "gradbook" });
      await client.dap("attach");
    },
    started() {
      beforeEach(client.start);
      afterEach(async () => {
        await client.dap("disconnect");
        await kernel().request("interrupt_request", {}, "control");
        await kernel().execute("");
      });
    },
    setBreakpoints(path, ...wanted) {
      const breakpoints = wanted.map((one) => (typeof one === "number" ? { line: one } : one));
      return client.dap("setBreakpoints", { source: { path }, breakpoints });
    },
    async breakpoints(code, ...wanted) {
      const { sourcePath } = (await client.dap("dumpCell", { code })) as { sourcePath: string };
      await client.setBreakpoints(sourcePath, ...wanted);
      return sourcePath;
    },
    async stopAfter(act) {
      const before = kernel().received.length;
      await act();
      const event = await kernel().wait(
        (m) => m.content.event === "stopped" && kernel().received.indexOf(m) >= before,
        "stop of the program",
      );
      expect(dapProblems(event.content)).toEqual([]);
      const { reason, text } = event.content.body as { reason: string; text?: string };
      const { stackFrames } = (await client.dap("stackTrace", { threadId: 1 })) as {
        stackFrames: { name: string; line: number; source: { path: string } }[];
      };
      return {
        reason,
        ...(text === undefined ? {} : { text }),
        frames: stackFrames.map(({ name, line }) => `${name.replace(/\[\d+\]$/, "")}:${line}`),
        paths: stackFrames.map(({ source }) => source.path),
      };
    },
    async places(command) {
      return (await client.stopAfter(() => client.dap(command, { threadId: 1 }))).frames;
    },
    async variables(scope, frameId = 1) {
      const { scopes } = (await client.dap("scopes", { frameId })) as {
        scopes: { name: string; variablesReference: number }[];
      };
      const { variablesReference } = scopes.find(({ name }) => name === scope)!;
      return texts(await client.dap("variables", { variablesReference }));
    },
    evaluate: (expression, context = "repl") => client.ask("evaluate", { expression, frameId: 1, context }),
  };
  return client;
}

/** Variables by name, as text. */
export const texts = ({ variables }: Body): Record<string, string> =>
  Object.fromEntries(
    (variables as { name: string; value: string }[]).map(({ name, value }) => [name, value]),
  );
