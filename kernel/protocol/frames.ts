// Messages as ZeroMQ frames: identities, delimiter, signature, four JSON frames, buffers. Of what is not well-formed, rightly
// signed and new, only the reason comes back; nothing here throws on foreign input.

import { createHmac, timingSafeEqual } from "node:crypto";
import { LIMITS } from "../limits.js";
import { type Header, isJson, type Json, type Message } from "./messages.js";

const DELIMITER = Buffer.from("<IDS|MSG>");
const SIGNED_FRAMES = 4;

/** Why a message is not handed on. */
export type Dropped = "malformed" | "wrongly signed" | "replayed";

/** Signs with the connection's key; an empty key means that messages are not signed. */
export class Signer {
  readonly #key: string;
  readonly #algorithm: string;
  /** Signatures that have been seen, oldest first. */
  readonly #seen = new Set<string>();

  constructor(key: string, scheme: string) {
    this.#key = key;
    this.#algorithm = scheme.replace(/^hmac-/, "");
  }

  sign(frames: readonly Uint8Array[]): string {
    if (this.#key === "") return "";
    const hmac = createHmac(this.#algorithm, this.#key);
    for (const frame of frames) hmac.update(frame);
    return hmac.digest("hex");
  }

  verify(signature: Uint8Array, frames: readonly Uint8Array[]): boolean {
    if (this.#key === "") return true;
    const expected = Buffer.from(this.sign(frames));
    return expected.length === signature.length && timingSafeEqual(expected, signature);
  }

  /** Whether a message with this signature has come before. Where nothing is signed, nothing can be told apart. */
  isReplayed(signature: Uint8Array): boolean {
    if (this.#key === "") return false;
    const text = Buffer.from(signature).toString("latin1");
    if (this.#seen.has(text)) return true;
    this.#seen.add(text);
    if (this.#seen.size > LIMITS.rememberedSignatures) {
      for (const oldest of this.#seen) {
        this.#seen.delete(oldest);
        break;
      }
    }
    return false;
  }
}

/** The frames of a message, signed. */
export function toFrames(message: Message, signer: Signer): Uint8Array[] {
  const parts = [message.header, message.parent, message.metadata, message.content].map((part) =>
    Buffer.from(JSON.stringify(part)),
  );
  const signature = Buffer.from(signer.sign(parts));
  return [...message.identities, DELIMITER, signature, ...parts, ...message.buffers];
}

/** The message in these frames, or why it is dropped. */
export function fromFrames(frames: readonly Uint8Array[], signer: Signer): Message | Dropped {
  const at = frames.findIndex((frame) => DELIMITER.equals(frame));
  const signed = frames.slice(at + 2, at + 2 + SIGNED_FRAMES);
  const signature = frames[at + 1];
  if (at < 0 || signature === undefined || signed.length < SIGNED_FRAMES) return "malformed";
  if (!signer.verify(signature, signed)) return "wrongly signed";
  if (signer.isReplayed(signature)) return "replayed";
  const [header, parent, metadata, content] = signed.map(parseJson);
  if (header === undefined || parent === undefined || metadata === undefined || content === undefined) {
    return "malformed";
  }
  if (!isHeader(header)) return "malformed";
  const buffers = frames.slice(at + 2 + SIGNED_FRAMES);
  return { identities: frames.slice(0, at), header, parent, metadata, content, buffers };
}

function parseJson(frame: Uint8Array): Json | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(frame.buffer, frame.byteOffset, frame.length).toString());
    return isJson(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isHeader(value: Json): value is Json & Header {
  return typeof value.msg_id === "string" && typeof value.msg_type === "string";
}
