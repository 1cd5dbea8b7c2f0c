// The Jupyter messages this kernel reads and writes (protocol 5.5), as types, and how one is made. How they look on the
// wire is in frames.ts.

import { randomUUID } from "node:crypto";

export const PROTOCOL_VERSION = "5.5";

export type Json = Record<string, unknown>;

export interface Header {
  readonly msg_id: string;
  readonly msg_type: string;
  readonly session: string;
  readonly username: string;
  readonly date: string;
  readonly version: string;
}

export interface Message {
  /** Routing prefix of a ROUTER socket, any number of frames; on iopub the topic. */
  readonly identities: readonly Uint8Array[];
  readonly header: Header;
  /** The header this one answers, or `{}`. */
  readonly parent: Header | Json;
  readonly metadata: Json;
  readonly content: Json;
  readonly buffers: readonly Uint8Array[];
}

/** What a display, a result or an updated display shows: one value in several formats. */
export interface MimeBundle {
  readonly data: Json;
  readonly metadata: Json;
}

/** An error as Jupyter shows it. */
export interface ErrorContent {
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
}

const SESSION = randomUUID();

/** A message of this kernel's own session. */
export function newMessage(
  type: string,
  content: Json,
  about: {
    parent?: Header | Json;
    identities?: readonly Uint8Array[];
    metadata?: Json;
    buffers?: readonly Uint8Array[];
  } = {},
): Message {
  return {
    identities: about.identities ?? [],
    header: {
      msg_id: randomUUID(),
      msg_type: type,
      session: SESSION,
      username: "kernel",
      date: new Date().toISOString(),
      version: PROTOCOL_VERSION,
    },
    parent: about.parent ?? {},
    metadata: about.metadata ?? {},
    content,
    buffers: about.buffers ?? [],
  };
}

/** A text field of a message's content; "" where it is missing or of another type. */
export function textField(content: Json, name: string): string {
  const value = content[name];
  return typeof value === "string" ? value : "";
}

/** The texts in an array field of a message's content. */
export function textsField(content: Json, name: string): string[] {
  const value = content[name];
  return Array.isArray(value) ? value.filter((text) => typeof text === "string") : [];
}

/** A yes/no field of a message's content. */
export function flagField(content: Json, name: string, fallback: boolean): boolean {
  const value = content[name];
  return typeof value === "boolean" ? value : fallback;
}

/** A whole-number field of a message's content. */
export function numberField(content: Json, name: string, fallback: number): number {
  const value = content[name];
  return typeof value === "number" && Number.isFinite(value) ? Math.trunc(value) : fallback;
}

/** An object field of a message's content; `{}` where it is missing or of another type. */
export function objectField(content: Json, name: string): Json {
  const value = content[name];
  return isJson(value) ? value : {};
}

/** True for what JSON calls an object. */
export function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
