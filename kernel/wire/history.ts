// The cells that were run in this session, for `history_request`.

import { LIMITS } from "../limits.js";
import { flagField, type Json, numberField, textField } from "../protocol/messages.js";

type Entry = readonly [session: number, line: number, source: string];

export class History {
  readonly #entries: { readonly line: number; readonly source: string }[] = [];

  add(line: number, source: string): void {
    this.#entries.push({ line, source });
    if (this.#entries.length > LIMITS.historyEntries) this.#entries.shift();
  }

  /** The content of `history_reply`; a session that is not this one has no cells. */
  reply(request: Json): Json {
    const accesses: Record<string, () => Entry[]> = {
      tail: () => this.#all().slice(-numberField(request, "n", 10)),
      range: () => this.#range(request),
      search: () => this.#search(request),
    };
    const access = accesses[textField(request, "hist_access_type")];
    const found = access?.() ?? [];
    const withOutput = flagField(request, "output", false);
    const history = withOutput ? found.map(([s, line, source]) => [s, line, [source, null]]) : found;
    return { status: "ok", history };
  }

  #all(): Entry[] {
    return this.#entries.map(({ line, source }) => [0, line, source]);
  }

  #range(request: Json): Entry[] {
    if (numberField(request, "session", 0) !== 0) return [];
    const start = numberField(request, "start", 0);
    const stop = numberField(request, "stop", Number.POSITIVE_INFINITY);
    return this.#all().filter(([, line]) => line >= start && line < stop);
  }

  /** `pattern` is a glob: `*` and `?`. */
  #search(request: Json): Entry[] {
    const glob = textField(request, "pattern") || "*";
    const pattern = glob
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replace(/\*/g, "[^]*")
      .replace(/\?/g, "[^]");
    const matches = new RegExp(`^${pattern}$`);
    let found = this.#all().filter(([, , source]) => matches.test(source));
    if (flagField(request, "unique", false)) {
      const last = new Map(found.map((entry) => [entry[2], entry]));
      found = found.filter((entry) => last.get(entry[2]) === entry);
    }
    return found.slice(-numberField(request, "n", found.length));
  }
}
