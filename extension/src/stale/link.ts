// Listens to what a notebook's kernel says about its cells: opens the comm whenever there is a kernel to talk to. Every message
// is complete, so nothing has to be asked for again; a kernel that is gone or begins anew has nothing to say.

import {
  CELLS_COMM,
  CELLS_VERSION,
  type CellReads,
  type CellsMessage,
} from "@gradbook/kernel/protocol/cells";
import type { ISessionContext } from "@jupyterlab/apputils";
import type { Kernel } from "@jupyterlab/services";
import { KERNEL_NAME } from "../data/link.js";

export class CellsLink {
  readonly #context: ISessionContext;
  readonly #onCells: (cells: readonly CellReads[]) => void;
  #kernel: Kernel.IKernelConnection | null = null;
  #comm: Kernel.IComm | null = null;
  /** The kernel has closed the comm: an older one, which does not know it. */
  #refused = false;

  constructor(context: ISessionContext, onCells: (cells: readonly CellReads[]) => void) {
    this.#context = context;
    this.#onCells = onCells;
    context.kernelChanged.connect(this.#check, this);
    context.connectionStatusChanged.connect(this.#check, this);
    context.statusChanged.connect(this.#check, this);
    this.#check();
  }

  dispose(): void {
    this.#context.kernelChanged.disconnect(this.#check, this);
    this.#context.connectionStatusChanged.disconnect(this.#check, this);
    this.#context.statusChanged.disconnect(this.#check, this);
    this.#leave();
  }

  #check(): void {
    const kernel = this.#context.session?.kernel ?? null;
    if (kernel !== this.#kernel || (kernel && /restarting|terminating|dead/.test(kernel.status)))
      this.#leave();
    this.#kernel = kernel;
    const open = this.#comm !== null && !this.#comm.isDisposed;
    if (!open && !this.#refused && kernel?.name === KERNEL_NAME && ANSWERS.has(kernel.status))
      this.#open(kernel);
  }

  #open(kernel: Kernel.IKernelConnection): void {
    const comm = kernel.createComm(CELLS_COMM);
    comm.onMsg = ({ content }): void => {
      const { version, cells } = content.data as unknown as CellsMessage;
      if (version === CELLS_VERSION) this.#onCells(cells);
    };
    // also called for a comm that has been closed from here
    comm.onClose = (): void => {
      if (this.#comm === comm) this.#refused = true;
    };
    this.#comm = comm;
    comm.open();
  }

  #leave(): void {
    const comm = this.#comm;
    this.#comm = null;
    this.#refused = false;
    this.#onCells([]);
    if (comm && !comm.isDisposed && this.#kernel && !this.#kernel.isDisposed) comm.close();
  }
}

/** Kernel states in which somebody is there. */
const ANSWERS: ReadonlySet<string> = new Set(["idle", "busy"]);
