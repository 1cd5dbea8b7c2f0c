// One handler a message type. A handler gives the content of the reply; busy and idle around it are sent in one place.

import type { Json, Message } from "../protocol/messages.js";

/** A message from a front end, and the way back to it. */
export interface Request {
  readonly message: Message;
  readonly channel: "shell" | "control";
  /** Identifier of the subshell that the message is for; "": the main shell. */
  readonly shell: string;
  reply(content: Json): void;
}

/** Handlers that give nothing send no reply. */
export type Handler = (request: Request) => Json | undefined | Promise<Json | undefined>;
