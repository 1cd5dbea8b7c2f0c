// The status bar's line about the notebook's compute: device, memory of its tensors, and whether it can be reached. Pressed,
// it offers the monitor and a restart.

import type { JupyterFrontEnd } from "@jupyterlab/application";
import type { INotebookTracker } from "@jupyterlab/notebook";
import type { IStatusBar } from "@jupyterlab/statusbar";
import type { TranslationBundle } from "@jupyterlab/translation";
import { Signal } from "@lumino/signaling";
import { Widget } from "@lumino/widgets";
import { deviceName } from "./charts/format.js";
import type { LinkState } from "./data/link.js";
import { last } from "./data/series.js";
import { type Monitors, OPEN_COMMAND } from "./monitors.js";
import { button } from "./panel/dom.js";
import { openMenu } from "./panel/menu.js";
import type { NotebookSession } from "./session.js";

const RESTART_COMMAND = "notebook:restart-kernel";
const MEGABYTE = 1e6;

export interface StatusOptions {
  readonly app: JupyterFrontEnd;
  readonly notebooks: INotebookTracker;
  readonly monitors: Monitors;
  readonly trans: TranslationBundle;
}

/** Adds the line to the status bar; it is there while the current notebook has a Gradbook kernel. */
export function addStatus(statusBar: IStatusBar, options: StatusOptions): void {
  const item = new StatusItem(options);
  statusBar.registerStatusItem("gradbook:status", {
    item,
    align: "right",
    rank: 60,
    isActive: () => item.active,
    activeStateChanged: item.activeChanged,
  });
}

class StatusItem extends Widget {
  readonly activeChanged: Signal<this, void> = new Signal<this, void>(this);
  readonly #options: StatusOptions;
  readonly #button: HTMLButtonElement;
  #session: NotebookSession | undefined;
  #ends: readonly (() => void)[] = [];

  constructor(options: StatusOptions) {
    super();
    this.#options = options;
    this.addClass("gb-Status");
    this.#button = button("", "", () => this.#open());
    this.node.append(this.#button);
    const { notebooks } = options;
    notebooks.currentChanged.connect(() => this.#follow());
    this.#follow();
  }

  /** The current notebook has a kernel of ours. */
  get active(): boolean {
    const state = this.#session?.state ?? "none";
    return state !== "none" && state !== "foreign";
  }

  #follow(): void {
    for (const end of this.#ends) end();
    const { notebooks, monitors } = this.#options;
    const notebook = notebooks.currentWidget;
    this.#session = notebook ? monitors.sessionOf(notebook) : undefined;
    this.#ends = this.#session
      ? [this.#session.onState(() => this.#draw()), this.#session.store.subscribe(() => this.#draw())]
      : [];
    this.#draw();
  }

  #draw(): void {
    this.activeChanged.emit();
    const session = this.#session;
    if (!session || !this.active) return;
    const { trans } = this.#options;
    const gone = session.state === "connected" && session.store.engineGone;
    const state = gone ? trans.__("compute server gone") : stateText(session.state, trans);
    const text = [...facts(session), state].join(" · ");
    if (this.#button.textContent === text) return;
    this.#button.textContent = text;
    this.#button.title = gone
      ? trans.__(
          "The values that it held are lost. The next operation starts a new one: make models and data anew.",
        )
      : "";
    this.#button.setAttribute("aria-label", trans.__("Gradbook: %1", text));
  }

  #open(): void {
    const { app, trans } = this.#options;
    const run = (command: string): void => void app.commands.execute(command);
    openMenu(this.#button, [
      { label: trans.__("Gradbook Monitor"), selected: false, choose: () => run(OPEN_COMMAND) },
      { label: trans.__("Restart the Kernel…"), selected: false, choose: () => run(RESTART_COMMAND) },
    ]);
  }
}

/** What the latest run has told: "CPU", "84 MB". */
function facts({ store }: NotebookSession): string[] {
  const record = store.latest;
  if (!record || record.lost) return [];
  const memory = last(record.series("memory"));
  return [
    deviceName(record.info.device),
    ...(Number.isNaN(memory) ? [] : [`${Math.max(1, Math.round(memory / MEGABYTE))} MB`]),
  ];
}

function stateText(state: LinkState, trans: TranslationBundle): string {
  if (state === "connected") return trans.__("compute ready");
  return state === "lost" ? trans.__("compute lost") : trans.__("compute starting");
}
