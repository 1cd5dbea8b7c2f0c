// What the kernel answers to each type of message. Cells themselves are queued in executions.ts.

import type { Debugger } from "../debug/adapter.js";
import { toCodePoints, toUnits } from "../protocol/code-points.js";
import { type Json, numberField, textField } from "../protocol/messages.js";
import type { Comms } from "./comms.js";
import type { History } from "./history.js";
import { KERNEL_INFO } from "./kernel-info.js";
import type { LanguageClient } from "./language.js";
import type { Handler, Request } from "./requests.js";
import type { Subshells } from "./subshells.js";

export interface HandlerParts {
  readonly language: LanguageClient;
  readonly comms: Comms;
  readonly history: History;
  readonly subshells: Subshells;
  readonly debug: Debugger;
  readonly interrupt: () => void;
  /** Ends the kernel once this request has been answered. */
  readonly shutdown: () => void;
}

export function requestHandlers({
  language,
  comms,
  history,
  subshells,
  debug,
  interrupt,
  shutdown,
}: HandlerParts): Record<string, Handler> {
  return {
    kernel_info_request: () => KERNEL_INFO,
    is_complete_request: async ({ message }) => ({
      ...(await language.call("isComplete", textField(message.content, "code"))),
    }),
    complete_request: (request) => complete(language, request),
    inspect_request: (request) => inspect(language, request),
    history_request: ({ message }) => history.reply(message.content),
    comm_info_request: ({ message }) => comms.info(textField(message.content, "target_name")),
    comm_open: (request) => {
      comms.opened(request);
      return undefined;
    },
    comm_msg: (request) => {
      comms.message(request);
      return undefined;
    },
    comm_close: (request) => {
      comms.closed(request);
      return undefined;
    },
    create_subshell_request: () => subshells.create(),
    delete_subshell_request: ({ message }) => subshells.delete(textField(message.content, "subshell_id")),
    list_subshell_request: () => subshells.list(),
    debug_request: async ({ message }) => ({ ...(await debug.answer(message.content)) }),
    interrupt_request: () => {
      interrupt();
      return { status: "ok" };
    },
    shutdown_request: ({ message }) => {
      shutdown();
      return { status: "ok", restart: message.content.restart === true };
    },
  };
}

async function complete(language: LanguageClient, { message }: Request): Promise<Json> {
  const code = textField(message.content, "code");
  const position = toUnits(code, numberField(message.content, "cursor_pos", code.length));
  const { start, end, entries } = await language.call("complete", code, position);
  const [cursor_start, cursor_end] = [toCodePoints(code, start), toCodePoints(code, end)];
  const types = entries.map((entry) => ({ start: cursor_start, end: cursor_end, ...entry }));
  return {
    status: "ok",
    matches: entries.map(({ text }) => text),
    cursor_start,
    cursor_end,
    metadata: { _jupyter_types_experimental: types },
  };
}

async function inspect(language: LanguageClient, { message }: Request): Promise<Json> {
  const code = textField(message.content, "code");
  const position = toUnits(code, numberField(message.content, "cursor_pos", 0));
  const found = await language.call("inspect", code, position);
  if (found === undefined) return { status: "ok", found: false, data: {}, metadata: {} };
  const data = { "text/plain": found.plain, "text/markdown": found.markdown };
  return { status: "ok", found: true, data, metadata: {} };
}
