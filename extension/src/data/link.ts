// Keeps a store in step with a notebook's kernel: opens the monitor comm whenever there is a kernel to talk to,
// passes its messages to the store and asks again when something was missed. Never waits inside a callback:
// JupyterLab stops handling messages until a returned promise settles.

import type { ISessionContext } from "@jupyterlab/apputils";
import type { Kernel, KernelMessage } from "@jupyterlab/services";
import { MONITOR_COMM, type MonitorMessage, type MonitorRequest } from "gradbook/train/run";
import type { RunStore } from "./store.js";

/** The kernelspec's name. Other kernels are not spoken to: they would answer with an error in the log. */
export const KERNEL_NAME = "gradbook";

/** Time after which an unanswered request for a snapshot is sent again (the server may drop messages in a flood). */
const RETRY_MS = 3_000;

/** Kernel states in which nobody is there to answer. */
const GONE: ReadonlySet<string> = new Set(["restarting", "autorestarting", "terminating", "dead"]);

const SYNC = { type: "sync", since: -1 } as const;

export type LinkState =
  | "none" // no kernel
  | "foreign" // a kernel of another language
  | "connecting"
  | "connected"
  | "lost"; // it was connected, and is restarting, dead or out of reach

export class MonitorLink {
  readonly #context: ISessionContext;
  readonly #store: RunStore;
  readonly #onState: (state: LinkState) => void;
  #state: LinkState = "none";
  #kernel: Kernel.IKernelConnection | null = null;
  #comm: Kernel.IComm | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(context: ISessionContext, store: RunStore, onState: (state: LinkState) => void) {
    this.#context = context;
    this.#store = store;
    this.#onState = onState;
    store.request = (request) => this.send(request);
    context.kernelChanged.connect(this.#attach, this);
    context.connectionStatusChanged.connect(this.#check, this);
    context.statusChanged.connect(this.#check, this);
    this.#attach();
  }

  get state(): LinkState {
    return this.#state;
  }

  /** Identity of the kernel spoken to. */
  get kernelId(): string | undefined {
    return this.#kernel?.id;
  }

  get kernelDisplayName(): string {
    return this.#context.kernelDisplayName;
  }

  /** Sends the kernel a request; false if there is no kernel to take it. */
  send(request: MonitorRequest): boolean {
    if (this.#state !== "connected" || !this.#comm || this.#comm.isDisposed) return false;
    this.#comm.send({ ...request });
    return true;
  }

  dispose(): void {
    this.#context.kernelChanged.disconnect(this.#attach, this);
    this.#context.connectionStatusChanged.disconnect(this.#check, this);
    this.#context.statusChanged.disconnect(this.#check, this);
    this.#leave();
  }

  #attach(): void {
    const kernel = this.#context.session?.kernel ?? null;
    if (kernel !== this.#kernel) {
      this.#leave();
      this.#lose();
      this.#kernel = kernel;
    }
    this.#check();
  }

  #check(): void {
    const kernel = this.#kernel;
    if (!kernel || kernel.isDisposed) {
      if (this.#state !== "lost") this.#set("none");
    } else if (kernel.name !== KERNEL_NAME) {
      this.#set("foreign");
    } else if (GONE.has(kernel.status) || kernel.connectionStatus === "disconnected") {
      this.#lose();
    } else if (kernel.connectionStatus === "connected") {
      if (!this.#comm || this.#comm.isDisposed) this.#open(kernel);
      else if (this.#state === "lost" && this.#retry === undefined) this.#sync();
    }
  }

  #open(kernel: Kernel.IKernelConnection): void {
    if (this.#state !== "lost") this.#set("connecting");
    const comm = kernel.createComm(MONITOR_COMM);
    comm.onMsg = (message: KernelMessage.ICommMsgMsg): void => this.#receive(message);
    comm.onClose = (): void => {
      if (this.#comm === comm) this.#comm = null;
    };
    this.#comm = comm;
    comm.open({ ...SYNC });
    this.#expect();
  }

  #receive(message: KernelMessage.ICommMsgMsg): void {
    const buffer = message.buffers?.[0];
    const view = buffer && (ArrayBuffer.isView(buffer) ? viewOf(buffer) : new DataView(buffer));
    const data = message.content.data as unknown as MonitorMessage;
    const applied = this.#store.apply(data, view);
    if (applied === "gap") {
      // While a snapshot is under way every delta looks like a gap: one request is enough.
      if (this.#retry === undefined) this.#sync();
      return;
    }
    this.#settle();
    this.#set("connected");
  }

  #sync(): void {
    if (!this.#comm || this.#comm.isDisposed) return;
    this.#comm.send({ ...SYNC });
    this.#expect();
  }

  #expect(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      if (this.#kernel?.connectionStatus === "connected") this.#sync();
    }, RETRY_MS);
  }

  #settle(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
  }

  #lose(): void {
    this.#settle();
    if (this.#state === "none" || this.#state === "foreign" || this.#state === "lost") return;
    this.#store.markLost();
    this.#set("lost");
  }

  #leave(): void {
    this.#settle();
    const comm = this.#comm;
    this.#comm = null;
    if (comm && !comm.isDisposed && this.#kernel && !this.#kernel.isDisposed) comm.close();
  }

  #set(state: LinkState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#onState(state);
  }
}

function viewOf(view: ArrayBufferView): DataView {
  return new DataView(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength);
}
