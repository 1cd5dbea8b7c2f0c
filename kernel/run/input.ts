// `prompt` and `confirm` in cells: they ask the user and wait, as in a browser.

import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { checkInterrupt } from "gradbook/compute/interrupt";
import { type InputAnswer, SHARED } from "../protocol/threads.js";
import type { Output } from "./output.js";

/** Longest wait in one go, so that a stop is noticed. */
const WAIT_MILLISECONDS = 50;

export interface PromptOptions {
  /** What an empty answer means. */
  default?: string;
  /** Hide what is typed. */
  password?: boolean;
}

/** A front end that cannot ask, such as one that runs a notebook unattended. */
export class StdinNotImplementedError extends Error {
  override readonly name = "StdinNotImplementedError";
}

export class Inputs {
  readonly #port: MessagePort;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #output: Output;
  #questions = 0;

  constructor(port: MessagePort, words: Int32Array<SharedArrayBuffer>, output: Output) {
    this.#port = port;
    this.#words = words;
    this.#output = output;
  }

  /** Makes `prompt` and `confirm` global. */
  install(): void {
    const prompt = (message = "", options: string | PromptOptions = {}): string => {
      const { default: fallback = "", password = false } =
        typeof options === "string" ? { default: options } : options;
      const answer = this.#ask(String(message), password);
      return answer === "" ? fallback : answer;
    };
    const confirm = (message = ""): boolean => {
      for (;;) {
        const answer = this.#ask(`${message} [y/n] `, false).trim().toLowerCase();
        if (/^(y|yes)$/.test(answer)) return true;
        if (/^(n|no)$/.test(answer)) return false;
      }
    };
    Object.assign(globalThis, { prompt, confirm });
  }

  #ask(prompt: string, password: boolean): string {
    const question = ++this.#questions;
    this.#output.say({ type: "input", question, prompt, password });
    for (;;) {
      const seen = Atomics.load(this.#words, SHARED.inputs);
      const answer = receiveMessageOnPort(this.#port)?.message as InputAnswer | undefined;
      if (answer?.question === question) {
        if ("value" in answer) return answer.value;
        throw new StdinNotImplementedError(answer.refused);
      }
      if (answer !== undefined) continue;
      checkInterrupt();
      Atomics.wait(this.#words, SHARED.inputs, seen, WAIT_MILLISECONDS);
    }
  }
}
