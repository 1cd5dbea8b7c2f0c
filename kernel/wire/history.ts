// The cells that were run, in this session and earlier ones, for `history_request`.

import { LIMITS } from "../limits.js";
import { flagField, type Json, numberField, textField } from "../protocol/messages.js";
import { type Entry, HistoryFiles } from "./history-files.js";

export class History {
  readonly #files: HistoryFiles | undefined;
  readonly #entries: { readonly line: number; readonly source: string }[] = [];

  /** `folder`: where sessions are kept; undefined: nowhere. */
  constructor(folder: string | undefined) {
    this.#files = folder === undefined ? undefined : new HistoryFiles(folder);
  }

  add(line: number, source: string): void {
    this.#entries.push({ line, source });
    if (this.#entries.length > LIMITS.historyEntries) this.#entries.shift();
    this.#files?.append(line, source);
  }

  /** The content of `history_reply`. Session 0 is this one, -1 the one before. */
  reply(request: Json): Json {
    const accesses: Record<string, () => Entry[]> = {
      tail: () => lastOf(this.#all(), numberField(request, "n", 10)),
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
    return [...(this.#files?.earlier() ?? []), ...this.#own(this.#files?.session ?? 0)];
  }

  #own(session: number): Entry[] {
    return this.#entries.map(({ line, source }) => [session, line, source]);
  }

  #range(request: Json): Entry[] {
    const asked = numberField(request, "session", 0);
    const start = numberField(request, "start", 0);
    const stop = numberField(request, "stop", Number.POSITIVE_INFINITY);
    const own = this.#files?.session ?? 0;
    const found = asked === 0 || asked === own ? this.#own(asked) : (this.#files?.of(asked) ?? []);
    return found.filter(([, line]) => line >= start && line < stop);
  }

  /** `pattern` is a glob as SQLite has it, which IPython uses: `*`, `?` and sets such as `[abc]`. */
  #search(request: Json): Entry[] {
    const glob = textField(request, "pattern") || "*";
    const pattern = glob.replace(
      /\*|\?|\[(\^?)([^\]]+)\]|[\s\S]/g,
      (part, not: string | undefined, set: string) => {
        if (part === "*") return "[\\s\\S]*";
        if (part === "?") return "[\\s\\S]";
        if (not !== undefined) return `[${not}${set.replace(/[\\\]^]/g, "\\$&")}]`;
        return part.replace(/[.+^${}()|[\]\\/]/g, "\\$&");
      },
    );
    const matches = new RegExp(`^${pattern}$`);
    let found = this.#all().filter(([, , source]) => matches.test(source));
    if (flagField(request, "unique", false)) {
      const last = new Map(found.map((entry) => [entry[2], entry]));
      found = found.filter((entry) => last.get(entry[2]) === entry);
    }
    return lastOf(found, numberField(request, "n", found.length));
  }
}

const lastOf = (entries: Entry[], n: number): Entry[] => (n <= 0 ? [] : entries.slice(-n));
