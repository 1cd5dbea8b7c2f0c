// A cell that fills the memory for JavaScript's values would end the process without a word. V8 lets whoever debugs a program
// stop it just before that, with room to spare; so once the main thread's values take a good part of what they may, this
// thread debugs it, for this purpose alone, and has the cell stopped.

import type { Session } from "node:inspector/promises";
import { setTimeout as timeout } from "node:timers/promises";
import { LIMITS } from "../limits.js";
import type { ErrorContent } from "../protocol/messages.js";

/** Node's declarations know the requests one by one, and leave out that some are answered. */
type Post = (this: Session, method: string) => Promise<unknown>;

type Question =
  | "Runtime.getHeapUsage"
  | "HeapProfiler.collectGarbage"
  | "Debugger.enable"
  | "Debugger.disable";

interface Guarded {
  /** Ends what runs, with this error. */
  stop(error: ErrorContent): void;
  /** Whether cells run. */
  isRunning(): boolean;
  /** Whether a user debugs it as well, and decides when it goes on. */
  isDebugged(): boolean;
}

export class MemoryGuard {
  readonly #limit: number;
  readonly #guarded: Guarded;
  #session: Session | undefined;
  /** "full": V8 has stopped main. It allows four times as much from then on, so that what runs can end, and goes back to the
   *  limit, or to a quarter more than is taken, when it is told to: which is once there is room again. "over": what ran has ended. */
  #state: "off" | "armed" | "full" | "over" = "off";
  #looking = false;
  readonly #timer: NodeJS.Timeout;

  /** `limit`: the bytes that main's values may take. */
  constructor(limit: number, guarded: Guarded) {
    this.#limit = limit;
    this.#guarded = guarded;
    this.#timer = setInterval(() => void this.#look(), LIMITS.memoryPollMilliseconds);
  }

  /** V8 has stopped main since its values need more than they may take. Everybody who debugs it hears of that. */
  full(): void {
    if (this.#state === "full") return;
    this.#state = this.#guarded.isRunning() ? "full" : "over";
    const most = `${(this.#limit / 1e9).toFixed(1)} GB`;
    const evalue =
      `The cell was stopped: variables have reached the ${most} that they may take, tensors' values not counted. ` +
      "They live on. To make room, set large ones to undefined or restart the kernel; " +
      "to allow more, start Jupyter with the environment variable NODE_OPTIONS=--max-old-space-size=MEGABYTES.";
    this.#guarded.stop({ ename: "OutOfMemory", evalue, traceback: [`OutOfMemory: ${evalue}`] });
  }

  /** A cell has ended. */
  ended(): void {
    if (this.#state === "full") this.#state = "over";
    // nothing else shows what its variables take without it
    if (this.#state === "over") void this.#ask("HeapProfiler.collectGarbage").catch(() => {});
  }

  /** Lets the process end, which waits for those who debug it. */
  close(): void {
    clearInterval(this.#timer);
    this.#session?.disconnect();
  }

  /** Whether main's values take so much that it should be guarded; the process takes more than they do. */
  async #look(): Promise<void> {
    const some = this.#limit * LIMITS.memoryGuardedFrom;
    if (this.#looking || (this.#state === "off" && process.memoryUsage.rss() < some)) return;
    this.#looking = true;
    try {
      const { usedSize } = (await this.#ask("Runtime.getHeapUsage")) as { usedSize: number };
      if (this.#state === "over" && this.#guarded.isRunning() && usedSize > 2 * this.#limit) this.full();
      const enough = this.#limit * LIMITS.memoryGoodAgainFrom;
      if ((this.#state === "over" && usedSize < enough) || (this.#state === "armed" && usedSize < some / 2)) {
        await this.#ask("Debugger.disable");
        this.#state = "off";
      }
      if (this.#state === "off" && usedSize >= some) {
        await this.#ask("Debugger.enable");
        this.#state = "armed";
      }
    } catch {
      // the next look asks again
    } finally {
      this.#looking = false;
    }
  }

  /** V8 loses what it is asked while it breaks a cell. */
  async #ask(method: Question): Promise<unknown> {
    this.#session ??= await this.#connect();
    const late = timeout(LIMITS.memoryAnswerMilliseconds).then(() => Promise.reject(new Error("no answer")));
    return Promise.race([(this.#session.post as Post).call(this.#session, method), late]);
  }

  async #connect(): Promise<Session> {
    const { Session } = await import("node:inspector/promises");
    const session = new Session();
    session.connectToMainThread();
    session.on("Debugger.paused", ({ params }) => {
      const isFull = (params.reason as string) === "OOM";
      if (isFull) this.full();
      if (isFull || !this.#guarded.isDebugged()) void session.post("Debugger.resume").catch(() => {});
    });
    return session;
  }
}
