// Which monitors are open: one a notebook, beside it, opened by command or by themselves, closed with the notebook.

import type { ILayoutRestorer, JupyterFrontEnd } from "@jupyterlab/application";
import { WidgetTracker } from "@jupyterlab/apputils";
import type { INotebookTracker, NotebookPanel } from "@jupyterlab/notebook";
import type { IStateDB } from "@jupyterlab/statedb";
import type { TranslationBundle } from "@jupyterlab/translation";
import { DockPanel, type TabBar, type Widget } from "@lumino/widgets";
import type { MonitorPanel, Surroundings } from "./panel/monitor.js";
import type { ScreenName } from "./panel/screen.js";
import { NotebookSession } from "./session.js";

export const OPEN_COMMAND = "gradbook:open-monitor";

const NAMESPACE = "gradbook-monitor";
const CLOSED_KEY = `${NAMESPACE}:closed`;
/** Kernels remembered as having had their monitor closed. */
const CLOSED_LIMIT = 20;

export interface MonitorsOptions extends Surroundings {
  readonly app: JupyterFrontEnd;
  readonly notebooks: INotebookTracker;
  readonly trans: TranslationBundle;
  readonly restorer: ILayoutRestorer | null;
  readonly state: IStateDB | null;
}

export class Monitors {
  /** Whether monitors open by themselves. */
  automatic = true;
  readonly #app: JupyterFrontEnd;
  readonly #notebooks: INotebookTracker;
  readonly #state: IStateDB | null;
  readonly #trans: TranslationBundle;
  readonly #surroundings: Surroundings;
  readonly #tracker = new WidgetTracker<MonitorPanel>({ namespace: NAMESPACE });
  readonly #sessions = new Map<NotebookPanel, NotebookSession>();
  #closed: string[] = [];
  #ready: Promise<unknown>;

  constructor(options: MonitorsOptions) {
    const { app, notebooks, trans, restorer, state } = options;
    this.#surroundings = options;
    this.#app = app;
    this.#notebooks = notebooks;
    this.#trans = trans;
    this.#state = state;
    this.#ready = Promise.all([app.restored, this.#readClosed()]);
    if (restorer) {
      void restorer.restore(this.#tracker, {
        command: OPEN_COMMAND,
        args: ({ session, screen }) => ({
          path: session.notebook.context.path,
          activate: false,
          ...(screen && { screen }),
        }),
        name: ({ session }) => session.notebook.context.path,
        when: notebooks.restored,
      });
    }
    notebooks.forEach((notebook) => {
      this.#watch(notebook);
    });
    notebooks.widgetAdded.connect((_, notebook) => this.#watch(notebook));
    notebooks.currentChanged.connect((_, notebook) => this.#follow(notebook));
  }

  /** The notebook at `path`, or the current one. */
  find(path?: string): NotebookPanel | null {
    if (path === undefined) return this.#notebooks.currentWidget;
    return this.#notebooks.find(({ context }) => context.path === path) ?? null;
  }

  /** What is known of a notebook's runs. */
  sessionOf(notebook: NotebookPanel): NotebookSession {
    return this.#watch(notebook);
  }

  /** Opens a notebook's monitor beside it, or shows it where it is. */
  async open(
    notebook: NotebookPanel,
    screen: ScreenName | undefined,
    activate: boolean,
  ): Promise<MonitorPanel> {
    const session = this.#watch(notebook);
    this.#setClosed(session, false);
    const { MonitorPanel } = await import("./panel/monitor.js");
    const panel = this.#panel(notebook) ?? this.#create(MonitorPanel, session, screen);
    if (!panel.isAttached) this.#place(panel);
    if (activate) this.#app.shell.activateById(panel.id);
    else reveal(panel);
    return panel;
  }

  #create(
    Panel: typeof MonitorPanel,
    session: NotebookSession,
    screen: ScreenName | undefined,
  ): MonitorPanel {
    const panel = new Panel({
      session,
      trans: this.#trans,
      surroundings: this.#surroundings,
      ...(screen && { screen }),
    });
    panel.closed.connect(() => this.#setClosed(session, true));
    const save = (): void => {
      if (!panel.isDisposed) void this.#tracker.save(panel);
    };
    panel.screenChanged.connect(save);
    const { pathChanged } = session.notebook.context;
    pathChanged.connect(save);
    panel.disposed.connect(() => pathChanged.disconnect(save));
    void this.#tracker.add(panel);
    return panel;
  }

  /** Beside its notebook, or among the monitors that are already beside notebooks. */
  #place(panel: MonitorPanel): void {
    const { notebook } = panel.session;
    const own = tabBar(notebook);
    const neighbour = this.#tracker.find((other) => other.isAttached && tabBar(other) !== own);
    const place: { mode: "tab-after" | "split-right"; ref: string } = neighbour
      ? { mode: "tab-after", ref: neighbour.id }
      : { mode: "split-right", ref: notebook.id };
    this.#app.shell.add(panel, "main", { ...place, activate: false });
  }

  #watch(notebook: NotebookPanel): NotebookSession {
    const known = this.#sessions.get(notebook);
    if (known) return known;
    const session = new NotebookSession(notebook);
    this.#sessions.set(notebook, session);
    session.onState((state) => {
      if (state === "connected") notebook.addClass("gb-mod-typescript");
      if (state === "foreign") notebook.removeClass("gb-mod-typescript");
      if (state === "connecting" || state === "connected") void this.#openByItself(session);
      // A restarted kernel is a new beginning: its next run may open the monitor again.
      if (state === "lost") this.#setClosed(session, false);
    });
    session.store.subscribe(({ type }) => {
      if (type === "started") void this.#openByItself(session);
    });
    if (session.state === "connecting") void this.#openByItself(session);
    notebook.disposed.connect(() => {
      this.#panel(notebook)?.dispose();
      session.dispose();
      this.#sessions.delete(notebook);
    });
    return session;
  }

  async #openByItself(session: NotebookSession): Promise<void> {
    await this.#ready;
    const { notebook, kernelId } = session;
    if (!this.automatic || notebook.isDisposed || this.#panel(notebook)) return;
    if (kernelId === undefined || this.#closed.includes(kernelId)) return;
    await this.open(notebook, undefined, false);
  }

  #panel(notebook: NotebookPanel): MonitorPanel | undefined {
    return this.#tracker.find(({ session }) => session.notebook === notebook);
  }

  /** The monitor follows the notebook that is being worked on, where another monitor is in front of it. */
  #follow(notebook: NotebookPanel | null): void {
    const panel = notebook ? this.#panel(notebook) : undefined;
    const front = panel && tabBar(panel)?.currentTitle?.owner;
    if (panel && front && this.#tracker.has(front)) reveal(panel);
  }

  async #readClosed(): Promise<void> {
    const value = await this.#state?.fetch(CLOSED_KEY);
    if (Array.isArray(value)) this.#closed = value.filter((id) => typeof id === "string");
  }

  #setClosed({ kernelId }: NotebookSession, closed: boolean): void {
    if (kernelId === undefined || this.#closed.includes(kernelId) === closed) return;
    const others = this.#closed.filter((id) => id !== kernelId);
    this.#closed = closed ? [...others, kernelId].slice(-CLOSED_LIMIT) : others;
    void this.#state?.save(CLOSED_KEY, this.#closed);
  }
}

/** The tab bar that a widget of the main area has its tab in. */
function tabBar(widget: Widget): TabBar<Widget> | undefined {
  let area: Widget | null = widget.parent;
  while (area && !(area instanceof DockPanel)) area = area.parent;
  return area ? [...area.tabBars()].find((bar) => bar.titles.includes(widget.title)) : undefined;
}

/** Brings a widget to the front of its tabs and leaves the focus where it is. */
function reveal(widget: Widget): void {
  const bar = tabBar(widget);
  if (bar) bar.currentTitle = widget.title;
}
