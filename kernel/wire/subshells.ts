// Subshells (Jupyter enhancement proposal 91): shells beside the main one, each with its own queue of cells. All messages but
// cells are answered at once anyway, whichever shell they are for.

import { randomUUID } from "node:crypto";
import type { Json } from "../protocol/messages.js";

export class Subshells {
  readonly #known = new Set<string>();

  /** The content of `create_subshell_reply`. */
  create(): Json {
    const subshell_id = randomUUID();
    this.#known.add(subshell_id);
    return { status: "ok", subshell_id };
  }

  /** The content of `delete_subshell_reply`. Cells that it has been given are still run. */
  delete(id: string): Json {
    return this.#known.delete(id) ? { status: "ok" } : notFound(id);
  }

  /** The content of `list_subshell_reply`. */
  list(): Json {
    return { status: "ok", subshell_id: [...this.#known] };
  }

  /** What a message for this shell is answered if there is none; "" is the main shell. */
  missing(id: string): Json | undefined {
    return id === "" || this.#known.has(id) ? undefined : notFound(id);
  }
}

function notFound(id: string): Json {
  const evalue = `There is no subshell "${id}". Ask for a new one with create_subshell_request.`;
  return { status: "error", ename: "SubshellNotFound", evalue, traceback: [evalue] };
}
