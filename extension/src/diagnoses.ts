// A page about all that the monitor's rules find, and why: opened from the verdict, at the rule that it names.

import type { JupyterFrontEnd } from "@jupyterlab/application";
import { MainAreaWidget } from "@jupyterlab/apputils";
import type { NotebookPanel } from "@jupyterlab/notebook";
import type { TranslationBundle } from "@jupyterlab/translation";
import { Panel } from "@lumino/widgets";
import { RULE_IDS, type RuleId } from "gradbook/train/diagnose/diagnosis";
import { ruleSection } from "gradbook/train/diagnose/page";

const ID = "gradbook-diagnoses";
type RenderMime = NotebookPanel["content"]["rendermime"];

class Page extends Panel {
  /** Of each rule. */
  readonly #nodes = new Map<RuleId, HTMLElement>();
  readonly #ready: Promise<unknown>;

  constructor(rendermime: RenderMime, trans: TranslationBundle) {
    super();
    for (const name of ["gb-Monitor", "gb-Diagnoses"]) this.addClass(name);
    const rendered = RULE_IDS.map((rule) => {
      const text = ruleSection(rule, (words) => trans.__(words));
      const renderer = rendermime.createRenderer("text/markdown");
      this.addWidget(renderer);
      this.#nodes.set(rule, renderer.node);
      return renderer.renderModel(rendermime.createModel({ data: { "text/markdown": text } }));
    });
    this.#ready = Promise.all(rendered);
  }

  async reveal(rule: RuleId): Promise<void> {
    await this.#ready;
    this.#nodes.get(rule)?.scrollIntoView({ block: "start" });
  }
}

/** Opens the page, or brings it to the front, at a rule. */
export async function showDiagnosis(
  app: JupyterFrontEnd,
  rule: RuleId,
  rendermime: RenderMime,
  trans: TranslationBundle,
): Promise<void> {
  const open = [...app.shell.widgets("main")].find(({ id }) => id === ID);
  const widget = (open ??
    new MainAreaWidget({ content: new Page(rendermime, trans) })) as MainAreaWidget<Page>;
  if (open === undefined) {
    widget.id = ID;
    widget.title.label = trans.__("Diagnoses");
    widget.title.closable = true;
    app.shell.add(widget, "main");
  }
  app.shell.activateById(ID);
  await widget.content.reveal(rule);
}
