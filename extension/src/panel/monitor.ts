// The monitor: the frame around the screens (toolbar, tabs, empty state) for the runs of one notebook's kernel.

import type { TranslationBundle } from "@jupyterlab/translation";
import type { Message } from "@lumino/messaging";
import { Signal } from "@lumino/signaling";
import { Widget } from "@lumino/widgets";
import { loadPlotly } from "../charts/chart.js";
import { onThemeChange, readTokens, type Tokens } from "../charts/tokens.js";
import type { RunRecord } from "../data/record.js";
import { monitorIcon } from "../icons.js";
import type { NotebookSession } from "../session.js";
import { button, element } from "./dom.js";
import { EmptyState } from "./empty.js";
import { LearningScreen } from "./learning.js";
import { Pace } from "./pace.js";
import type { Screen } from "./screen.js";
import { SignalScreen } from "./signal.js";
import { Toolbar } from "./toolbar.js";

/** The screens, in the order of their tabs and of the keys 1, 2, ... */
export const SCREENS = ["learning", "signal"] as const;
export type ScreenName = (typeof SCREENS)[number];

/** Below these sizes in pixels the panel tightens its spacing, or stacks its columns. */
const SMALL = 700;
const NARROW = 500;

export class MonitorPanel extends Widget {
  readonly session: NotebookSession;
  /** The user has closed the panel (it is not being disposed with its notebook). */
  readonly closed: Signal<this, void> = new Signal<this, void>(this);
  /** Another tab is shown. */
  readonly screenChanged: Signal<this, ScreenName> = new Signal<this, ScreenName>(this);
  readonly #trans: TranslationBundle;
  readonly #pace: Pace;
  readonly #toolbar: Toolbar;
  readonly #empty: EmptyState;
  readonly #tabs: Record<ScreenName, HTMLButtonElement>;
  readonly #screens: Record<ScreenName, Screen>;
  readonly #body: HTMLElement;
  readonly #ends: (() => void)[];
  #tokens: Tokens | undefined;
  #screen: ScreenName = "learning";
  /** The user has chosen a tab; until then the monitor shows the one that fits the run. */
  #screenChosen: boolean;
  #selected: string | undefined;

  constructor(session: NotebookSession, trans: TranslationBundle, screen?: ScreenName) {
    super();
    this.session = session;
    this.#trans = trans;
    this.#screenChosen = screen !== undefined;
    this.id = `gradbook-monitor-${session.notebook.id}`;
    this.addClass("gb-Monitor");
    this.addClass("gb-Panel");
    this.node.tabIndex = -1;
    this.title.icon = monitorIcon;
    this.title.label = trans.__("Monitor");
    this.title.closable = true;
    this.#pace = new Pace(
      () => this.#draw(),
      () => this.isVisible,
    );
    const redraw = (): void => this.#pace.now();
    this.#toolbar = new Toolbar(trans, (id) => {
      this.#selected = id;
      redraw();
    });
    this.#empty = new EmptyState(trans);
    this.#screens = { learning: new LearningScreen(trans, redraw), signal: new SignalScreen(trans, redraw) };
    this.#tabs = { learning: this.#tab("learning"), signal: this.#tab("signal") };
    const tabs = element("div", "gb-Tabs", ...SCREENS.map((name) => this.#tabs[name]));
    tabs.setAttribute("role", "tablist");
    this.#body = element("div", "gb-Body", ...SCREENS.map((name) => this.#screens[name].node));
    this.node.append(this.#toolbar.node, tabs, this.#body, this.#empty.node);
    this.node.addEventListener("keydown", (event) => this.#key(event));
    this.#ends = [
      session.store.subscribe((event) => {
        if (event.type === "started") this.#selected = event.run;
        this.#pace.request();
      }),
      session.onState(() => this.#pace.request()),
      onThemeChange(() => {
        this.#tokens = undefined;
        redraw();
      }),
    ];
    void loadPlotly();
    this.#show(screen ?? "learning");
  }

  /** The tab that the user has chosen. */
  get screen(): ScreenName | undefined {
    return this.#screenChosen ? this.#screen : undefined;
  }

  override dispose(): void {
    if (this.isDisposed) return;
    for (const end of this.#ends) end();
    this.#pace.dispose();
    for (const name of SCREENS) this.#screens[name].dispose();
    super.dispose();
  }

  protected override onActivateRequest(_: Message): void {
    this.#tabs[this.#screen].focus();
  }

  protected override onCloseRequest(_: Message): void {
    this.closed.emit();
    this.dispose();
  }

  protected override onAfterShow(_: Message): void {
    this.#resized();
  }

  protected override onResize(message: Widget.ResizeMessage): void {
    this.#resized(message.width, message.height);
  }

  #resized(width = -1, height = -1): void {
    const w = width < 0 ? this.node.clientWidth : width;
    const h = height < 0 ? this.node.clientHeight : height;
    this.node.classList.toggle("gb-mod-small", w < SMALL || h < SMALL);
    this.node.classList.toggle("gb-mod-narrow", w < NARROW);
    this.#pace.now();
  }

  /** The run on show: the one chosen or started last. */
  #record(): RunRecord | undefined {
    const { runs, latest } = this.session.store;
    return (this.#selected !== undefined ? runs.get(this.#selected) : undefined) ?? latest;
  }

  #draw(): void {
    const record = this.#record();
    const { state, kernelName } = this.session;
    this.title.label = record ? this.#trans.__("Monitor: %1", record.info.name) : this.#trans.__("Monitor");
    this.title.caption = this.#trans.__("Gradbook monitor of %1", this.session.notebook.context.path);
    this.#toolbar.draw(record, this.session.store, state);
    this.#empty.draw(state, kernelName);
    this.node.classList.toggle("gb-mod-empty", record === undefined);
    if (!record) return;
    if (!this.#screenChosen) this.#show(record.isProbe ? "signal" : "learning");
    this.#tokens ??= readTokens(this.node);
    this.#screens[this.#screen].draw(record, this.#tokens, this.session.store);
  }

  #tab(name: ScreenName): HTMLButtonElement {
    const labels: Record<ScreenName, string> = {
      learning: this.#trans.__("Learning"),
      signal: this.#trans.__("Signal by depth"),
    };
    const tab = button("gb-Tab", labels[name], () => this.#choose(name));
    tab.setAttribute("role", "tab");
    return tab;
  }

  #choose(screen: ScreenName): void {
    this.#screenChosen = true;
    this.#show(screen);
    this.screenChanged.emit(screen);
    this.#pace.now();
  }

  #show(screen: ScreenName): void {
    this.#screen = screen;
    for (const name of SCREENS) {
      const on = name === screen;
      this.#tabs[name].setAttribute("aria-selected", String(on));
      this.#tabs[name].tabIndex = on ? 0 : -1;
      this.#screens[name].node.hidden = !on;
    }
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const byNumber = SCREENS[Number(event.key) - 1];
    const onTab = event.target instanceof HTMLElement && event.target.classList.contains("gb-Tab");
    const step = onTab ? ({ ArrowRight: 1, ArrowLeft: -1 }[event.key] ?? 0) : 0;
    const next =
      byNumber ??
      (step !== 0 ? SCREENS.at((SCREENS.indexOf(this.#screen) + step) % SCREENS.length) : undefined);
    if (!next) return;
    this.#choose(next);
    if (onTab) this.#tabs[next].focus();
    event.preventDefault();
    event.stopPropagation();
  }
}
