// The monitor: the frame around the screens (toolbar, tabs, heading, verdict, empty states) for the runs of one notebook's
// kernel.

import type { TranslationBundle } from "@jupyterlab/translation";
import type { Message } from "@lumino/messaging";
import { Signal } from "@lumino/signaling";
import { Widget } from "@lumino/widgets";
import type { RunAnswer } from "gradbook/train/control";
import type { RuleId } from "gradbook/train/diagnose/diagnosis";
import type { DiagnosisLevel } from "gradbook/train/run";
import { loadPlotly } from "../charts/chart.js";
import { onThemeChange, readTokens, type Tokens } from "../charts/tokens.js";
import type { RunRecord } from "../data/record.js";
import { monitorIcon } from "../icons.js";
import { liveRuns } from "../live.js";
import type { Preferences } from "../preferences.js";
import type { NotebookSession } from "../session.js";
import { button, element } from "./dom.js";
import { EmptyState } from "./empty.js";
import { insertCode } from "./export/cells.js";
import { Focus } from "./focus.js";
import type { Choice } from "./menu.js";
import { Pace } from "./pace.js";
import type { Host, Lack, Screen, ScreenName, View } from "./screen.js";
import { SCREENS } from "./screens.js";
import type { Statement } from "./statement.js";
import { Tabs } from "./tabs.js";
import { Toolbar } from "./toolbar.js";
import { VerdictRegion } from "./verdict.js";

/** Below these sizes in pixels the panel tightens its spacing, or stacks its columns. */
const SMALL = 700;
/** Below this width the toolbar's fields have short labels. */
const TIGHT = 800;
const NARROW = 560;

/** What the monitor needs of the program around it. */
export interface Surroundings {
  readonly preferences: Preferences;
  /** Shows a section of a notebook: "notebooks/NAME.ipynb#Heading". */
  openSection(section: string): Promise<void>;
  /** Shows what can be read about a rule's diagnosis. */
  openDiagnosis(
    rule: RuleId,
    rendermime: NotebookSession["notebook"]["content"]["rendermime"],
  ): Promise<void>;
}

export interface MonitorOptions {
  readonly session: NotebookSession;
  readonly trans: TranslationBundle;
  readonly surroundings: Surroundings;
  readonly screen?: ScreenName;
}

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
  readonly #host: Host;
  readonly #screens = new Map<ScreenName, Screen>();
  readonly #loading = new Set<ScreenName>();
  readonly #title: HTMLElement;
  readonly #question: HTMLElement = element("h2", "");
  readonly #note: HTMLElement = element("div", "gb-Note");
  readonly #noteText: HTMLElement = element("p", "");
  readonly #noteAction: HTMLButtonElement;
  readonly #body: HTMLElement;
  readonly #verdict: VerdictRegion;
  readonly #preferences: Preferences;
  readonly #levels = new Map<string, DiagnosisLevel>();
  readonly #ends: (() => void)[];
  #small = false;
  #tables = false;
  /** A fork has been asked for, and its code has not come yet. */
  #forking = false;
  /** What verdicts say, in a chunk of its own: the diagnoses' texts are as large as all the rest. */
  #words: typeof import("./statement.js") | undefined;
  #fetching: Promise<void> | undefined;
  #tokens: Tokens | undefined;
  #screen: ScreenName = "learning";
  /** The user has chosen a tab; until then the monitor shows the one that fits the run. */
  #screenChosen: boolean;
  #selected: string | undefined;
  /** The run was chosen by hand: it stays on show until another one starts. */
  #chosen = false;
  #shown: string | undefined;
  /** The race that the run on show belongs to. */
  #race: string | undefined;
  #lack: Lack | undefined;

  constructor({ session, trans, surroundings, screen }: MonitorOptions) {
    super();
    this.#preferences = surroundings.preferences;
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
    this.#tabs = new Tabs(trans, this.id, (name) => this.#choose(name));
    this.#empty = new EmptyState(trans);
    const host: Host = {
      trans,
      focus: this.#focus,
      redraw,
      open: (name) => this.#choose(name),
      send: (request) => {
        if (request.type === "fork") this.#forking = true;
        return session.send(request);
      },
      typeset: (node) => {
        void session.notebook.content.rendermime.latexTypesetter?.typeset(node);
      },
    };
    this.#toolbar = new Toolbar(host, {
      choose: (id) => {
        this.#selected = id;
        this.#chosen = true;
        redraw();
      },
      exports: () => this.#exports(),
    });
    this.#verdict = new VerdictRegion(trans, this.id, {
      setLevel: (level) => this.#setLevel(level),
      resized: redraw,
      open: (section) => void surroundings.openSection(section),
      explain: (rule) => void surroundings.openDiagnosis(rule, session.notebook.content.rendermime),
    });
    this.#host = host;
    this.#noteAction = button("gb-Button", "", () => this.#lack?.action?.run());
    this.#note.append(this.#noteText, this.#noteAction);
    this.#title = element("div", "gb-Title", this.#question);
    this.#body = element("div", "gb-Body", this.#title, this.#note, this.#verdict.node);
    this.#body.id = `${this.id}-screen`;
    this.#body.setAttribute("role", "tabpanel");
    this.node.append(this.#toolbar.node, this.#tabs.node, this.#body, this.#empty.node);
    this.node.addEventListener("keydown", (event) => {
      if (!this.#tabs.key(event)) return;
      event.preventDefault();
      event.stopPropagation();
    });
    this.#ends = [
      session.store.subscribe((event) => {
        if (event.type === "started") {
          this.#selected = event.run;
          this.#chosen = false;
        }
        if (event.type === "answer") this.#answer(event.answer);
        // while a run is paused, news are what somebody waits for
        if (this.#record()?.info.control?.paused) this.#pace.now();
        else this.#pace.request();
      }),
      session.onState(() => this.#pace.request()),
      onThemeChange(() => this.#restyle()),
      surroundings.preferences.subscribe(() => this.#restyle()),
    ];
    this.#restyle();
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
    this.#toolbar.dispose();
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
    liveRuns.setMonitored(this.session.store, true);
    this.#resized();
  }

  protected override onAfterAttach(_: Message): void {
    liveRuns.setMonitored(this.session.store, this.isVisible);
  }

  protected override onAfterHide(_: Message): void {
    liveRuns.setMonitored(this.session.store, false);
  }

  protected override onBeforeDetach(_: Message): void {
    liveRuns.setMonitored(this.session.store, false);
  }

  protected override onResize(message: Widget.ResizeMessage): void {
    this.#resized(message.width, message.height);
  }

  #resized(width = -1, height = -1): void {
    const w = width < 0 ? this.node.clientWidth : width;
    const h = height < 0 ? this.node.clientHeight : height;
    this.#small = w < SMALL || h < SMALL;
    // a small window's type is smaller
    this.#tokens = undefined;
    this.node.classList.toggle("gb-mod-small", this.#small);
    this.node.classList.toggle("gb-mod-tight", w < TIGHT);
    this.node.classList.toggle("gb-mod-narrow", w < NARROW);
    this.#pace.now();
  }

  /** The run on show: the one chosen or started last; of a race that nobody has chosen from, the first lane. */
  #record(): RunRecord | undefined {
    const { runs, latest } = this.session.store;
    const selected = (this.#selected !== undefined ? runs.get(this.#selected) : undefined) ?? latest;
    const race = selected?.info.race?.id;
    if (race === undefined || this.#chosen) return selected;
    return [...runs.values()].find(({ info }) => info.race?.id === race && info.race.lane === 0) ?? selected;
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
    this.#fetching ??= this.#fetchWords();
    if (!this.#screenChosen) {
      this.#show(record.info.race ? "race" : record.isProbe ? "signal" : "learning");
    }
    if (record.info.id !== this.#shown) {
      this.#shown = record.info.id;
      this.#focus.step = null;
    }
    const race = record.info.race?.id;
    // a race shows its own lanes, whatever was compared before it
    if (race !== undefined && race !== this.#race) this.#focus.compared = undefined;
    this.#race = race;
    this.#tokens ??= readTokens(this.node);
    const level = this.#levelOf(record);
    const small = this.#small || this.#preferences.projector;
    this.#drawScreen({ record, store, tokens: this.#tokens, state, level, small, tables: this.#tables });
  }

  /** What the verdict says it with: a third of the panel's code, and of no use before the first run. */
  async #fetchWords(): Promise<void> {
    this.#words = await import("./statement.js");
    this.#pace.request();
  }

  /** As chosen here for this run; else as `watch` was told, else as the settings say. */
  #levelOf({ info }: RunRecord): DiagnosisLevel {
    return this.#levels.get(info.id) ?? info.level ?? this.#preferences.level;
  }

  #setLevel(level: DiagnosisLevel): void {
    if (this.#shown !== undefined) this.#levels.set(this.#shown, level);
    this.#pace.now();
  }

  /** The theme or its size has changed: everything is read and drawn anew. */
  #restyle(): void {
    this.#tokens = undefined;
    this.node.classList.toggle("gb-mod-projector", this.#preferences.projector);
    this.#pace.now();
  }

  #answer(answer: RunAnswer): void {
    if (answer.type === "refused") this.#toolbar.say(this.#trans.__(answer.text));
    // the kernel answers all pages; the cell belongs into the one that has asked
    if (answer.type === "code" && this.#forking) insertCode(this.session.notebook.content, answer.code);
    if (answer.type !== "microscope") this.#forking = false;
  }

  async #exports(): Promise<readonly Choice[]> {
    const record = this.#record();
    if (!record) return [];
    const { label } = SCREENS.find(({ name }) => name === this.#screen)!;
    const { exportChoices } = await import("./export/menu.js");
    const notebook = this.session.notebook.content;
    const title = label(this.#trans);
    const tables = {
      label: this.#trans.__("Charts as tables"),
      selected: this.#tables,
      choose: (): void => {
        this.#tables = !this.#tables;
        this.#pace.now();
      },
    };
    return [...exportChoices({ record, node: this.#body, title, notebook }, this.#trans), tables];
  }

  #drawScreen(view: View): void {
    const screen = this.#screens.get(this.#screen);
    if (!screen) {
      void this.#load(this.#screen);
      return;
    }
    const lack = screen.lacks(view);
    this.#lack = lack;
    this.#note.hidden = !lack;
    screen.node.hidden = lack !== undefined;
    if (screen.option) screen.option.hidden = lack !== undefined;
    // the charts get the room that the verdict leaves
    this.#verdict.draw(this.#statement(screen, view, lack !== undefined), view.level);
    if (lack) {
      this.#noteText.textContent = lack.text;
      this.#noteAction.textContent = lack.action?.label ?? "";
      this.#noteAction.hidden = !lack.action;
    } else screen.draw(view);
  }

  async #load(name: ScreenName): Promise<void> {
    if (this.#loading.has(name)) return;
    this.#loading.add(name);
    const create = await SCREENS.find((kind) => kind.name === name)!.load();
    if (this.isDisposed) return;
    const screen = create(this.#host);
    this.#screens.set(name, screen);
    if (screen.option) this.#title.append(screen.option);
    this.#note.before(screen.node);
    this.#show(this.#screen);
    this.#pace.now();
  }

  /** What is said below the screen: its own verdict, or the run's. */
  #statement(screen: Screen, { record, level }: View, lacking: boolean): Statement | undefined {
    const words = this.#words;
    if (level === "off" || !words) return undefined;
    if (screen.statement) return lacking ? undefined : screen.statement();
    if (record.lost) return words.lostStatement(this.#trans);
    if (record.info.halted) return words.haltedStatement(record.info.halted, this.#trans);
    return record.verdict && words.statementOf(record.verdict, record, level, this.#trans);
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
    this.#body.setAttribute("aria-labelledby", `${this.id}-tab-${shown}`);
    this.#question.textContent = SCREENS.find(({ name }) => name === shown)!.question(this.#trans);
    for (const [name, { node, option }] of this.#screens) {
      node.hidden = name !== shown;
      if (option) option.hidden = name !== shown;
    }
  }
}
