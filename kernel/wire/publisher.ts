// The iopub channel: what every front end sees. Prints are gathered for a moment, never reordered.

import { LIMITS } from "../limits.js";
import { type Header, type Json, newMessage } from "../protocol/messages.js";
import type { Channel } from "./channel.js";

interface Gathered {
  readonly parent: Header | Json;
  readonly name: string;
  readonly texts: string[];
  characters: number;
}

export class Publisher {
  readonly #channel: Channel;
  #gathered: Gathered | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  publish(
    type: string,
    content: Json,
    parent: Header | Json,
    more: { metadata?: Json; buffers?: readonly Uint8Array[] } = {},
  ): void {
    this.flush();
    const identities = [Buffer.from(`kernel.gradbook.${type}`)];
    this.#channel.send(newMessage(type, content, { parent, identities, ...more }));
  }

  status(state: "starting" | "busy" | "idle", parent: Header | Json): void {
    this.publish("status", { execution_state: state }, parent);
  }

  stream(name: string, text: string, parent: Header | Json): void {
    if (this.#gathered?.name !== name || this.#gathered.parent !== parent) {
      this.flush();
      this.#gathered = { parent, name, texts: [], characters: 0 };
      this.#timer = setTimeout(() => this.flush(), LIMITS.streamMilliseconds);
    }
    this.#gathered.texts.push(text);
    this.#gathered.characters += text.length;
    if (this.#gathered.characters >= LIMITS.streamCharacters) this.flush();
  }

  /** Sends gathered prints now. */
  flush(): void {
    const gathered = this.#gathered;
    if (gathered === undefined) return;
    clearTimeout(this.#timer);
    this.#gathered = undefined;
    this.publish("stream", { name: gathered.name, text: gathered.texts.join("") }, gathered.parent);
  }
}
