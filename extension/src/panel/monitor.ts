// The monitor: the frame around the screens (toolbar, tabs, heading, empty states) for the runs of one notebook's kernel.

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
import { Focus } from "./focus.js";
import { Pace } from "./pace.js";
import type { Host, Lack, Screen, ScreenName, View } from "./screen.js";
import { SCREENS } from "./screens.js";
import { Tabs } from "./tabs.js";
import { Toolbar } from "./toolbar.js";

/** Below these sizes in pixels the panel tightens its spacing, or stacks its columns. */
const SMALL = 700;
const NARROW = 560;

export class MonitorPanel extends Widget {
  readonly session: NotebookSession;
  /** The user has closed the panel (it is not being disposed with its notebook). */
  readonly closed: Signal<this, void> = new Signal<this, void>(this);
  /** Another tab is shown. */
  readonly screenChanged: Signal<this, ScreenName> = new Signal<this, ScreenName>(this);
  readonly #trans: TranslationBundle;
  readonly #pace: Pace;
  readonly #toolbar: Toolbar;
  readonly #tabs: Tabs;
  readonly #empty: EmptyState;
  readonly #focus = new Focus();
  readonly #screens: ReadonlyMap<ScreenName, Screen>;
  readonly #question: HTMLElement = element("h2", "");
  readonly #note: HTMLElement = element("div", "gb-Note");
  readonly #noteText: HTMLElement = element("p", "");
  readonly #noteAction: HTMLButtonElement;
  readonly #body: HTMLElement;
  readonly #ends: (() => void)[];
  #tokens: Tokens | undefined;
  #screen: ScreenName = "learning";
  /** The user has chosen a tab; until then the monitor shows the one that fits the run. */
  #screenChosen: boolean;
  #selected: string | undefined;
  #shown: string | undefined;
  #lack: Lack | undefined;

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
    this.#tabs = new Tabs(trans, this.id, (name) => this.#choose(name));
    this.#empty = new EmptyState(trans);
    const host: Host = {
      trans,
      focus: this.#focus,
      redraw,
      open: (name) => this.#choose(name),
      send: (request) => session.send(request),
    };
    this.#screens = new Map(SCREENS.map(({ name, create }) => [name, create(host)]));
    this.#noteAction = button("gb-Button", "", () => this.#lack?.action?.run());
    this.#note.append(this.#noteText, this.#noteAction);
    const title = element("div", "gb-Title", this.#question);
    this.#body = element("div", "gb-Body", title);
    this.#body.id = `${this.id}-screen`;
    this.#body.setAttribute("role", "tabpanel");
    for (const { node, option } of this.#screens.values()) {
      if (option) title.append(option);
      this.#body.append(node);
    }
    this.#body.append(this.#note);
    this.node.append(this.#toolbar.node, this.#tabs.node, this.#body, this.#empty.node);
    this.node.addEventListener("keydown", (event) => {
      if (!this.#tabs.key(event)) return;
      event.preventDefault();
      event.stopPropagation();
    });
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
    for (const screen of this.#screens.values()) screen.dispose();
    super.dispose();
  }

  protected override onActivateRequest(_: Message): void {
    this.#tabs.focus();
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
    const { state, kernelName, store } = this.session;
    this.title.label = record ? this.#trans.__("Monitor: %1", record.info.name) : this.#trans.__("Monitor");
    this.title.caption = this.#trans.__("Gradbook monitor of %1", this.session.notebook.context.path);
    this.#toolbar.draw(record, store, state);
    this.#empty.draw(state, kernelName);
    this.node.classList.toggle("gb-mod-empty", record === undefined);
    if (!record) return;
    if (!this.#screenChosen) this.#show(record.isProbe ? "signal" : "learning");
    if (record.info.id !== this.#shown) {
      this.#shown = record.info.id;
      this.#focus.step = null;
    }
    this.#tokens ??= readTokens(this.node);
    this.#drawScreen({ record, store, tokens: this.#tokens, state });
  }

  #drawScreen(view: View): void {
    const screen = this.#screens.get(this.#screen)!;
    const lack = screen.lacks(view);
    this.#lack = lack;
    this.#note.hidden = !lack;
    screen.node.hidden = lack !== undefined;
    if (screen.option) screen.option.hidden = lack !== undefined;
    if (lack) {
      this.#noteText.textContent = lack.text;
      this.#noteAction.textContent = lack.action?.label ?? "";
      this.#noteAction.hidden = !lack.action;
    } else screen.draw(view);
  }

  #choose(screen: ScreenName): void {
    this.#screenChosen = true;
    this.#show(screen);
    this.screenChanged.emit(screen);
    this.#pace.now();
  }

  #show(shown: ScreenName): void {
    this.#screen = shown;
    this.#tabs.show(shown);
    this.#question.textContent = SCREENS.find(({ name }) => name === shown)!.question(this.#trans);
    for (const [name, { node, option }] of this.#screens) {
      node.hidden = name !== shown;
      if (option) option.hidden = name !== shown;
    }
  }
}
