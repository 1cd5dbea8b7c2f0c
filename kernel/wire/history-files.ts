// Histories on disk: one file a session, a line of JSON a cell, so that several kernels can write at the same time. A session
// gets its number, and its file, with its first cell.

import { appendFileSync, closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { LIMITS } from "../limits.js";

export type Entry = readonly [session: number, line: number, source: string];

const SUFFIX = ".jsonl";

export class HistoryFiles {
  readonly #folder: string;
  #session: number | undefined;
  #broken = false;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** This session's number; 0 before its first cell. */
  get session(): number {
    return this.#session ?? 0;
  }

  /** Keeps a cell. A folder that cannot be written to is no reason to stop working: it is said once. */
  append(line: number, source: string): void {
    if (this.#broken) return;
    try {
      this.#session ??= this.#open();
      appendFileSync(this.#path(this.#session), `${JSON.stringify([line, source])}\n`);
    } catch (error) {
      this.#broken = true;
      process.stderr.write(`The history is not kept: ${(error as Error).message}\n`);
    }
  }

  /** The cells of earlier sessions, oldest first, as many as are remembered. */
  earlier(): Entry[] {
    const found: Entry[][] = [];
    let count = 0;
    for (const session of this.#sessions().reverse()) {
      if (session === this.#session) continue;
      const entries = this.#read(session);
      found.push(entries);
      count += entries.length;
      if (count >= LIMITS.historyEntries) break;
    }
    return found.reverse().flat();
  }

  /** The cells of one session by its number, or counted back from this one: -1 is the one before. */
  of(session: number): Entry[] {
    if (session > 0) return this.#read(session);
    return this.#read(
      this.#sessions()
        .filter((number) => number !== this.#session)
        .at(session) ?? 0,
    );
  }

  /** A new file with the next free number; the oldest files go. */
  #open(): number {
    mkdirSync(this.#folder, { recursive: true });
    const sessions = this.#sessions();
    for (const old of sessions.slice(0, -LIMITS.historySessions)) rmSync(this.#path(old), { force: true });
    for (let session = (sessions.at(-1) ?? 0) + 1; ; session++) {
      try {
        closeSync(openSync(this.#path(session), "wx"));
        return session;
      } catch (error) {
        // another kernel was faster
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
    }
  }

  #sessions(): number[] {
    let names: string[] = [];
    try {
      names = readdirSync(this.#folder);
    } catch {
      return []; // nothing was kept yet
    }
    return names
      .filter((name) => name.endsWith(SUFFIX))
      .map((name) => Number(name.slice(0, -SUFFIX.length)))
      .filter((session) => Number.isSafeInteger(session) && session > 0)
      .sort((a, b) => a - b);
  }

  #path(session: number): string {
    return join(this.#folder, `${session}${SUFFIX}`);
  }

  #read(session: number): Entry[] {
    let text = "";
    try {
      text = readFileSync(this.#path(session), "utf8");
    } catch {
      return [];
    }
    return text.split("\n").flatMap((line): Entry[] => {
      try {
        const [number, source] = JSON.parse(line) as [unknown, unknown];
        return typeof number === "number" && typeof source === "string" ? [[session, number, source]] : [];
      } catch {
        return []; // a line that was being written when the kernel ended
      }
    });
  }
}
