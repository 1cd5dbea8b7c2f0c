// Questions that cells ask the user: passed on to the front end that runs the cell, and its answers back to main.

import type { MessagePort } from "node:worker_threads";
import { flagField, type Json, newMessage, textField } from "../protocol/messages.js";
import { type FromMain, type InputAnswer, SHARED } from "../protocol/threads.js";
import type { Channel } from "./channel.js";
import type { Request } from "./requests.js";

const NO_INPUT =
  "This front end does not let cells ask for input. Put the value into the cell, or run the notebook interactively.";

export class Inputs {
  readonly #stdin: Channel;
  readonly #port: MessagePort;
  readonly #words: Int32Array<SharedArrayBuffer>;
  /** The question that waits for its answer. */
  #asked: { readonly question: number; readonly execution: number } | undefined;

  constructor(stdin: Channel, port: MessagePort, words: Int32Array<SharedArrayBuffer>) {
    this.#stdin = stdin;
    this.#port = port;
    this.#words = words;
  }

  /** Asks whoever runs the cell; `request` is undefined for what goes on after its cell has ended. */
  ask(
    { question, execution, prompt, password }: Extract<FromMain, { type: "input" }>,
    request: Request | undefined,
  ): void {
    if (request === undefined || !flagField(request.message.content, "allow_stdin", true)) {
      this.#answer({ question, refused: NO_INPUT });
      return;
    }
    this.#asked = { question, execution };
    const { header, identities } = request.message;
    this.#stdin.send(newMessage("input_request", { prompt, password }, { parent: header, identities }));
  }

  /** An `input_reply`. One that nobody waits for any more is dropped. */
  answered(content: Json): void {
    if (this.#asked === undefined) return;
    this.#answer({ question: this.#asked.question, value: textField(content, "value") });
  }

  /** The cell has ended; a late answer must not reach another cell's question. */
  forget(execution: number): void {
    if (this.#asked?.execution === execution) this.#asked = undefined;
  }

  #answer(answer: InputAnswer): void {
    this.#asked = undefined;
    this.#port.postMessage(answer);
    Atomics.add(this.#words, SHARED.inputs, 1);
    Atomics.notify(this.#words, SHARED.inputs);
  }
}
